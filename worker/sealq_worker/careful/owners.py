"""What names of companies and public bodies look like, in general: no list of any that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sealq_worker.careful.name_words import name_words, with_ending, with_place
from sealq_worker.careful.observation import Candidate
from sealq_worker.careful.weighing import Weighed, readings, weigh

#: How most names end, the longest first.
LEGAL_FORMS = (
    "股份有限责任公司", "有限责任公司", "股份有限公司", "集团有限公司", "有限公司分公司",
    "有限公司", "分公司", "合伙企业", "事务所", "合作社", "经营部", "公司",
)  # fmt: skip
ENDINGS = (
    *LEGAL_FORMS, "集团", "商行", "商店", "银行", "支行", "分行", "营业部", "营业厅", "中心",
    "委员会", "人民政府", "办公室", "法院", "医院", "学院", "大学", "中学", "小学", "学校",
    "幼儿园", "研究院", "研究所", "派出所", "协会", "学会", "商会", "基金会", "联合会", "工会",
    "办事处", "项目部", "代表处", "村民委员会", "厂", "店", "局", "馆", "站", "社", "院", "所",
    "处", "厅", "部", "队", "场", "行",
    "LTD", "LTD.", "LIMITED", "INC", "INC.", "LLC", "GMBH", "CORPORATION", "CORP.", "COMPANY",
)  # fmt: skip

#: Characters of the shortest legal form that may be mended: the rest of it must vouch for one.
_MENDED = 4
#: Legal forms in Latin letters.
_LATIN_FORMS = ("CO.,LTD.", "CO.,LTD", "LIMITED")
#: Ends of legal forms, and the forms that end so.
_SHORT_FORMS = ("公司", "LTD", "LTD.")
_WHOLE_FORMS = (*(form for form in LEGAL_FORMS if len(form) >= _MENDED), *_LATIN_FORMS)

#: How places end that are named in full.
_DIVISIONS = "省市区"

#: What nothing but a branch's name follows.
_CLOSING = (*LEGAL_FORMS, "委员会", "人民政府", "局")

#: Ends of legal forms that lack a character, which no name has, and the whole form.
_BROKEN = {
    "限公司": "有限公司",
    "有限司": "有限公司",
    "有限公": "有限公司",
    "限责任公司": "有限责任公司",
    "有责任公司": "有限责任公司",
    "有限任公司": "有限责任公司",
    "有限责公司": "有限责任公司",
    "股有限公司": "股份有限公司",
    "份有限公司": "股份有限公司",
}

#: Natural logarithm of how much likelier a name is that ends as names do. It mends a character of
#: a legal form that was read with a probability below about 0.8, and overrules no clear one.
PLAUSIBLE_PRIOR = 7.0
#: The same where the legal form at the end may lack a part: 有股责任公司, CO..LTD.
PARTIAL_PRIOR = 1.0

#: The same of a name that begins with a place, and of one that says a trade or a public body.
WORD_PRIOR = 6.0

#: Characters of a company's own that a name has at least which begins with no place.
_LEAST_OWN = 2

#: Characters behind a legal form or a public body that may be dirt.
_DIRT = 6

#: What surrounds a Chinese name at either end where dirt or a neighbour was read with it.
_AROUND = re.compile(
    r"^[\W\da-zA-Z]{1,3}(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])[\W\da-zA-Z]{1,3}$"
)


def plausible(name: str) -> bool:
    """Whether a name begins and ends as names do and closes the brackets that it opens.

    Some names begin with figures. They are no worse read for it: see `weigh_names`.
    """
    sound = next(_completed(name), None) is None and name == _trimmed(name)
    return sound and name.endswith(ENDINGS) and name.count("(") == name.count(")")


def names_somebody(name: str) -> bool:
    """Whether more than a trade, or the end of one, and a legal form is left of a company's name.

    Where seals lie over each other, or ink is missing, 工程有限公司 may be all that is seen of a
    name, and that clearly.
    """
    stem = _stem(name)
    words = name_words()
    own = stem.removesuffix(words.trade_of(stem))
    is_part = any(trade.endswith(own) for trade in words.trades)
    return stem == name or bool(words.place_of(name)) or (len(own) >= _LEAST_OWN and not is_part)


def weigh_names(group: Sequence[Candidate]) -> tuple[Weighed, ...]:
    """Weigh what the candidates read, and the same mended a little.

    Mended are a character or two of a place, a trade, a public body or a legal form, and up to six
    characters at either end that are no part of a name. Where those were clearly read they stay:
    58某某有限公司.

    Args:
        group: The candidates of one text.
    """
    read = readings(group)
    formed = dict.fromkeys((*read, *(name for text in read for name in _mended(text))))
    names = dict.fromkeys((*formed, *(name for text in formed for name in _worded(text))))
    return weigh(group, {name: _prior(name) for name in names})


def _prior(name: str) -> float:
    words = name_words()
    stem, place, body = _stem(name), words.place_of(name), words.body_of(name)
    says = body or words.trade_of(stem)
    # A company may leave 市 out, a public body does not.
    placed = bool(place) and (not body or place[-1] in _DIVISIONS)
    known = WORD_PRIOR * (placed + bool(says))
    if not plausible(name):
        return known
    partial = name.endswith(_SHORT_FORMS) and not name.endswith(_WHOLE_FORMS)
    return known + (PARTIAL_PRIOR if partial else PLAUSIBLE_PRIOR)


def _mended(text: str) -> Iterator[str]:
    for base in dict.fromkeys((text, _trimmed(text), *_ended(text))):
        yield base
        yield from _completed(base)
        yield from _corrected(base)
        if base.isascii():
            yield from with_ending(base, _LATIN_FORMS)


def _worded(name: str) -> Iterator[str]:
    """Yield the name with the words at its beginning and end that it probably has."""
    for placed in (name, *with_place(name)):
        yield placed
        stem = _stem(placed)
        words = name_words().bodies if stem == placed else name_words().trades
        yield from (mended + placed[len(stem) :] for mended in with_ending(stem, words))


def _stem(name: str) -> str:
    """Return a name without its legal form."""
    return next((name.removesuffix(form) for form in LEGAL_FORMS if name.endswith(form)), name)


def _ended(text: str) -> Iterator[str]:
    """Yield the text without a few characters behind the last legal form or public body in it."""
    ends = (text.rfind(word) + len(word) for word in _CLOSING if word in text)
    last = max(ends, default=0)
    if 0 < len(text) - last <= _DIRT:
        yield text[:last]


def _trimmed(text: str) -> str:
    return _AROUND.sub("", text)


def _corrected(text: str) -> Iterator[str]:
    """Yield the text with a legal form at its end of which one character was read wrongly."""
    for form in LEGAL_FORMS:
        tail = text[-len(form) :]
        if len(form) >= _MENDED and len(tail) == len(form) and _differ_once(tail, form):
            yield text.removesuffix(tail) + form


def _completed(text: str) -> Iterator[str]:
    """Yield the text with the legal form at its end completed, if that lacks a character."""
    for broken, form in _BROKEN.items():
        if text.endswith(broken) and not text.endswith(form):
            yield text.removesuffix(broken) + form


def _differ_once(a: str, b: str) -> bool:
    return sum(x != y for x, y in zip(a, b, strict=True)) == 1

"""What names of companies and public bodies look like, in general: no list of any that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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

#: Characters of the shortest legal form that may be mended: the rest of it must vouch for one.
_MENDED = 4


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


def weigh_names(group: Sequence[Candidate]) -> tuple[Weighed, ...]:
    """Weigh what the candidates read, and the same mended a little.

    Mended are one character of a legal form, and up to three characters that are no part of a
    Chinese name at either end of it. Where those were clearly read they stay: 58某某有限公司.

    Args:
        group: The candidates of one text.
    """
    read = readings(group)
    names = dict.fromkeys((*read, *(name for text in read for name in _mended(text))))
    return weigh(group, {name: PLAUSIBLE_PRIOR * plausible(name) for name in names})


def _mended(text: str) -> Iterator[str]:
    for base in dict.fromkeys((text, _trimmed(text))):
        yield base
        yield from _completed(base)
        yield from _corrected(base)


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

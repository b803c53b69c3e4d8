"""What names of companies and public bodies look like, in general: no list of any that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from sealq_configs.purposes import Purpose
from sealq_worker.careful.looks import Look, look_of
from sealq_worker.careful.meant import WordTable, names_meant
from sealq_worker.careful.name_words import DIVISIONS, ENDINGS, LATIN_FORMS, LEGAL_FORMS, name_words
from sealq_worker.careful.observation import Candidate
from sealq_worker.careful.plain import normalised
from sealq_worker.careful.purposes import Spellings, spelled
from sealq_worker.careful.weighing import Weighed, readings, weigh

#: Characters of the shortest legal form that is one by itself.
_LEAST_FORM = 4
#: Probability of its faintest character from which on no other name is looked for.
_CLEAR = 0.9

#: Ends of legal forms, and the forms that end so.
_SHORT_FORMS = ("公司", "LTD", "LTD.")
_WHOLE_FORMS = (*(form for form in LEGAL_FORMS if len(form) >= _LEAST_FORM), *LATIN_FORMS)

#: All ends of names, the longest first.
_FORMS = tuple(sorted((*ENDINGS, *LATIN_FORMS), key=len, reverse=True))

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

#: The same of a name that begins with a place, and of one that says a trade or a public body: for
#: the word, and for each of its characters up to so many. More of them are less likely by chance.
WORD_PRIOR, CHARACTER_PRIOR, _MOST_CHARACTERS = 2.0, 1.5, 4

#: Characters of a company's own that a name has at least which begins with no place.
_LEAST_OWN = 2

#: Characters behind a legal form or a public body that may be dirt, and before a place.
_DIRT, _DIRT_BEFORE = 6, 3

#: What surrounds a Chinese name at either end where dirt or a neighbour was read with it.
_BEFORE = re.compile(r"^[\W\da-zA-Z]{1,3}(?=[\u4e00-\u9fff])")
_BEHIND = re.compile(r"(?<=[\u4e00-\u9fff])[\W\da-zA-Z]{1,3}$")


def plausible(name: str) -> bool:
    """Whether a name begins and ends as names do and closes the brackets that it opens.

    Some names begin with figures. They are no worse read for it: see `weigh_names`.
    """
    sound = not _is_broken(name) and name == _trimmed(name)
    return sound and name.endswith(ENDINGS) and name.count("(") == name.count(")")


def names_somebody(name: str) -> bool:
    """Whether more than a trade, or the end of one, and a legal form is left of a company's name.

    Where seals lie over each other, or ink is missing, 工程有限公司 may be all that is seen of a
    name, and that clearly.
    """
    stem = _stem(name, LEGAL_FORMS)
    words = name_words()
    own = stem.removesuffix(words.trade_of(stem))
    is_part = any(trade.endswith(own) for trade in words.trades)
    return stem == name or bool(words.place_of(name)) or (len(own) >= _LEAST_OWN and not is_part)


def weigh_names(
    group: Sequence[Candidate], vocabulary: Sequence[Purpose] = ()
) -> tuple[Weighed, ...]:
    """Weigh what the candidates read, and what names that were read with doubt may have meant.

    That is: another place, trade, public body or legal form, and up to six characters fewer at
    either end. What was clearly read stays: 58某某有限公司.

    Args:
        group: The candidates of one text.
        vocabulary: Purposes that may stand behind the name in the same text.
    """
    texts, spellings = dict.fromkeys(readings(group)), spelled(tuple(vocabulary))
    if not _is_clear(group[0], spellings):
        behind = _table(tuple(vocabulary)) if vocabulary else None
        parts = {part.text: part for each in group for part in _parts(look_of(each))}
        meant = (name for part in parts.values() for name in names_meant(part, behind))
        texts |= dict.fromkeys(meant)
    return weigh(group, {text: _prior(*spellings.divide(text)) for text in texts})


def _is_clear(reading: Candidate, spellings: Spellings) -> bool:
    """Whether a name was read without a doubt, and is made of words that names are made of."""
    name, _ = spellings.divide(normalised(reading.text))
    whole = plausible(name) and len(_words_of(name)) > 1
    return whole and min(reading.characters) >= _CLEAR


@lru_cache(maxsize=2)
def _table(vocabulary: tuple[Purpose, ...]) -> WordTable:
    return WordTable.of(spelled(vocabulary).words, last=True)


def _prior(name: str, purpose: str | None) -> float:
    return _name_prior(name) + (_word_prior(purpose) if purpose else 0.0)


def _name_prior(name: str) -> float:
    known = sum(_word_prior(word) for word in _words_of(name))
    if not plausible(name):
        return known
    partial = name.endswith(_SHORT_FORMS) and not name.endswith(_WHOLE_FORMS)
    return known + (PARTIAL_PRIOR if partial else PLAUSIBLE_PRIOR)


def _words_of(name: str) -> list[str]:
    """Return the place, the city in it, and the trade or public body that a name has."""
    words = name_words()
    place = words.place_of(name)
    rest = name.removeprefix(place)
    city = words.place_of(rest) if place and place not in words.cities else ""
    rest = rest.removeprefix(city)
    body = words.body_of(rest)
    if body and not (place and (city or place).endswith(DIVISIONS)):
        # A company may leave 市 out, a public body does not.
        return []
    found = (place, city, body or words.trade_of(_stem(rest, _FORMS)))
    return [word for word in found if word]


def _parts(look: Look) -> Iterator[Look]:
    """Yield a reading, and the same without what may be dirt before and behind it."""
    text, count = look.text, len(look.text)
    yield look
    yield look.part(count - len(_BEFORE.sub("", text)), len(_BEHIND.sub("", text)))
    end = max((text.rfind(word) + len(word) for word in _CLOSING if word in text), default=0)
    if 0 < count - end <= _DIRT:
        yield look.part(0, end)
    for dirt in range(1, _DIRT_BEFORE + 1):
        if name_words().place_of(text[dirt:]):
            yield look.part(dirt, count)


def _stem(name: str, forms: Sequence[str]) -> str:
    """Return a name without the first of some forms that it ends with."""
    return next((name.removesuffix(form) for form in forms if name.endswith(form)), name)


def _trimmed(text: str) -> str:
    return _BEHIND.sub("", _BEFORE.sub("", text))


def _is_broken(name: str) -> bool:
    """Whether the legal form at the end lacks a character."""
    return any(
        name.endswith(broken) and not name.endswith(form) for broken, form in _BROKEN.items()
    )


def _word_prior(word: str) -> float:
    return WORD_PRIOR + CHARACTER_PRIOR * min(len(word), _MOST_CHARACTERS)

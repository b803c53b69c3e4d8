"""Invented companies, offices and people. What one split draws on, the other never does.

A company's own part (its brand) is made of characters that stand in no place, trade or legal form.
Each such character belongs to one split. Held-out brands have none but their own; a training brand
has at least one of its own, and others of either split: what reads seals has to have seen every
character. So no company of one split can be one of the other. Offices have no brand: their towns
are split instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from sealbench.chance import between, digits, happens, pick, weighted
from sealbench.fonts import Split
from sealbench.words import WORDS
from sealq_worker.careful import credit_code

_PROVINCES: Sequence[str] = WORDS["provinces"]
_TOWNS: Sequence[str] = WORDS["towns"]
_TRADES: Sequence[str] = WORDS["trades"]
_OFFICES: Sequence[str] = WORDS["offices"]
#: Legal forms and how often each comes.
_FORMS = {
    "有限公司": 10.0,
    "有限责任公司": 3.0,
    "股份有限公司": 2.0,
    "集团有限公司": 1.5,
    "厂": 0.8,
    "商行": 0.8,
    "经营部": 0.8,
    "有限公司分公司": 0.5,
    "中心": 0.5,
    "事务所": 0.5,
    "合作社": 0.4,
    "店": 0.4,
}
#: Characters of the shortest name that a ring carries.
_SHORTEST = 6
#: Characters that follow the first of a unified social credit code.
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def company(rng: np.random.Generator, split: Split) -> str:
    """Return a company's name of 6 to 24 characters."""
    place = weighted(rng, {"town": 4.0, "city": 3.0, "province": 2.0, "both": 1.0, "": 2.0})
    prefix = {
        "town": pick(rng, _TOWNS),
        "city": pick(rng, _TOWNS) + "市",
        "province": pick(rng, _PROVINCES),
        "both": pick(rng, _PROVINCES) + pick(rng, _TOWNS) + "市",
        "": "",
    }[place]
    trade = pick(rng, _TRADES) if happens(rng, 0.92) else ""
    tail = trade + weighted(rng, _FORMS)
    name = prefix + brand(rng, split) + tail
    return name if len(name) >= _SHORTEST else pick(rng, _PROVINCES) + name


def office(rng: np.random.Generator, split: Split) -> str:
    """Return the name of a public body."""
    town = pick(rng, towns(split))
    return town + "市" + pick(rng, _OFFICES)


def brand(rng: np.random.Generator, split: Split) -> str:
    """Return a company's own part of its name: 2 to 4 characters."""
    kind = 0 if happens(rng, 0.6) else 1
    count = weighted(rng, {2: 6.0, 3: 3.0, 4: 1.0})
    own = [pick(rng, _pools(split)[kind]) for _ in range(count)]
    if split == "held_out":
        return "".join(own)
    foreign = [pick(rng, _pools("held_out")[kind]) for _ in range(count)]
    kept = int(rng.integers(count))
    mixed = (own[i] if i == kept or happens(rng, 0.5) else foreign[i] for i in range(count))
    return "".join(mixed)


def latin_company(rng: np.random.Generator, split: Split) -> str:
    """Return a company's name in capital Latin letters."""
    own = WORDS["syllables"][0 if split == "train" else 1 :: 2]
    name = "".join(pick(rng, own) for _ in range(int(rng.integers(2, 4)))).upper()
    trade = (pick(rng, WORDS["latin_trades"]),) if happens(rng, 0.8) else ()
    return " ".join((name, *trade, pick(rng, WORDS["latin_forms"])))


def person(rng: np.random.Generator, split: Split) -> str:
    """Return a person's name of 2 or 3 characters."""
    liked, _ = _pools(split)
    given = weighted(rng, {1: 1.0, 2: 2.0})
    return pick(rng, WORDS["surnames"]) + "".join(pick(rng, liked) for _ in range(given))


def tax_code(rng: np.random.Generator) -> str:
    """Return a unified social credit code's 18 places, or the 15 of an older tax number.

    Their check digits hold, as those of real ones do.
    """
    if happens(rng, 0.2):
        body = digits(rng, 15)[:14]
        return body + credit_code.organisation_digit(body[6:])
    body = "".join(pick(rng, _CODE) for _ in range(10))[:8]
    start = "91" + digits(rng, 6) + body + credit_code.organisation_digit(body)
    return start + credit_code.check_digit(start)


def town(rng: np.random.Generator, split: Split) -> str:
    """Return one of the split's towns."""
    return pick(rng, towns(split))


def towns(split: Split) -> Sequence[str]:
    """Return the towns whose offices the split may name."""
    return _TOWNS[0 if split == "train" else 1 :: 2]


def date(rng: np.random.Generator) -> str:
    """Return a day as contracts write it."""
    year, month, day = (int(rng.integers(*span)) for span in ((2005, 2026), (1, 13), (1, 29)))
    style = weighted(rng, {"年月日": 3.0, "-": 1.0, ".": 1.0})
    if style == "年月日":
        return f"{year}年{month}月{day}日"
    return style.join((f"{year}", f"{month:02}", f"{day:02}"))


def short_date(rng: np.random.Generator) -> str:
    """Return a day as a date stamp shows it."""
    year, month, day = (int(rng.integers(*span)) for span in ((2005, 2026), (1, 13), (1, 29)))
    return f"{year}.{month:02}.{day:02}"


def amount(rng: np.random.Generator) -> str:
    """Return an amount of money in figures."""
    return f"{10 ** between(rng, 1.5, 6.5):,.2f}"


@lru_cache
def _pools(split: Split) -> tuple[str, str]:
    """Return the split's characters for brands: those that companies like, and all."""
    used = set("".join((*_PROVINCES, *_TOWNS, *_TRADES, *_FORMS, *_OFFICES)))
    rows, columns = range(0xB0, 0xD8), range(0xA1, 0xFF)
    level_one = [bytes((r, c)).decode("gb2312", "ignore") for r in rows for c in columns]
    parity = 0 if split == "train" else 1
    ours = [char for char in level_one if char and char not in used and ord(char) % 2 == parity]
    liked = [char for char in WORDS["liked"] if char in set(ours)]
    return "".join(liked), "".join(ours)

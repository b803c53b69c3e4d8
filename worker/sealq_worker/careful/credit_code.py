"""Unified social credit codes (GB 32100-2015): which are well formed, and which was probably meant.

A code has 18 places: registering authority, kind of body, six digits of the region (GB/T 2260), the
body's own organisation code (GB 11714: eight places and a check digit), and a check digit over all.
Tax numbers from before 2015 have 15: the region and the organisation code.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush

#: Values 0 to 30 of the characters; I, O, S, V and Z are left out for their likeness to others.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

#: Places of a code, and of the tax numbers before it.
LENGTH = 18
OLD_LENGTH = 15

#: Weight of each place before the check digit: powers of 3 modulo 31.
_WEIGHTS = tuple(pow(3, place, len(ALPHABET)) for place in range(LENGTH - 1))

#: GB 11714: weights of an organisation code's places, and its check digits 0 to 10.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_DIGITS = "0123456789X"
#: Value of a letter of an organisation code: A is 10, Z 35.
_ORGANISATION_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

#: Where the region's digits stand, and the organisation code: slices of a code.
_REGION = slice(2, 8)
_ORGANISATION = slice(8, 17)
_OLD_ORGANISATION = slice(6, 15)

#: Letters that no code has and a digit that each can only be. V is like several: see below.
_NEVER_MEANT = str.maketrans("IOSZ", "1052")

#: Digits that letters are taken from, where only digits can stand.
_AS_DIGITS = str.maketrans("ABCDGIJLOQSTZ", "4800611100572")

#: Characters that recognisers take for one another in small print; each group both ways.
CONFUSIONS = (
    "0DQ", "0C", "1LJT", "17", "27", "38", "35", "4A", "56", "5S", "6G", "68", "8B", "BR", "BE",
    "CG", "EF", "FP", "HN", "HM", "KX", "MN", "PR", "QG", "UV", "VY", "VW", "WM", "XY",
)  # fmt: skip


#: Least share of a text's characters that are digits and capitals for it to be like a code, and the
#: least number of characters.
_LEAST_CODE, _LEAST_LENGTH = 0.8, 9

#: How many codes are tried for one that holds, the likeliest first: one of 341 does by chance.
_TRIES = 200


def is_code_like(text: str) -> bool:
    """Whether a text as it was read may be a code."""
    code = sum(char.isascii() and char.isalnum() for char in text)
    return len(text) >= _LEAST_LENGTH and code >= _LEAST_CODE * len(text)


def normalised(text: str) -> str:
    """Return what a read text says as a code: capitals and digits, nothing else.

    Letters that codes never have become the digits that they resemble, and so do all letters
    where only the digits of the region can stand. V stays: it is like several letters.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    code = "".join(char for char in plain if char.isascii() and char.isalnum())
    code = code.translate(_NEVER_MEANT)
    if len(code) != LENGTH:
        return code
    return code[: _REGION.start] + code[_REGION].translate(_AS_DIGITS) + code[_REGION.stop :]


def valid(code: str) -> bool:
    """Whether a code has 18 places of the alphabet and the check digit that they ask for."""
    return len(code) == LENGTH and set(code) <= set(ALPHABET) and code[-1] == check_digit(code[:-1])


def check_digit(body: str) -> str:
    """Return the last place of a code.

    Args:
        body: The 17 places before it.
    """
    total = sum(weight * ALPHABET.index(char) for weight, char in zip(_WEIGHTS, body, strict=True))
    return ALPHABET[-total % len(ALPHABET)]


def organisation_valid(code: str) -> bool:
    """Whether the organisation code within a code of 18 or 15 places has its own check digit.

    A 15-place number without one may still be right: sole traders had numbers of other kinds.
    """
    part = {LENGTH: code[_ORGANISATION], OLD_LENGTH: code[_OLD_ORGANISATION]}.get(len(code), "")
    return bool(part) and part[-1] == organisation_digit(part[:-1])


def organisation_digit(body: str) -> str:
    """Return the check digit of an organisation code.

    Args:
        body: The 8 places before it, digits and capitals.
    """
    values = (_ORGANISATION_VALUES.index(char) for char in body)
    pairs = zip(_ORGANISATION_WEIGHTS, values, strict=True)
    return _ORGANISATION_DIGITS[-sum(weight * value for weight, value in pairs) % 11]


def parts(text: str) -> Iterator[str]:
    """Yield each 18 places of a text, as codes: it is longer where a frame was read as places."""
    for start in range(len(text) - LENGTH + 1):
        yield normalised(text[start : start + LENGTH])


def likeliest(places: Sequence[Mapping[str, float]]) -> str | None:
    """Return the likeliest code that holds both check digits.

    Args:
        places: For each of 18 places characters of a code and their probabilities, above 0.

    Returns:
        None where none of the likeliest holds.
    """
    choices = [sorted((-math.log(p), char) for char, p in place.items()) for place in places]
    if not all(choices):
        return None
    # Each way of choosing is reached once: from the one in which its last place was a better one.
    waiting = [(sum(place[0][0] for place in choices), 0, (0,) * len(choices))]
    for _ in range(_TRIES):
        if not waiting:
            return None
        cost, last, picks = heappop(waiting)
        code = "".join(place[pick][1] for place, pick in zip(choices, picks, strict=True))
        if valid(code) and organisation_valid(code):
            return code
        for place in range(last, len(choices)):
            worse = picks[place] + 1
            if worse < len(choices[place]):
                more = choices[place][worse][0] - choices[place][worse - 1][0]
                picked = (*picks[:place], worse, *picks[place + 1 :])
                heappush(waiting, (cost + more, place, picked))
    return None


def propose(text: str) -> str | None:
    """Return the code that was probably meant by a text that does not hold.

    That is the code that differs in one character, by a usual confusion, from 18 places of the
    text, and holds both check digits. One check digit alone would let a wrong code through for
    every second misreading.

    Returns:
        None where none or more than one such code exists.
    """
    near = (other for part in parts(text) for other in _neighbours(part))
    meant = {other for other in near if valid(other) and organisation_valid(other)}
    return meant.pop() if len(meant) == 1 else None


def _neighbours(code: str) -> Iterator[str]:
    """Yield all codes that differ in one character by a usual confusion."""
    for place, char in enumerate(code):
        for group in CONFUSIONS:
            if char in group:
                yield from (code[:place] + o + code[place + 1 :] for o in group if o != char)

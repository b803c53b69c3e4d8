"""Tax numbers and the numbers of seals: digits and capitals that stand on a seal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sealq_worker.careful import credit_code
from sealq_worker.careful.looks import look_of
from sealq_worker.careful.observation import Candidate
from sealq_worker.careful.plain import normalised
from sealq_worker.careful.weighing import Weighed, readings, weigh

#: Natural logarithm of how much likelier a code is whose check digits hold: 31 times 11.
HOLDS_PRIOR = 5.8
#: The same of a code that has as many places as tax numbers have: where there are more, the frame
#: was read as some of them, however clearly.
WHOLE_PRIOR = 12.0

#: Places of the number that the police register a seal under: 13 today, others before.
SERIAL_LENGTHS = range(10, 15)

#: Places of a text that may be a tax number with a character too many or too few.
_TAX_LENGTHS = range(credit_code.OLD_LENGTH - 1, credit_code.LENGTH + 3)

#: Least share of a code's characters that are digits.
_LEAST_DIGITS = 0.4

_DATE = re.compile(r"(19|20)\d\d[-./年]?[01]?\d[-./月]?[0-3]?\d日?")


@dataclass(frozen=True)
class Code:
    """A tax number that was read.

    Attributes:
        text: 18 or 15 places, or as many as were read.
        holds: Its check digits hold.
        proposed: Nobody read it so: characters were replaced so that they do.
        best: The likeliest of what was weighed.
        weighed: All of that.
    """

    text: str
    holds: bool
    proposed: bool
    best: Weighed
    weighed: tuple[Weighed, ...]


def looks_like_code(text: str) -> bool:
    """Whether a text is digits and capitals, long enough for a number, and no date."""
    plain = normalised(text)
    if not credit_code.is_code_like(plain) or _DATE.fullmatch(plain):
        return False
    digits = sum(char.isascii() and char.isdigit() for char in plain)
    return digits >= _LEAST_DIGITS * len(plain)


def looks_like_tax_id(text: str) -> bool:
    """Whether a code has about as many places as a tax number."""
    return len(credit_code.normalised(text)) in _TAX_LENGTHS


def read_tax_id(group: Sequence[Candidate]) -> Code:
    """Return the tax number that the candidates of one text read.

    Among readings, and the codes that stand in longer ones, one whose check digits hold is much the
    likelier. So the likeliest code that does is weighed with them, by what else each character may
    be. Where none holds in the end, the code that was probably meant is proposed.

    Args:
        group: Candidates of which at least one has a digit or a capital.
    """
    group = [_as_code(candidate) for candidate in group]
    read = readings(group)
    within = [part for text in read for part in credit_code.parts(text) if _holds(part)]
    likeliest = filter(None, map(_likeliest, group))
    weighed = weigh(group, {text: _prior(text) for text in (*read, *within, *likeliest)})
    best = weighed[0]
    text = best.text
    if not _holds(text):
        text = credit_code.propose(text) or text
    return Code(text, _holds(text), text not in {*read, *within}, best, weighed)


def weigh_serials(group: Sequence[Candidate]) -> tuple[Weighed, ...]:
    """Weigh the numbers that the candidates of one text read; empty where there are no digits."""
    digits = ("".join(filter(str.isdecimal, text)) for text in readings(group))
    return weigh(group, dict.fromkeys(digits, 0.0))


def _as_code(candidate: Candidate) -> Candidate:
    """Return a candidate without what is no code, and with letters replaced that can't be meant."""
    look = look_of(candidate)
    said = zip(look.text, look.characters, look.rivals, strict=True)
    kept = [each for each in said if each[0].isascii() and each[0].isalnum()]
    return replace(
        candidate,
        text=credit_code.normalised("".join(char for char, _, _ in kept)),
        characters=tuple(sure for _, sure, _ in kept),
        rivals=tuple(
            {char: p for char, p in rivals.items() if char in credit_code.ALPHABET}
            for _, _, rivals in kept
        ),
    )


def _likeliest(code: Candidate) -> str | None:
    """Return the likeliest code that holds by one reading of 18 places."""
    if len(code.text) != credit_code.LENGTH:
        return None
    read = zip(code.text, code.characters, code.rivals, strict=True)
    return credit_code.likeliest([{**rivals, char: sure} for char, sure, rivals in read])


def _prior(code: str) -> float:
    is_whole = len(code) in {credit_code.LENGTH, credit_code.OLD_LENGTH}
    return WHOLE_PRIOR * is_whole + HOLDS_PRIOR * _holds(code)


def _holds(code: str) -> bool:
    if len(code) == credit_code.OLD_LENGTH:
        return credit_code.organisation_valid(code)
    return credit_code.valid(code)

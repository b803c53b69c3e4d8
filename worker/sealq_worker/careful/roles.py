"""Which text of a seal is the owner's name, the purpose, a tax number or the seal's own number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sealq_configs.purposes import Purpose
from sealq_worker.careful.codes import looks_like_code, looks_like_tax_id
from sealq_worker.careful.observation import Candidate, Observation
from sealq_worker.careful.owners import plausible, weigh_names
from sealq_worker.careful.plain import normalised
from sealq_worker.careful.purposes import Stated, divided, stated
from sealq_worker.careful.weighing import Weighed

#: The candidates for one text, best first.
Group = tuple[Candidate, ...]

#: Shapes with a name around a centre; the others hold lines.
RINGED = frozenset({"round", "oval"})

#: Characters of the shortest name of a company or office.
_SHORTEST_NAME = 5

#: What stands on a person's seal: a name, and perhaps that it is a seal.
_PERSON = re.compile(r"[\u4e00-\u9fff]{2,4}(之印|印章|印)?")

#: What stands on a seal beside its purpose: a number of its own, a day, a piece of a code, a lone
#: character of a drawing.
_NO_PURPOSE = re.compile(r"\W*\w?\W*|\W*第?\d{1,3}号?\W*|[\d\W年月日]*|[\x21-\x7e]*\d[\x21-\x7e]*")


@dataclass(frozen=True)
class Named:
    """The text that names the owner.

    Attributes:
        group: Its candidates.
        weighed: What it may say, the likeliest first; at least one.
    """

    group: Group
    weighed: tuple[Weighed, ...]


@dataclass(frozen=True)
class Roles:
    """Which text of a seal says what; None where none does."""

    owner: Named | None
    purpose: tuple[Group, Stated] | None
    tax_id: Group | None
    serial: Group | None


def roles_of(observation: Observation, vocabulary: Sequence[Purpose]) -> Roles:
    """Assign texts to fields; each text to one at most.

    The name of a round or oval seal stands on its ring. On other seals the line that ends as names
    do is taken for it. A person's seal has neither owner nor purpose: its name is a line only.

    Args:
        observation: What was seen.
        vocabulary: Known purposes.
    """
    groups = [group for group in observation.groups if group and _text(group)]
    codes = [group for group in groups if looks_like_code(_text(group))]
    words = [group for group in groups if group not in codes]
    ringed = observation.geometry.shape in RINGED
    owner = _ring_name(words) if ringed else _named_line(words, vocabulary)
    rest = [group for group in words if owner is None or group is not owner.group]
    tax_ids, serials = _numbers(codes)
    return Roles(
        owner=owner,
        purpose=_purpose(rest, vocabulary, people=not ringed),
        tax_id=next(iter(tax_ids), None),
        serial=next(iter(serials), None),
    )


def _text(group: Group) -> str:
    return normalised(group[0].text)


def _numbers(codes: Iterable[Group]) -> tuple[list[Group], list[Group]]:
    """Part tax numbers, which stand in the middle, from a seal's own, mostly along the bottom."""
    tax_ids: list[Group] = []
    serials: list[Group] = []
    for group in codes:
        inner = group[0].place == "inner"
        (tax_ids if inner and looks_like_tax_id(_text(group)) else serials).append(group)
    return tax_ids, serials


def _ring_name(groups: Sequence[Group]) -> Named | None:
    """Of the texts on the ring, one that ends as names do; of those a Chinese one, the longest."""
    ring = [group for group in groups if group[0].place == "ring"]
    best = max(ring, key=_name_rank, default=None)
    return None if best is None else Named(best, weigh_names(best))


def _named_line(groups: Sequence[Group], vocabulary: Sequence[Purpose]) -> Named | None:
    """The longest line that ends as names do; a purpose may follow in the same line.

    A legal form that was read almost right counts: it is mended later.
    """
    long = [group for group in groups if len(_text(group)) >= _SHORTEST_NAME]
    lines = [Named(group, weigh_names(group, vocabulary)) for group in long]
    names = [(divided(line.weighed[0].text, vocabulary)[0], line) for line in lines]
    named = [pair for pair in names if plausible(pair[0]) and len(pair[0]) >= _SHORTEST_NAME]
    return max(named, key=lambda pair: len(pair[0]), default=("", None))[1]


def _name_rank(group: Group) -> tuple[bool, bool, int]:
    text = _text(group)
    return plausible(text), not text.isascii(), len(text)


def _purpose(
    groups: Sequence[Group], vocabulary: Sequence[Purpose], *, people: bool
) -> tuple[Group, Stated] | None:
    """Return the text that states a known purpose; else the longest that may state one."""
    found = [(group, stated(group, vocabulary)) for group in groups]
    said = [(group, one) for group, one in found if one is not None]
    known = [pair for pair in said if pair[1].known]
    if known:
        return max(known, key=lambda pair: pair[1].best.share)
    others = [pair for pair in said if _may_state(pair[0], people=people)]
    return max(others, key=lambda pair: len(_text(pair[0])), default=None)


def _may_state(group: Group, *, people: bool) -> bool:
    text = _text(group)
    if group[0].place == "ring" or _NO_PURPOSE.fullmatch(text):
        return False
    return not (people and _PERSON.fullmatch(text))

"""From what was seen on a seal to what it says: owner, purpose, tax number, serial number.

Nothing is invented. A field is what some candidate read, or a word of the vocabulary that the
recogniser's own probabilities allow; what is too doubtful is `unreadable`, with what was read as
alternatives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sealq_configs.purposes import Purpose
from sealq_storage.readings import Alternative, FieldName, FieldState, NewField
from sealq_worker.careful.calibration import FLOOR, Features, probability
from sealq_worker.careful.codes import SERIAL_LENGTHS, read_tax_id, weigh_serials
from sealq_worker.careful.observation import Geometry, Observation, Shape
from sealq_worker.careful.owners import names_somebody, plausible
from sealq_worker.careful.plain import normalised
from sealq_worker.careful.purposes import Stated, divided
from sealq_worker.careful.ring import off_top
from sealq_worker.careful.roles import RINGED, Group, Named, roles_of
from sealq_worker.careful.weighing import Weighed

#: Texts that a field names beside its own, and share of the belief in all others that one has at
#: least.
_ALTERNATIVES, _LEAST_SHARE = 3, 0.01

#: Characters off the top that a name counts with which stands on no ring.
_NO_RING = 1.0

#: Characters off the top from which on it does not matter how many.
_MOST_UNEVEN = 3.0

#: Least probability that a logarithm is taken of.
_LEAST = 1e-6


@dataclass(frozen=True)
class Claim:
    """A field before it is judged.

    Attributes:
        name: Of the field.
        text: As it would be reported.
        state: As it would be reported.
        features: What speaks for it.
        rivals: What it was weighed against, itself left out.
    """

    name: FieldName
    text: str
    state: FieldState
    features: Features
    rivals: tuple[Weighed, ...]


def fields_of(observation: Observation, vocabulary: Sequence[Purpose]) -> tuple[NewField, ...]:
    """Return the fields of a seal.

    Args:
        observation: What was seen.
        vocabulary: Known purposes.

    Returns:
        At most one field of each name. Round and oval seals always have an `owner`, if only an
        unreadable one; other fields are there where something was seen that may be theirs.
    """
    return judged(tuple(claims_of(observation, vocabulary)), observation.geometry.shape)


def judged(claims: Sequence[Claim], shape: Shape) -> tuple[NewField, ...]:
    """Return claims as fields with their scores, the doubtful ones unreadable.

    Args:
        claims: What `claims_of` gave.
        shape: Of the seal: round and oval ones have an `owner` in any case.
    """
    found = tuple(_judged(claim) for claim in claims)
    if shape not in RINGED or any(field.name == "owner" for field in found):
        return found
    return (NewField("owner", text=None, score=None, state="unreadable"), *found)


def claims_of(observation: Observation, vocabulary: Sequence[Purpose]) -> Iterator[Claim]:
    """Yield what each text of a seal would be reported as, doubtful or not."""
    roles = roles_of(observation, vocabulary)
    fit = observation.geometry.fit
    if roles.owner is not None:
        alone = roles.purpose is None
        yield from _owner(roles.owner, vocabulary, observation.geometry, alone=alone)
    if roles.purpose is not None:
        yield _purpose(*roles.purpose, fit)
    if roles.tax_id is not None:
        yield _tax_id(roles.tax_id, fit)
    if roles.serial is not None:
        yield from _serial(roles.serial, fit)


def _judged(claim: Claim) -> NewField:
    """Return a field with its score; what is below the floor is an alternative only."""
    score = probability(claim.name, claim.features)
    rivals = _alternatives(claim.rivals, 1.0 - score)
    if score < FLOOR:
        doubtful = (Alternative(claim.text, score), *rivals)[:_ALTERNATIVES]
        return NewField(claim.name, None, score, "unreadable", doubtful)
    return NewField(claim.name, claim.text, score, claim.state, rivals)


def _alternatives(rivals: Sequence[Weighed], left: float) -> tuple[Alternative, ...]:
    """Share what probability is left out among the other texts, by the belief in each."""
    total = sum(rival.share for rival in rivals) or 1.0
    likely = (rival for rival in rivals if rival.share >= _LEAST_SHARE * total)
    return tuple(
        Alternative(rival.text, left * rival.share / total)
        for rival in islice(likely, _ALTERNATIVES)
    )


def _owner(
    named: Named, vocabulary: Sequence[Purpose], geometry: Geometry, *, alone: bool
) -> Iterator[Claim]:
    """Yield the name, and the purpose behind it where that stands in the same text."""
    group, (best, *rivals) = named.group, named.weighed
    name, purpose = divided(best.text, vocabulary)
    known = plausible(name) and names_somebody(name)
    features = _features(group, best, geometry.fit, known=known)
    features = replace(features, uneven=_uneven(group, best, geometry))
    if purpose is None or not plausible(name):
        yield Claim("owner", best.text, "read", features, tuple(rivals))
    else:
        yield Claim("owner", name, "read", features, tuple(rivals))
        if alone:
            yield Claim("purpose", purpose, "read", features, ())


def _purpose(group: Group, found: Stated, fit: float) -> Claim:
    features = _features(group, found.best, fit, known=found.known)
    state: FieldState = "proposed" if found.proposed else "read"
    return Claim("purpose", found.name, state, features, found.weighed[1:])


def _tax_id(group: Group, fit: float) -> Claim:
    code = read_tax_id(group)
    state: FieldState = "proposed" if code.proposed else "read"
    features = _features(group, code.best, fit, known=code.holds)
    rivals = tuple(each for each in code.weighed if each.text != code.text)
    return Claim("tax_id", code.text, state, features, rivals)


def _serial(group: Group, fit: float) -> Iterator[Claim]:
    weighed = weigh_serials(group)
    if weighed:
        best = weighed[0]
        features = _features(group, best, fit, known=len(best.text) in SERIAL_LENGTHS)
        yield Claim("serial", best.text, "read", features, weighed[1:])


def _features(group: Group, best: Weighed, fit: float, *, known: bool) -> Features:
    agreeing = [candidate for candidate in group if normalised(candidate.text) == best.text]
    # A text that nobody read as it is, such as a word of the vocabulary, has no characters of its
    # own: those that it stands for speak.
    characters = max(agreeing or group, key=lambda candidate: candidate.score).characters
    logs = [math.log(max(_LEAST, value)) for value in characters] or [math.log(_LEAST)]
    return Features(
        worst=min(logs),
        mean=sum(logs) / len(logs),
        evidence=best.evidence / len(best.text),
        share=math.log(max(_LEAST, best.share)),
        rest=math.log(max(_LEAST, 1.0 - best.share)),
        agreement=len(agreeing) / len(group),
        looks=math.log1p(len(group)),
        length=math.log(len(best.text)),
        known=float(known),
        chinese=sum(_is_chinese(char) for char in best.text) / len(best.text),
        fit=fit,
    )


def _uneven(group: Group, best: Weighed, geometry: Geometry) -> float:
    """Return by how many characters a name's middle is off the seal's top.

    Off a ring nothing says whether the name is whole.
    """
    if geometry.shape not in RINGED:
        return _NO_RING
    agreeing = (candidate for candidate in group if normalised(candidate.text) == best.text)
    return min(_MOST_UNEVEN, off_top(geometry, next(agreeing, group[0])))


def _is_chinese(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"

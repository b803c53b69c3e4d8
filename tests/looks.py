"""Made-up candidates for texts on a seal, and seals that bear them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sealq_worker.careful.observation import Candidate, Geometry, Observation, Place, Shape


def look(
    text: str,
    *,
    place: Place = "inner",
    sure: float = 0.99,
    doubts: Mapping[int, float] | None = None,
    rivals: Mapping[int, Mapping[str, float]] | None = None,
) -> Candidate:
    """Return a candidate that reads a text.

    Args:
        text: What it reads.
        place: Where it stands.
        sure: Probability of each character.
        doubts: Probabilities of single characters, by their place in the text.
        rivals: What else single characters may be, likewise.
    """
    doubts = doubts or {}
    characters = tuple(doubts.get(index, sure) for index in range(len(text)))
    return Candidate(
        place=place,
        text=text,
        score=sum(characters) / len(characters),
        polygon=((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)),
        source="made",
        characters=characters,
        rivals=tuple((rivals or {}).get(index, {}) for index in range(len(text))),
    )


def observation(*groups: Sequence[Candidate], shape: Shape = "round") -> Observation:
    """Return what was seen on a seal that bears the texts of some groups."""
    geometry = Geometry(shape=shape, centre=(50.0, 50.0), axes=(48.0, 48.0), tilt=0.0, fit=0.95)
    texts = tuple(tuple(group) for group in groups)
    return Observation(geometry=geometry, ink="red", groups=texts, passes=3, seconds=0.1)

"""What a seal's fields ought to say, by the truth, and whether a reading says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sealbench.compare import likeness, normalised
from sealbench.truth import PageTruth, SealTruth, TextTruth
from sealq_storage.readings import FieldName
from sealq_worker.careful.owners import plausible

FIELDS: tuple[FieldName, ...] = ("owner", "purpose", "tax_id", "serial")

#: Digits of a seal's own number; shorter ones are those of a desk or a day.
_SERIAL_LENGTHS = range(10, 15)

#: Pixels of a character from which on the goals of careful reading hold.
LARGE = 18.0

#: A clean seal's page: quality of its JPEG, if it went through one, and resolution, dots per inch.
_CLEAN_JPEG, _CLEAN_DPI = 60, 144


@dataclass(frozen=True)
class Expected:
    """What a field ought to say.

    Attributes:
        name: Of the field.
        texts: Any of them is right: a seal in two languages names its owner twice.
        char_px: Height of the largest of them, in pixels.
    """

    name: FieldName
    texts: tuple[str, ...]
    char_px: float


def expected(seal: SealTruth) -> Mapping[FieldName, Expected]:
    """Return what each field of a seal ought to say; fields that it does not have are left out."""
    found: dict[FieldName, list[TextTruth]] = {}
    for text in seal.texts:
        name = _field(text)
        if name is not None:
            found.setdefault(name, []).append(text)
    return {
        name: Expected(name, tuple(t.text for t in texts), max(t.char_px for t in texts))
        for name, texts in found.items()
    }


def likeness_by_field(said: Mapping[FieldName, str], seal: SealTruth) -> dict[FieldName, float]:
    """Return how near what is said comes to what each field ought to say, 0 to 1.

    A square company seal's one text holds name and purpose; sealq reports them apart.

    Args:
        said: Fields and their texts; a field that is unreadable or not there says nothing.
        seal: The truth.
    """
    likenesses = {}
    for name, wanted in expected(seal).items():
        lines = [said.get(name, "")]
        if name == "owner":
            lines.append(said.get("owner", "") + said.get("purpose", ""))
        likenesses[name] = best_likeness(wanted, lines)
    return likenesses


def exact_fields(said: Mapping[FieldName, str], seal: SealTruth) -> frozenset[FieldName]:
    """Return the fields that say just what they ought to; one that the seal lacks never does."""
    exact = {name for name, near in likeness_by_field(said, seal).items() if near == 1}
    if "purpose" not in expected(seal) and _ends_owner(said, seal):
        exact.add("purpose")
    return frozenset(exact & said.keys())


def best_likeness(wanted: Expected, lines: Iterable[str]) -> float:
    """Return how near the best of some lines comes to any of the right texts, 0 to 1."""
    lines = list(lines)
    return max(likeness(text, lines) for text in wanted.texts)


def is_clean(seal: SealTruth, page: PageTruth) -> bool:
    """Whether nothing stood in the way of reading a seal, as far as the truth says."""
    return (
        seal.position == ("plain",)
        and not seal.flaws
        and page.capture == "scan"
        and page.dpi >= _CLEAN_DPI
        and (page.jpeg is None or page.jpeg >= _CLEAN_JPEG)
    )


def _ends_owner(said: Mapping[FieldName, str], seal: SealTruth) -> bool:
    """Say whether a purpose is what a square seal's one text has behind its owner's name."""
    purpose = normalised(said.get("purpose", ""))
    texts = map(normalised, expected(seal)["owner"].texts if "owner" in expected(seal) else ())
    return bool(purpose) and any(
        text.endswith(purpose) and plausible(text.removesuffix(purpose)) for text in texts
    )


def _field(text: TextTruth) -> FieldName | None:
    """Return the field that a text of the truth belongs to; people's names and dates have none."""
    if text.role == "number":
        plain = normalised(text.text)
        return "serial" if plain.isdigit() and len(plain) in _SERIAL_LENGTHS else None
    return _ROLES.get(text.role)


_ROLES: Mapping[str, FieldName] = {"owner": "owner", "purpose": "purpose", "code": "tax_id"}

"""Pictures of a report: small ones stand in the file itself, the others are linked."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sealq_storage.errors import ObjectNotFoundError
from sealq_storage.objects import ObjectStore
from sealq_storage.verdicts import Evidence, VerdictResult

#: Bytes of a picture that stands in the file, and of all of them together.
LARGEST_PICTURE, LARGEST_REPORT = 100_000, 20_000_000
#: Pictures of one document.
SHOWN = 3


@dataclass(frozen=True)
class Picture:
    """A picture beside a verdict.

    Attributes:
        caption: Where it is from: page and seal.
        data: The picture as a `data:` URL; None: it is linked only.
        link: Where a browser finds the whole picture.
    """

    page: int | None
    region: int | None
    data: str | None
    link: str


@dataclass
class Gallery:
    """Hands out pictures as long as there is room."""

    objects: ObjectStore
    _room: int = field(default=LARGEST_REPORT)

    def pictures(self, result: VerdictResult) -> list[Picture]:
        """Return the pictures that a verdict rests on."""
        return [self._picture(each, key) for each, key in _shown(result)]

    def _picture(self, evidence: Evidence, key: str) -> Picture:
        located = self.objects.locate(key)
        return Picture(
            page=evidence.page,
            region=evidence.region,
            # A page's picture is large, and a seal's says more.
            data=self._embedded(key) if evidence.region else None,
            link=located if "://" in located else Path(located).as_uri(),
        )

    def _embedded(self, key: str) -> str | None:
        if self._room < LARGEST_PICTURE:
            return None
        try:
            data = self.objects.get(key)
        except ObjectNotFoundError:
            return None
        if len(data) > LARGEST_PICTURE:
            return None
        self._room -= len(data)
        return f"data:image/jpeg;base64,{b64encode(data).decode()}"


def _shown(result: VerdictResult) -> Iterator[tuple[Evidence, str]]:
    """Yield the first pieces of evidence that have a picture, each picture once."""
    first: dict[str, Evidence] = {}
    for each in result.evidence:
        if each.picture:
            first.setdefault(each.picture, each)
    return ((each, key) for key, each in list(first.items())[:SHOWN])

"""Which documents the service takes by name, from its own machine and S3: those settings let."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sealq_configs.settings import Settings
from sealq_configs.text import printable
from sealq_producer.discovery import discover
from sealq_producer.sources import Skipped, Source, WalkLimits
from sealq_web.errors import ForbiddenError

_S3 = "s3://"


def allowed_sources(
    names: Sequence[str],
    include: Sequence[str],
    exclude: Sequence[str],
    settings: Settings,
    skipped: Skipped,
) -> Iterator[Source]:
    """Find the documents of these names, as a stream.

    Raises:
        ForbiddenError: A name does not lie below one of `SEALQ_WEB_SOURCES`.
        SourceNotFoundError: A name is not there.
    """
    return discover(
        [_allowed(name, settings.web_sources) for name in names],
        include=include,
        exclude=exclude,
        s3_endpoint_url=settings.input_endpoint,
        limits=WalkLimits(settings.max_folder_files, settings.max_folder_depth),
        skipped=skipped,
    )


def _allowed(name: str, places: Sequence[str]) -> str:
    """Return the name in the form that was checked: links followed, without `..`."""
    found = name if name.startswith(_S3) else _real(name)
    if found is not None and any(_lies_below(found, place) for place in places):
        return found
    raise ForbiddenError(
        f"{printable(name)} does not lie below one of the places from which this service takes "
        "documents (SEALQ_WEB_SOURCES; by default there are none). Name a whole path or s3:// URL "
        "below one, or send the file to /api/v1/jobs/upload."
    )


def _real(name: str) -> str | None:
    try:
        return str(Path(name).resolve()) if Path(name).is_absolute() else None
    except (OSError, ValueError):
        return None


def _lies_below(found: str, place: str) -> bool:
    if place.startswith(_S3) != found.startswith(_S3):
        return False
    if place.startswith(_S3):
        return found == place or found.startswith(place.rstrip("/") + "/")
    return Path(found).is_relative_to(Path(place).resolve())

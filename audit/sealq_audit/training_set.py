"""Corrections as PaddleOCR takes them for fine-tuning: one set for detection, one for recognition.

Detection: `detection/labels.txt`, a line per seal: its picture, a tab, and a JSON list with the
`transcription` and `points` of each text. Recognition: `recognition/labels.txt`, a line per text:
the picture of the straightened line, a tab, the text. Pictures lie in `images` beside the labels.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy.orm import Session

from sealq_storage.corrections import CorrectedLine, CorrectedRegion, stream_corrected
from sealq_storage.errors import ObjectNotFoundError
from sealq_storage.objects import ObjectStore
from sealq_storage.objects.keys import PICTURE_ENDING, line_picture, region_picture
from sealq_storage.readings import crop_corner

#: What a person writes where there is text that nobody can read: PaddleOCR passes over it.
ILLEGIBLE = "###"

#: Digits of the pipeline's digest that tell its pictures from another's of the same page.
_DIGITS = 8

#: Path in the set, and content.
File = tuple[PurePosixPath, bytes]

_DETECTION, _RECOGNITION = PurePosixPath("detection"), PurePosixPath("recognition")


def training_files(session: Session, objects: ObjectStore, job_id: str) -> Iterator[File]:
    """Yield the files of a set: pictures as they come, then the labels.

    Only seals whose lines a person looked through are in it, each with all its lines.

    Args:
        session: Where the corrections are.
        objects: Where the pictures are.
        job_id: Whose corrections.
    """
    detection: list[str] = []
    recognition: list[str] = []
    for region in stream_corrected(session, job_id):
        for file, label in _of_seal(objects, region):
            detection.append(label)
            yield file
        for file, label in _of_lines(objects, region):
            recognition.append(label)
            yield file
    yield _DETECTION / "labels.txt", "".join(detection).encode()
    yield _RECOGNITION / "labels.txt", "".join(recognition).encode()


def write_folder(session: Session, objects: ObjectStore, job_id: str, folder: Path) -> int:
    """Write a set into a folder; return the number of its pictures."""
    count = -2  # the labels
    for path, data in training_files(session, objects, job_id):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        count += 1
    return count


def stream_zip(session: Session, objects: ObjectStore, job_id: str) -> Iterator[bytes]:
    """Yield a set as the bytes of a ZIP file, a picture at a time."""
    sink = _Sink()
    # JPEGs get no smaller.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for path, data in training_files(session, objects, job_id):
            archive.writestr(str(path), data)
            yield sink.take()
    yield sink.take()


def _of_seal(objects: ObjectStore, region: CorrectedRegion) -> Iterator[tuple[File, str]]:
    picture = _picture(objects, region, region_picture(region.region))
    lines = [line for line in region.lines if line.text]
    if picture is None:
        return
    name = PurePosixPath("images", f"{_stem(region)}{PICTURE_ENDING}")
    said = [{"transcription": line.text, "points": _in_crop(region, line)} for line in lines]
    yield (_DETECTION / name, picture), f"{name}\t{json.dumps(said, ensure_ascii=False)}\n"


def _of_lines(objects: ObjectStore, region: CorrectedRegion) -> Iterator[tuple[File, str]]:
    for line in region.lines:
        if line.text in {"", ILLEGIBLE}:
            continue
        picture = _picture(objects, region, line_picture(region.region, line.number))
        if picture is not None:
            name = PurePosixPath("images", f"{_stem(region)}_l{line.number}{PICTURE_ENDING}")
            yield (_RECOGNITION / name, picture), f"{name}\t{line.text}\n"


def _picture(objects: ObjectStore, region: CorrectedRegion, name: str) -> bytes | None:
    """Return a picture of a region; None: it was read without storing such."""
    if f"{name}{PICTURE_ENDING}" not in region.pictures:
        return None
    try:
        return objects.get(f"{region.object_prefix}/{name}{PICTURE_ENDING}")
    except ObjectNotFoundError:
        return None


def _stem(region: CorrectedRegion) -> str:
    digest = region.pipeline_digest[:_DIGITS]
    return f"{region.content_sha256}_{digest}_p{region.page}_s{region.region}"


def _in_crop(region: CorrectedRegion, line: CorrectedLine) -> list[list[int]]:
    left, top = crop_corner(region.box)
    return [[round(x - left), round(y - top)] for x, y in line.polygon]


class _Sink(io.RawIOBase):
    """What a ZIP file is written to: it can't seek, and hands on what it got."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken

"""From what was read to the answers of both generations."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from sealq_storage.causes import Cause
from sealq_storage.media import MediaType
from sealq_storage.objects import ObjectStore
from sealq_storage.objects.keys import PAGE_PICTURE, PICTURE_ENDING, READING_JSON
from sealq_storage.sql.tables import Document, Reading
from sealq_storage.waiting import ReadDocument, ReadPage
from sealq_web.errors import ServiceError, TooLargeError, UnavailableError, UnusableError
from sealq_web.seal_recognition.schemas import (
    ImageInfo,
    ImpressionText,
    OlderSealResult,
    PagesInfo,
    SealImpression,
    SealRecResult,
    SealResult,
    Size,
)

#: Pictures that PaddleX's pipeline draws; others beside a reading are sealq's own.
_DRAWN = re.compile(r"layout_det_res|preprocessed_img|seal_res_region\d+")
_LAYOUT_PICTURE = "layout_det_res"
#: What PaddleX's server takes out of a result: on which file of its own it worked.
_PRUNED = frozenset({"input_path", "page_index"})

#: What to answer to a document or page that could not be read, by its code.
_REFUSALS: Mapping[str, type[ServiceError]] = {
    **dict.fromkeys(("too_large", "too_many_pages", "too_many_pixels"), TooLargeError),
    **dict.fromkeys(Cause, ServiceError),
    "no_model": UnavailableError,
}


def check_read(document: ReadDocument) -> None:
    """Refuse the answer where a part of the document could not be read, as PaddleX does.

    Raises:
        ServiceError: Says what, with the status that its code stands for.
    """
    parts: list[Document | ReadPage] = [document.row, *document.pages]
    for part in parts:
        if part.error_code is not None:
            refusal = _REFUSALS.get(part.error_code, UnusableError)
            raise refusal(f"{part.error} ({part.error_code})")
    missing = [page.number for page in document.pages if page.reading is None]
    if missing:
        raise UnavailableError("The job was cancelled before it was done. Send the document again.")


def current_result(
    document: ReadDocument, objects: ObjectStore, *, with_pictures: bool
) -> SealResult:
    """Return the result of PaddleX 3.x."""
    readings = [page.reading for page in document.pages if page.reading is not None]
    return SealResult(
        seal_rec_results=[_page(reading, objects, with_pictures) for reading in readings],
        data_info=_data_info(document, readings),
    )


def older_result(document: ReadDocument, objects: ObjectStore) -> OlderSealResult:
    """Return the result of PaddleX 3.0 beta; of a picture with several frames, the first one's."""
    reading = next(page.reading for page in document.pages if page.reading is not None)
    regions = _reading_json(reading, objects)["regions"]
    texts = [
        ImpressionText(
            poly=[(round(x), round(y)) for x, y in line["polygon"]],
            text=line["text"],
            score=line["score"],
        )
        for region in regions
        for line in region["lines"]
    ]
    pictures = _pictures(reading, objects, {_LAYOUT_PICTURE, PAGE_PICTURE})
    # A picture of nothing but a seal has no boxes.
    layout = pictures.get(_LAYOUT_PICTURE) or pictures.get(PAGE_PICTURE) or ""
    return OlderSealResult(
        seal_impressions=[SealImpression(**dict(text), texts=[text]) for text in texts],
        layout_image=layout,
    )


def _page(reading: Reading, objects: ObjectStore, with_pictures: bool) -> SealRecResult:  # noqa: FBT001
    pruned = _prune(_reading_json(reading, objects)["res"])
    if not with_pictures:
        return SealRecResult(pruned_result=pruned)
    drawn = {name for name in _names(reading) if _DRAWN.fullmatch(name)}
    pictures = _pictures(reading, objects, drawn | {PAGE_PICTURE})
    page = pictures.pop(PAGE_PICTURE, None)
    return SealRecResult(pruned_result=pruned, output_images=pictures, input_image=page)


def _data_info(document: ReadDocument, readings: list[Reading]) -> ImageInfo | PagesInfo:
    sizes = [Size(width=each.page_width, height=each.page_height) for each in readings]
    is_pdf = document.row.media_type == MediaType.PDF
    if is_pdf or len(sizes) > 1:
        return PagesInfo(num_pages=len(sizes), pages=sizes, type="pdf" if is_pdf else "tiff")
    return ImageInfo(width=sizes[0].width, height=sizes[0].height)


def _prune(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _prune(value) for name, value in node.items() if name not in _PRUNED}
    return [_prune(value) for value in node] if isinstance(node, list) else node


def _reading_json(reading: Reading, objects: ObjectStore) -> dict[str, Any]:
    content = objects.get(f"{reading.object_prefix}/{READING_JSON}")
    found: dict[str, Any] = json.loads(content)
    return found


def _names(reading: Reading) -> list[str]:
    return [name.removesuffix(PICTURE_ENDING) for name in reading.pictures]


def _pictures(reading: Reading, objects: ObjectStore, wanted: set[str]) -> dict[str, str]:
    """Return those of these pictures that are stored, in Base64."""
    return {
        name: base64.b64encode(
            objects.get(f"{reading.object_prefix}/{name}{PICTURE_ENDING}")
        ).decode("ascii")
        for name in _names(reading)
        if name in wanted
    }

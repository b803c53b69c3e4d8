"""A job as people look at it: documents with readings, pictures in a store, and verdicts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw
from rows import finish_page, new_job, new_pages, new_reading, save_reading

from sealq_storage.objects import ObjectStore
from sealq_storage.objects.keys import (
    PAGE_PICTURE,
    PICTURE_ENDING,
    line_picture,
    region_picture,
)
from sealq_storage.pages import claim_pages, fail_page
from sealq_storage.readings import Alternative, NewField, NewLine, NewReading, NewRegion
from sealq_storage.sql.engine import Sessions
from sealq_storage.verdicts import Evidence, NewVerdict, Verdict, save_verdicts

OWNER = "某某样本有限公司"
PURPOSE = "发票专用章"


@dataclass(frozen=True)
class Cases:
    """A job whose documents have the verdicts of `VERDICTS`, and one that could not be read."""

    job_id: str
    #: In the order of `VERDICTS`; the broken one last.
    documents: Sequence[int]


#: Names of documents and their verdicts, as they are listed.
VERDICTS = {
    "in/三月/ok.pdf": Verdict.OK,
    "in/三月/review.pdf": Verdict.REVIEW,
    "in/三月/company <b>&.pdf": Verdict.WRONG_COMPANY,
    "in/三月/missing.pdf": Verdict.MISSING,
}


def seal(owner: str = OWNER) -> NewRegion:
    """Return a carefully read seal with two lines, at (100, 200) on its page."""
    return NewRegion(
        frame="page",
        box=(100.4, 200.6, 300.0, 400.0),
        score=0.83,
        lines=(
            NewLine(owner, 0.98, [(110.0, 210.0), (290.0, 210.0), (290.0, 250.0), (110.0, 250.0)]),
            NewLine(PURPOSE, 0.61, [(150.0, 330.0), (250.0, 330.0), (250.0, 360.0)]),
        ),
        fields=(
            NewField("owner", owner, 0.98, "read"),
            NewField("purpose", PURPOSE, 0.61, "proposed", (Alternative("财务专用章", 0.31),)),
        ),
        shape="round",
        ink="red",
        rotation=12.4,
    )


def cases(sessions: Sessions, objects: ObjectStore, **wishes: object) -> Cases:
    """Make the job."""
    job_id = new_job(sessions, **wishes)
    ids = [
        _read(sessions, objects, job_id, source, verdict) for source, verdict in VERDICTS.items()
    ]
    return Cases(job_id, [*ids, _broken(sessions, job_id)])


def paper(width: int, height: int) -> bytes:
    """Return a picture of a page with lines of print and a red ring where `seal` has its own."""
    picture = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(picture)
    for y in range(60, height - 40, 36):
        pen.line((60, y, width - 60 - y % 7 * 30, y), fill=(150, 150, 150), width=8)
    pen.ellipse((104, 204, 296, 396), outline=(190, 30, 30), width=8)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()


def put_pictures(objects: ObjectStore, reading: NewReading) -> NewReading:
    """Store the pictures that a reading of today has; return it with their names."""
    sizes = {PAGE_PICTURE: (reading.page_width, reading.page_height)}
    for number, region in enumerate(reading.regions, start=1):
        sizes[region_picture(number)] = (200, 200)
        for line in range(1, len(region.lines) + 1):
            sizes[line_picture(number, line)] = (240, 48)
    for name, (width, height) in sizes.items():
        key = f"{reading.object_prefix}/{name}{PICTURE_ENDING}"
        objects.put(key, paper(width, height), "image/jpeg")
    return replace(reading, pictures=tuple(f"{name}{PICTURE_ENDING}" for name in sizes))


def _read(
    sessions: Sessions, objects: ObjectStore, job_id: str, source: str, verdict: Verdict
) -> int:
    """Read a document of one page."""
    (page_id,) = new_pages(sessions, job_id, source)
    regions = () if verdict == Verdict.MISSING else (seal(),)
    with sessions.begin() as session:
        (page,) = claim_pages(session, [page_id], "worker", 60)
        new = replace(
            new_reading(page.sha256, 1, *regions), object_prefix=f"readings/{page.sha256}"
        )
        finish_page(session, page_id, "worker", save_reading(session, put_pictures(objects, new)))
        save_verdicts(session, job_id, [_verdict(page.document_id, verdict)], "r" * 64)
    return page.document_id


def _verdict(document_id: int, verdict: Verdict) -> NewVerdict:
    evidence = Evidence(1, 1, "owner", OWNER, 0.98, "别的有限公司", 0.4)
    return NewVerdict(
        document_id,
        verdict,
        f"A sentence about {verdict}.",
        "invoice",
        (evidence,) if verdict == Verdict.WRONG_COMPANY else (),
    )


def _broken(sessions: Sessions, job_id: str) -> int:
    (page_id,) = new_pages(sessions, job_id, "in/broken.pdf")
    with sessions.begin() as session:
        (page,) = claim_pages(session, [page_id], "worker", 60)
        fail_page(session, page_id, "worker", "corrupt", "The page is damaged <script>.")
    return page.document_id

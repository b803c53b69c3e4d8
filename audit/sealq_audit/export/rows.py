"""The rows of an export, in constant memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from sealq_audit.export.columns import Row, Rows
from sealq_audit.export.links import Links
from sealq_audit.output import reason_in
from sealq_audit.reasons import Language
from sealq_storage.objects.keys import PAGE_PICTURE, PICTURE_ENDING, region_picture
from sealq_storage.readings import FieldName
from sealq_storage.results import RegionResult, ResultFilter, stream_regions
from sealq_storage.seen import Saying, SeenDocument, SeenRegion, stream_seen
from sealq_storage.sql.tables import Document
from sealq_storage.verdicts import Verdict, VerdictResult, stream_verdicts, verdicts_of

#: Between several texts in one cell.
SEPARATOR = " / "
#: Rows whose documents and verdicts are looked up at a time.
_BATCH = 500
#: Names of pictures, by the number of the region.
_Names = Sequence[Callable[[int], str]]
#: State of a field that needs no second look.
_SURE = "read"
_FIELDS: Sequence[FieldName] = ("owner", "purpose", "tax_id", "serial")
#: What needs a person.
_EXCEPTIONS = tuple(verdict for verdict in Verdict if verdict is not Verdict.OK)


@dataclass(frozen=True)
class Job:
    """Whose rows, and how they speak.

    Attributes:
        links: Makes links of object keys.
        language: Of the reasons.
    """

    id: str
    links: Links
    language: Language = "en"


def seal_rows(session: Session, job: Job) -> Rows:
    """Yield a row per located region, in the order of documents and pages."""
    regions = stream_regions(session, job.id, ResultFilter())
    while batch := list(islice(regions, _BATCH)):
        documents = _documents(session, job.id, {region.document for region in batch})
        verdicts = verdicts_of(session, [document.id for document in documents.values()])
        for region in batch:
            document = documents[region.document]
            yield _seal(job, region, document, verdicts.get(document.id))


def document_rows(session: Session, job: Job) -> Rows:
    """Yield a row per document, in the order in which they were listed."""
    for batch in stream_seen(session, job.id):
        verdicts = verdicts_of(session, [document.id for document in batch])
        for document in batch:
            yield _document(job, document, verdicts.get(document.id))


def exception_rows(session: Session, job: Job) -> Rows:
    """Yield a row per document that needs a person, the worst first."""
    for verdict in stream_verdicts(session, job.id, _EXCEPTIONS):
        yield _exception(job, verdict)


@dataclass(frozen=True)
class _DocumentKey:
    id: int
    sha256: str | None


def _documents(session: Session, job_id: str, sources: Iterable[str]) -> Mapping[str, _DocumentKey]:
    """Return the documents of a job by their names, which are once in it."""
    hashes = [hashlib.sha256(source.encode()).hexdigest() for source in sources]
    query = select(Document.source, Document.id, Document.sha256).where(
        Document.job_id == job_id, Document.source_sha256.in_(hashes)
    )
    rows = session.execute(query)
    return {source: _DocumentKey(id_, sha256) for source, id_, sha256 in rows}


def _seal(
    job: Job, region: RegionResult, document: _DocumentKey, verdict: VerdictResult | None
) -> Row:
    said = {field.name: field.text for field in region.fields}
    place = dict(zip(("x1", "y1", "x2", "y2"), region.box, strict=True))
    return {
        "job": job.id,
        "document": region.document,
        "sha256": document.sha256,
        "page": region.page,
        "seal": region.region,
        "label": region.label,
        "found_by": region.found_by,
        **{name: said.get(name) for name in _FIELDS},
        "to_check": _joined(
            f"{field.name} {field.state}" for field in region.fields if field.state != _SURE
        ),
        "text": _joined(line.text for line in region.lines),
        "score": region.score,
        "shape": region.shape,
        "ink": region.ink,
        "rotation": region.rotation,
        "frame": region.frame,
        **place,
        "page_width": region.page_width,
        "page_height": region.page_height,
        "damage": region.damage,
        **_verdict(job, verdict),
        "picture": _link(job, region, document.id, _SEAL_PICTURES),
        "page_picture": _link(job, region, document.id, _PAGE_PICTURES),
    }


#: Names of pictures without and with what was found drawn in; what comes first is taken.
_SEAL_PICTURES: _Names = (region_picture, "seal_res_region{}".format)
_PAGE_PICTURES: _Names = (lambda _: PAGE_PICTURE, lambda _: "layout_det_res")


def _link(job: Job, region: RegionResult, document_id: int, names: _Names) -> str | None:
    stored = (f"{name(region.region)}{PICTURE_ENDING}" for name in names)
    name = next((name for name in stored if name in region.pictures), None)
    key = f"{region.object_prefix}/{name}" if name else None
    return job.links.picture(key, job.id, document_id, region.page)


def _document(job: Job, document: SeenDocument, verdict: VerdictResult | None) -> Row:
    pages = document.pages
    seals = list(document.labelled("seal"))
    return {
        "job": job.id,
        "document": document.source,
        "sha256": document.sha256,
        "state": _state(document),
        "error": document.error or next((page.error for page in pages if page.error), None),
        "pages": len(pages),
        "pages_read": sum(page.state == "done" for page in pages),
        "pages_failed": sum(page.state == "failed" for page in pages),
        "seals": len(seals),
        "cut_seals": len(list(document.labelled("cut_seal"))),
        "tax_marks": len(list(document.labelled("tax_mark"))),
        "owners": _fields(seals, "owner"),
        "purposes": _fields(seals, "purpose"),
        "tax_ids": _fields(seals, "tax_id"),
        "text": _joined(line.text or "" for seal in seals for line in seal.lines),
        "damage": _joined(page.damage or "" for page in pages),
        **_verdict(job, verdict),
        "picture": _first_link(job, document.id, seals),
    }


def _first_link(job: Job, document_id: int, seals: Sequence[SeenRegion]) -> str | None:
    if not seals:
        return job.links.picture(None, job.id, document_id, None)
    return job.links.picture(seals[0].picture, job.id, document_id, seals[0].page)


def _state(document: SeenDocument) -> str:
    """Return the worst that is true of a document: `failed`, `cancelled`, `open` or `done`."""
    states = {page.state for page in document.pages} | {str(document.state)}
    for state in ("failed", "cancelled"):
        if state in states:
            return state
    return "open" if states & {"listed", "due", "claimed"} else "done"


def _exception(job: Job, verdict: VerdictResult) -> Row:
    first = verdict.evidence[0] if verdict.evidence else None
    page = first.page if first else None
    picture = next((each.picture for each in verdict.evidence if each.picture), None)
    return {
        "verdict": verdict.verdict.value,
        "reason": reason_in(verdict, job.language),
        "document": verdict.document,
        "page": page,
        "found": first.text if first else None,
        "expected": first.expected if first else None,
        "picture": job.links.picture(picture, job.id, verdict.document_id, page),
        "decision": None,
        "note": None,
        "kind": verdict.kind,
        "job": job.id,
    }


def _verdict(job: Job, verdict: VerdictResult | None) -> Row:
    if verdict is None:
        return dict.fromkeys(("verdict", "kind", "reason"))
    return {
        "verdict": verdict.verdict.value,
        "kind": verdict.kind,
        "reason": reason_in(verdict, job.language),
    }


def _fields(seals: Iterable[SeenRegion], name: FieldName) -> str | None:
    said: Iterator[Saying] = (field for seal in seals for field in seal.fields)
    return _joined(field.text or "" for field in said if field.name == name)


def _joined(texts: Iterable[str]) -> str | None:
    """Return texts in one cell, each once; None where there is none."""
    return SEPARATOR.join(dict.fromkeys(filter(None, texts))) or None

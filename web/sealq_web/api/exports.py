"""Verdicts, and a job as a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from sealq_audit.export import Export, export_job
from sealq_audit.export.columns import Per
from sealq_audit.export.links import Links
from sealq_audit.export.rows import Job as ExportedJob
from sealq_audit.export.writing import Format
from sealq_audit.reasons import Language
from sealq_producer.stack import Stack
from sealq_storage.api_keys import Scope
from sealq_storage.verdicts import Verdict, count_verdicts, stream_verdicts
from sealq_web.access import Caller, require
from sealq_web.api import PREFIX
from sealq_web.api.jobs import known_job
from sealq_web.api.looking import verdict_out
from sealq_web.api.refusals import REFUSALS
from sealq_web.api.schemas import JobId, VerdictOut
from sealq_web.dependencies import RunningStack
from sealq_web.errors import UnusableError

router = APIRouter(prefix=PREFIX, tags=["answers"], responses=REFUSALS)

#: Whoever may look.
Reader = Annotated[Caller, Depends(require(Scope.READ))]

_MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get("/jobs/{job_id}/verdicts", operation_id="listVerdicts")
def verdicts(
    job_id: JobId,
    stack: RunningStack,
    caller: Reader,
    only: Annotated[list[Verdict], Query(description="Only these")] = [],  # noqa: B006
) -> list[VerdictOut]:
    """List what the last audit said of a job's documents, those that need a person first."""
    del caller
    with stack.queries.begin() as session:
        found = stream_verdicts(session, known_job(session, job_id).id, only)
        return [verdict_out(verdict) for verdict in found]


@router.get(
    "/jobs/{job_id}/export",
    operation_id="exportJob",
    response_class=FileResponse,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in _MEDIA_TYPES.values()}}},
)
def export(
    job_id: JobId,
    request: Request,
    stack: RunningStack,
    caller: Reader,
    *,
    form: Annotated[Format, Query(alias="format")] = "csv",
    per: Annotated[Per, Query(description="What a row stands for")] = "seal",
    language: Annotated[Language, Query(description="Of the reasons")] = "en",
) -> FileResponse:
    """Return a job as a file, with links to the pages of this service."""
    del caller
    links = Links(stack.objects, str(request.base_url).rstrip("/"), None)
    file = _write(stack, Export(ExportedJob(job_id, links, language), per, form))
    return FileResponse(
        file,
        media_type=_MEDIA_TYPES[form],
        filename=f"{job_id}-{per}s.{form}",
        background=BackgroundTask(file.unlink),
    )


def _write(stack: Stack, wanted: Export) -> Path:
    """Write an export into a temporary file: what goes wrong is told before a byte is sent."""
    with stack.queries.begin() as session:
        known_job(session, wanted.job.id)
        if wanted.per == "exception" and not count_verdicts(session, wanted.job.id):
            raise UnusableError(
                f"No audit looked at job {wanted.job.id} yet: `sealq audit {wanted.job.id}` does."
            )
        descriptor, name = tempfile.mkstemp(prefix="sealq-export-")
        try:
            with os.fdopen(descriptor, "wb") as out:
                export_job(session, wanted, out)
        except BaseException:
            Path(name).unlink()
            raise
    return Path(name)

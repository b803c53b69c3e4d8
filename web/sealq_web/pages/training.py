"""The corrections of a job as a set to fine-tune models with."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from sealq_audit.training_set import stream_zip
from sealq_producer.stack import Stack
from sealq_storage.jobs import find_job
from sealq_web.dependencies import RunningStack
from sealq_web.pages.rendering import Reader
from sealq_web.pages.route import PageRoute

router = APIRouter(route_class=PageRoute)


@router.get("/jobs/{job}/training.zip")
def training_zip(stack: RunningStack, caller: Reader, job: str) -> Response:
    """Send the set as it is made."""
    del caller
    with stack.queries.begin() as session:
        job_id = find_job(session, job).id
    name = f"sealq-training-{job_id}.zip"
    return StreamingResponse(
        _parts(stack, job_id),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _parts(stack: Stack, job_id: str) -> Iterator[bytes]:
    with stack.queries.begin() as session:
        yield from stream_zip(session, stack.objects, job_id)

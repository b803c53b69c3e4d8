"""Pictures of readings, by their names: whatever else lies in the object store is not served."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from sealq_storage.page_view import document_of_job, see_reading
from sealq_web.dependencies import RunningStack
from sealq_web.errors import NotThereError
from sealq_web.pages.rendering import Reader
from sealq_web.pages.route import PageRoute

#: A reading's pictures never change; a person's browser keeps them for a day.
_HEADERS = {
    "Cache-Control": "private, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}

router = APIRouter(route_class=PageRoute)


@router.get("/jobs/{job_id}/documents/{document_id}/pages/{number}/pictures/{name}")
def picture(
    stack: RunningStack, caller: Reader, *, job_id: str, document_id: int, number: int, name: str
) -> Response:
    """Serve a picture that the page's reading names."""
    del caller
    with stack.queries.begin() as session:
        document = document_of_job(session, job_id, document_id)
        reading = see_reading(session, document.id, number) if document else None
    if reading is None or name not in reading.pictures:
        raise NotThereError(f"This page has no picture {name}.")
    data = stack.objects.get(f"{reading.object_prefix}/{name}")
    return Response(data, media_type="image/jpeg", headers=_HEADERS)

"""The list of jobs, and a job with its documents."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from sealq_storage.browse import (
    DocumentFilter,
    Standing,
    browse_documents,
    browse_job,
    browse_jobs,
)
from sealq_storage.corrections import count_corrected
from sealq_storage.jobs import find_job
from sealq_storage.reviews import count_exceptions, review_of_job
from sealq_storage.verdicts import Verdict, count_verdicts
from sealq_web.dependencies import RunningStack
from sealq_web.pages.rendering import Reader, render
from sealq_web.pages.route import PageRoute

#: Rows on a page.
_JOBS, _DOCUMENTS = 20, 50

router = APIRouter(route_class=PageRoute)


@router.get("/jobs")
def job_list(
    request: Request, stack: RunningStack, caller: Reader, before: str | None = None
) -> Response:
    """Show jobs, newest first."""
    del caller
    with stack.queries.begin() as session:
        rows = browse_jobs(session, before, _JOBS + 1)
    more = rows[_JOBS - 1].id if len(rows) > _JOBS else None
    return render(request, "jobs.html", jobs=rows[:_JOBS], more=more, is_first=before is None)


@router.get("/jobs/{job}")
def job_page(
    request: Request,
    stack: RunningStack,
    caller: Reader,
    *,
    job: str,
    verdict: Annotated[Verdict | Literal["none", ""], Query()] = "",
    standing: Annotated[Standing | Literal[""], Query()] = "",
    search: Annotated[str, Query(max_length=200)] = "",
    after: int | None = None,
    done: int | None = None,
) -> Response:
    """Show a job with its documents."""
    del caller
    wanted = DocumentFilter(verdict or None, standing or None, search.strip() or None)
    with stack.queries.begin() as session:
        job_id = find_job(session, job).id
        rows = browse_documents(session, job_id, wanted, after, _DOCUMENTS + 1)
        values: dict[str, Any] = {
            "job": browse_job(session, job_id),
            "verdicts": count_verdicts(session, job_id),
            "exceptions": count_exceptions(session, job_id),
            "corrected": count_corrected(session, job_id),
            "review": review_of_job(session, job_id, done) if done else None,
        }
    query = {"verdict": verdict, "standing": standing, "search": search}
    return render(
        request,
        "job.html",
        documents=rows[:_DOCUMENTS],
        more=_more(query, rows[_DOCUMENTS - 1].id) if len(rows) > _DOCUMENTS else None,
        first=None if after is None else _more(query, None),
        wanted=wanted,
        **values,
    )


def _more(query: dict[str, str], after: int | None) -> str:
    given = {name: value for name, value in query.items() if value}
    return "?" + urlencode(given | ({"after": after} if after is not None else {}))

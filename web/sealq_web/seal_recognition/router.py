"""The routes that PaddleX's server has."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from sealq_storage.api_keys import Scope
from sealq_storage.objects import ObjectStore
from sealq_web.access import Caller, require
from sealq_web.dependencies import RunningStack
from sealq_web.paddlex_form import PaddleXStatus
from sealq_web.request_ids import request_id_of
from sealq_web.seal_recognition.answers import current_result, older_result
from sealq_web.seal_recognition.desk import Desk, Read
from sealq_web.seal_recognition.requests import parameters_of, upload_of
from sealq_web.seal_recognition.schemas import (
    AnySealRequest,
    OlderSealAnswer,
    OlderSealRequest,
    SealAnswer,
    SealRequest,
)

router = APIRouter(tags=["as PaddleX's server"])

#: What a request that was answered says of itself.
_SUCCESS: dict[str, Any] = {"error_code": 0, "error_msg": "Success"}
#: The header that names the job.
JOB_HEADER = "X-Sealq-Job"

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": PaddleXStatus, "description": why}
    for status, why in {
        400: "The body is no JSON",
        401: "An API key is needed, or the one that was sent is none",
        403: "The key's scope is too small",
        413: "Too many bytes, pages or pixels",
        422: "Wrong parameters, or a document that can't be read",
        429: "Too many requests; Retry-After says for how long",
        500: "Reading failed at every attempt",
        503: "A part of the stack does not answer",
        504: "Not read in time",
    }.items()
}


@router.get("/health", operation_id="checkHealth")
def health(request: Request) -> PaddleXStatus:
    """Say that the service runs, as PaddleX's server does."""
    return PaddleXStatus(log_id=request_id_of(request.scope), error_code=0, error_msg="Healthy")


@router.post(
    "/seal-recognition",
    operation_id="infer",
    response_model=SealAnswer | OlderSealAnswer,
    responses=_REFUSALS,
)
async def seal_recognition(
    request: Request,
    body: Annotated[AnySealRequest, Body()],
    stack: RunningStack,
    caller: Annotated[Caller, Depends(require(Scope.SUBMIT))],
) -> Response:
    """Read the seals of one document, and wait for it."""
    del caller
    desk: Desk = request.app.state.desk
    with desk.seat():
        upload = await run_in_threadpool(upload_of, body, stack.settings, request.app.state.calls)
        read = await desk.read(upload, parameters_of(body), request.is_disconnected)
    answer = await run_in_threadpool(
        _answer, body, read, stack.objects, request_id_of(request.scope)
    )
    return Response(answer, media_type="application/json", headers={JOB_HEADER: read.job_id})


def _answer(
    body: SealRequest | OlderSealRequest, read: Read, objects: ObjectStore, log_id: str
) -> bytes:
    """Return the answer as JSON: with its pictures it may be large, so not in the event loop."""
    answer: SealAnswer | OlderSealAnswer
    if isinstance(body, OlderSealRequest):
        older = older_result(read.document, objects)
        answer = OlderSealAnswer(log_id=log_id, result=older, **_SUCCESS)
    else:
        current = current_result(read.document, objects, with_pictures=body.visualize is not False)
        answer = SealAnswer(log_id=log_id, result=current, **_SUCCESS)
    return answer.model_dump_json(by_alias=True, exclude_none=True).encode()

"""`POST /seal-recognition`: answers as PaddleX's server gives them, from the queue."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FailingReader, tiff
from fastapi.testclient import TestClient
from odd_files import encrypted_pdf
from PIL import Image
from web import new_key, serving, web_settings, working

from sealq_configs.settings import Settings
from sealq_storage.api_keys import Scope
from sealq_worker.reader import Reader

SAMPLES = Path(__file__).parents[2] / "samples"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def png(width: int = 60, height: int = 40) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(stream, "PNG")
    return stream.getvalue()


def paddlex_program(client: TestClient, content: bytes, file_type: int) -> list[bytes]:
    """Do what the client program of PaddleX's documentation does; return what it would write."""
    payload = {"file": encoded(content), "fileType": file_type}
    response = client.post("/seal-recognition", json=payload)
    assert response.status_code == 200, response.text
    written = []
    for res in response.json()["result"]["sealRecResults"]:
        assert res["prunedResult"]["seal_res_list"]
        written += [base64.b64decode(image) for image in res["outputImages"].values()]
    return written


def paddlex_beta_program(client: TestClient, content: bytes) -> tuple[bytes, list[Any]]:
    """Do what the client program of PaddleX 3.0 beta's documentation does."""
    response = client.post("/seal-recognition", json={"image": encoded(content)})
    assert response.status_code == 200, response.text
    result = response.json()["result"]
    return base64.b64decode(result["layoutImage"]), result["sealImpressions"]


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    return web_settings(tmp_path, sqlite_url, redis_url)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with working(settings), serving(settings) as opened:
        yield opened


@pytest.fixture
def idle(settings: Settings) -> Iterator[TestClient]:
    """A service without workers."""
    with serving(settings) as opened:
        yield opened


def refused(client: TestClient, status: int, **body: object) -> str:
    """Send a request that is refused, in PaddleX's form; return what it says."""
    response = client.post("/seal-recognition", json=body)
    assert response.status_code == status, response.text
    found = response.json()
    assert set(found) == {"logId", "errorCode", "errorMsg"}
    assert found["errorCode"] == status
    message: str = found["errorMsg"]
    return message


# Answers ------------------------------------------------------------------------------------------


def test_the_program_of_paddlex_s_documentation_gets_a_picture_of_each_page(
    client: TestClient,
) -> None:
    pictures = paddlex_program(client, (SAMPLES / "contract.pdf").read_bytes(), 0)
    assert len(pictures) == 3
    for picture in pictures:
        assert Image.open(io.BytesIO(picture)).format == "JPEG"


def test_the_program_of_the_older_documentation_gets_texts_with_their_places(
    client: TestClient,
) -> None:
    layout, (impression,) = paddlex_beta_program(client, png())
    assert Image.open(io.BytesIO(layout)).size == (60, 40)
    assert impression["poly"] == [[15, 10], [45, 10], [45, 30], [15, 30]]
    assert len(impression["text"]) == 12
    assert impression["score"] == 1.0
    # The other form in which that documentation had it.
    same = {name: impression[name] for name in ("poly", "text", "score")}
    assert impression["texts"] == [same]


def test_an_answer_has_paddlex_s_fields_and_names_its_job(client: TestClient) -> None:
    response = client.post("/seal-recognition", json={"file": encoded(png()), "fileType": 1})
    found = response.json()
    assert {name: found[name] for name in ("errorCode", "errorMsg")} == {
        "errorCode": 0,
        "errorMsg": "Success",
    }
    assert found["logId"] == response.headers["x-request-id"]
    assert found["result"]["dataInfo"] == {"type": "image", "width": 60, "height": 40}
    (page,) = found["result"]["sealRecResults"]
    assert set(page) == {"prunedResult", "outputImages", "inputImage"}
    assert set(page["outputImages"]) == {"layout_det_res"}
    job = client.get(f"/api/v1/jobs/{response.headers['x-sealq-job']}").json()
    assert job["state"] == "done"


def test_without_visualize_there_are_no_pictures(client: TestClient) -> None:
    body = {"file": encoded(png()), "fileType": 1, "visualize": False}
    (page,) = client.post("/seal-recognition", json=body).json()["result"]["sealRecResults"]
    assert set(page) == {"prunedResult"}


def test_every_page_of_a_long_document_is_answered(client: TestClient) -> None:
    """PaddleX's server leaves out what comes after the tenth, and says nothing."""
    body = {"file": encoded(tiff(12)), "fileType": 1, "visualize": False}
    result = client.post("/seal-recognition", json=body).json()["result"]
    assert len(result["sealRecResults"]) == 12
    assert result["dataInfo"]["type"] == "tiff"
    assert result["dataInfo"]["numPages"] == len(result["dataInfo"]["pages"]) == 12


def test_parameters_reach_the_pipeline(client: TestClient, settings: Settings) -> None:
    body = {"file": encoded(png()), "sealRecScoreThresh": 0.5, "layoutThreshold": {"16": 0.25}}
    job_id = client.post("/seal-recognition", json=body).headers["x-sealq-job"]
    with serving(settings) as other:
        (result,) = other.get(f"/api/v1/jobs/{job_id}/results").json()["items"]
        reading = other.get(result["reading"]["files"][0]).json()
    assert reading["pipeline"]["preset"] == settings.preset


# Refusals -----------------------------------------------------------------------------------------


def test_what_is_no_document_is_refused_before_it_gets_a_job(idle: TestClient) -> None:
    for content in (b"", b"hello", b"\x89PNG"):
        assert "Invalid input file" in refused(idle, 422, file=encoded(content) or "=", fileType=1)
    assert "no Base64" in refused(idle, 422, file="abc", fileType=1)
    assert idle.get("/api/v1/jobs").json()["items"] == []


def test_a_document_of_another_kind_than_said_is_refused(idle: TestClient) -> None:
    assert "not a PDF, as fileType 0 says" in refused(idle, 422, file=encoded(png()), fileType=0)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"sealDetThresh": 7}, "sealDetThresh"),
        ({"layoutThreshold": {"seal": 0.5}}, "layoutThreshold"),
        ({"sealDetLimitType": "mean"}, "sealDetLimitType"),
        ({"fileType": 2}, "fileType"),
    ],
)
def test_a_wrong_parameter_is_named(idle: TestClient, wrong: dict[str, object], named: str) -> None:
    assert named in refused(idle, 422, **{"file": encoded(png()), **wrong})


def test_a_request_without_a_document_is_refused(idle: TestClient) -> None:
    assert "file" in refused(idle, 422, fileType=1)


def test_an_address_is_not_fetched_unless_the_settings_let_it(idle: TestClient) -> None:
    message = refused(idle, 422, file="http://169.254.169.254/latest/meta-data", fileType=1)
    assert "SEALQ_WEB_CALL_HOSTS" in message


def test_a_document_that_can_t_be_opened_is_refused_with_the_reason(client: TestClient) -> None:
    assert "(encrypted)" in refused(client, 422, file=encoded(encrypted_pdf("u", "o")), fileType=0)


def test_a_document_with_too_many_pages_is_refused_whole(settings: Settings) -> None:
    few = settings.model_copy(update={"web_pages": 2})
    with working(few), serving(few) as client:
        assert "3 pages, more than the 2" in refused(client, 413, file=encoded(tiff(3)))


def test_a_large_request_is_refused_unread(settings: Settings) -> None:
    small = settings.model_copy(update={"web_request_bytes": 1024})
    with serving(small) as client:
        assert "SEALQ_WEB_REQUEST_BYTES" in refused(client, 413, file="A" * 2000)


def test_a_page_that_can_t_be_read_fails_the_request(settings: Settings) -> None:
    failing: Reader = FailingReader([2])
    once = settings.model_copy(update={"max_attempts": 1})
    with working(once, failing), serving(once) as client:
        assert "(reading_failed)" in refused(client, 500, file=encoded(tiff(2)), fileType=1)


def test_without_workers_the_wait_ends_and_the_job_is_cancelled(settings: Settings) -> None:
    hasty = settings.model_copy(update={"web_wait_seconds": 1})
    with serving(hasty) as client:
        assert "SEALQ_WEB_WAIT_SECONDS" in refused(client, 504, file=encoded(png()), fileType=1)
        (job,) = client.get("/api/v1/jobs").json()["items"]
    assert job["state"] == "cancelled"


def test_who_comes_when_too_many_wait_is_told_when_to_come_again(settings: Settings) -> None:
    full = settings.model_copy(update={"web_waiting": 1})
    with serving(full) as client:
        app: Any = client.app
        with app.state.desk.seat():
            response = client.post("/seal-recognition", json={"file": encoded(png())})
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert response.json()["errorCode"] == 429


def test_a_key_that_may_only_look_can_t_send_documents(settings: Settings) -> None:
    token = new_key(settings, Scope.READ)
    with serving(settings, token) as client:
        assert "needs submit" in refused(client, 403, file=encoded(png()))
    with serving(settings) as client:
        assert "API key" in refused(client, 401, file=encoded(png()))


def test_health_is_said_as_paddlex_says_it(idle: TestClient) -> None:
    found = idle.get("/health").json()
    assert (found["errorCode"], found["errorMsg"]) == (0, "Healthy")

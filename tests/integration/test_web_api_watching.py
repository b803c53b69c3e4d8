"""`/metrics`, `/healthz`, `/readyz`, and the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import FailingReader, tiff
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from rows import new_job, new_pages, new_reading, save_reading
from waiting import until
from web import new_key, serving, web_settings, working

from sealq_configs.logs import configure_logging
from sealq_configs.settings import Settings
from sealq_storage.api_keys import Scope
from sealq_storage.measures import take_measures
from sealq_storage.sql.engine import Sessions


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    return web_settings(tmp_path, sqlite_url, redis_url, max_attempts=1)


def figures(client: TestClient) -> dict[str, float]:
    """Return every sample by its name and the values of its labels."""
    text = client.get("/metrics").text
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_an_empty_stack_has_figures_too(sessions: Sessions) -> None:
    with sessions.begin() as session:
        measures = take_measures(session)
    assert (measures.pages, measures.oldest_seconds, measures.lately.readings) == ({}, {}, 0)


def test_the_oldest_job_with_work_left_is_looked_for_in_each_priority(sessions: Sessions) -> None:
    for priority in (4, 9):
        new_pages(sessions, new_job(sessions, priority=priority))
    new_job(sessions, priority=0)  # it has no work
    with sessions.begin() as session:
        save_reading(session, new_reading())
        measures = take_measures(session)
    assert set(measures.oldest_seconds) == {4, 9}
    assert all(0 <= seconds < 60 for seconds in measures.oldest_seconds.values())
    assert measures.pages == {"due": 2}
    assert measures.lately.readings == 1


def test_metrics_tell_of_pages_queues_stages_devices_failures_and_attempts(
    settings: Settings,
) -> None:
    with serving(settings) as client:
        client.post("/api/v1/jobs/upload", files=[("files", ("a.tif", tiff(3)))])
        waiting = client.get("/metrics").text
        with working(settings, FailingReader([2])):
            until(lambda: client.get("/api/v1/jobs").json()["items"][0]["state"] == "done")
    with serving(settings) as client:
        after = figures(client)
    assert 'sealq_queue_messages{queue="count"} 1.0' in waiting
    assert 'sealq_documents{state="listed"} 1.0' in waiting
    assert 'sealq_oldest_waiting_seconds{priority="4"}' in waiting
    assert (after["sealq_pages done"], after["sealq_pages failed"]) == (2, 1)
    assert after["sealq_failures reading_failed"] == 1
    assert after["sealq_page_attempts"] == 3
    assert after["sealq_stage_seconds read"] == 0.25
    assert after["sealq_device_busy_share cpu"] == pytest.approx(0.5 / 300)
    assert after["sealq_queue_messages read"] == 0
    assert after["sealq_redis_up"] == 1


def test_requests_are_counted_by_route_and_not_by_path(settings: Settings) -> None:
    with serving(settings) as client:
        client.get("/api/v1/jobs/nobody")
        client.get("/no/such/path")
        found = figures(client)
    assert found["sealq_http_requests_total GET /api/v1/jobs/{job_id} 404"] == 1
    assert found["sealq_http_requests_total GET other 404"] == 1


def test_metrics_want_a_key_where_there_are_keys_and_health_does_not(settings: Settings) -> None:
    token = new_key(settings, Scope.READ)
    with serving(settings) as client:
        statuses = [client.get(path).status_code for path in ("/metrics", "/healthz", "/readyz")]
        assert statuses == [401, 200, 200]
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/metrics", headers=headers).status_code == 200


def test_a_service_without_redis_is_alive_not_ready_and_says_so(
    settings: Settings, free_port: int
) -> None:
    lonely = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port}/0"})
    with serving(lonely) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json() == {
            "status": "not ready",
            "database": "ok",
            "redis": "away",
            "objects": "ok",
        }
        assert figures(client)["sealq_redis_up"] == 0
        refused = client.post("/api/v1/jobs/upload", files=[("files", ("a.tif", tiff(1)))])
        assert refused.status_code == 503
        assert "SEALQ_REDIS_URL" in refused.json()["message"]


@pytest.fixture
def json_log() -> Iterator[None]:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    yield
    root.handlers[:] = kept
    root.setLevel(level)


@pytest.mark.usefixtures("json_log")
def test_a_request_has_a_line_in_the_log_with_its_id_and_so_has_what_is_said_on_the_way(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    hasty = settings.model_copy(update={"web_wait_seconds": 1})
    with serving(hasty) as client:
        configure_logging("INFO", "json")
        answer = client.post(
            "/seal-recognition?token=secret",
            json={"file": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"},
            headers={"X-Request-ID": "from-the-proxy"},
        )
        odd = client.get("/healthz", headers={"X-Request-ID": 'forged"} {'})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line[:1] == "{"]
    mine = [line for line in lines if line.get("request") == "from-the-proxy"]
    assert answer.headers["x-request-id"] == "from-the-proxy"
    assert answer.json()["logId"] == "from-the-proxy"
    cancelled, line = mine
    assert cancelled["job"]
    assert line["message"].startswith("POST /seal-recognition 504 ")
    assert "secret" not in line["message"]
    assert odd.headers["x-request-id"] != 'forged"} {'

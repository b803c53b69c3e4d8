"""Whoever asked is told that a job is finished: signed, once, and again where it did not arrive."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

import pytest
from fakes import NullReader, tiff
from rows import new_documents, new_job, new_pages
from sqlalchemy import update
from waiting import until
from web import serving, web_settings, working

from sealq_configs.settings import Settings
from sealq_producer.stack import open_stack
from sealq_storage.jobs import cancel_job, mark_submitted
from sealq_storage.sql.access_tables import Webhook, WebhookState
from sealq_storage.sql.clock import database_now
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Page, PageState
from sealq_storage.webhooks import (
    MAX_ATTEMPTS,
    claim_webhooks,
    fail_webhook,
    find_webhook,
    finish_webhook,
    rearm_webhook,
    set_webhook,
    wait_after,
)
from sealq_web.calls import Calls
from sealq_web.webhook_sender import WebhookSender

SECRET = "0123456789abcdef"  # noqa: S105 (of a test)


def finished_job(sessions: Sessions) -> str:
    """Make a job in which nothing is left to do, with a webhook."""
    job_id = new_job(sessions)
    with sessions.begin() as session:
        mark_submitted(session, job_id)
        set_webhook(session, job_id, "http://hook.example/", SECRET)
    return job_id


def claimed(sessions: Sessions, owner: str = "one") -> list[str]:
    with sessions.begin() as session:
        return [webhook.job_id for webhook in claim_webhooks(session, owner, 60, 10)]


def state(sessions: Sessions, job_id: str) -> str | None:
    with sessions.begin() as session:
        webhook = find_webhook(session, job_id)
        return webhook.state if webhook else None


# In SQL -------------------------------------------------------------------------------------------


def test_a_webhook_is_due_when_its_job_is_finished_and_not_before(sessions: Sessions) -> None:
    job_id = new_job(sessions)
    with sessions.begin() as session:
        set_webhook(session, job_id, "http://hook.example/", SECRET)
    assert claimed(sessions) == []  # its documents are being listed
    page_ids = new_pages(sessions, job_id)
    with sessions.begin() as session:
        mark_submitted(session, job_id)
    assert claimed(sessions) == []  # a page is due
    with sessions.begin() as session:
        session.execute(update(Page).where(Page.id.in_(page_ids)).values(state=PageState.DONE))
    assert claimed(sessions) == [job_id]


def test_a_document_that_nobody_opened_keeps_a_job_open_until_it_is_cancelled(
    sessions: Sessions,
) -> None:
    job_id = finished_job(sessions)
    new_documents(sessions, job_id, "a.pdf")
    assert claimed(sessions) == []
    with sessions.begin() as session:
        cancel_job(session, job_id)
    assert claimed(sessions) == [job_id]


def test_a_claimed_webhook_is_nobody_else_s_until_its_lease_ends(sessions: Sessions) -> None:
    job_id = finished_job(sessions)
    assert claimed(sessions, "one") == [job_id]
    assert claimed(sessions, "two") == []
    with sessions.begin() as session:
        session.execute(update(Webhook).values(lease_until=database_now(-1)))
    assert claimed(sessions, "two") == [job_id]
    with sessions.begin() as session:
        finish_webhook(session, job_id, "one")  # too late: it is another's
    assert state(sessions, job_id) == WebhookState.WAITING
    with sessions.begin() as session:
        finish_webhook(session, job_id, "two")
    assert state(sessions, job_id) == WebhookState.DELIVERED
    assert claimed(sessions) == []


def test_what_did_not_arrive_is_sent_again_later_and_given_up_in_the_end(
    sessions: Sessions,
) -> None:
    job_id = finished_job(sessions)
    for _ in range(MAX_ATTEMPTS):
        with sessions.begin() as session:
            session.execute(update(Webhook).values(due_at=database_now()))
        with sessions.begin() as session:
            (webhook,) = claim_webhooks(session, "one", 60, 10)
            fail_webhook(session, webhook, "one", "no answer")
        assert claimed(sessions) == []
    assert state(sessions, job_id) == WebhookState.FAILED
    with sessions.begin() as session:
        rearm_webhook(session, job_id)
    assert claimed(sessions) == [job_id]


def test_waits_grow_up_to_two_hours() -> None:
    waits = [wait_after(attempt) for attempt in range(1, MAX_ATTEMPTS)]
    assert waits[:4] == [10, 20, 40, 80]
    assert waits[-1] == 7200
    assert 4 * 3600 < sum(waits) < 6 * 3600


# On the wire --------------------------------------------------------------------------------------


@dataclass
class Receiver:
    """What a receiver of webhooks got, and what it answers."""

    place: str = ""
    status: int = 204
    got: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.headers["Sealq-Signature"], body))
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.place = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


def allowing(settings: Settings, receiver: Receiver) -> Settings:
    return settings.model_copy(
        update={
            "web_call_hosts": (receiver.place,),
            "web_call_networks": (ip_network("127.0.0.0/8"),),
        }
    )


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str, redis_url: str) -> Settings:
    return web_settings(tmp_path, sqlite_url, redis_url)


def test_a_finished_job_is_told_of_with_a_signature_over_time_and_body(
    settings: Settings,
) -> None:
    with receiving() as receiver:
        allowed = allowing(settings, receiver)
        with working(allowed, NullReader()), serving(allowed) as client:
            webhook = {"url": f"http://{receiver.place}/done", "secret": SECRET}
            response = client.post(
                "/api/v1/jobs/upload",
                files=[("files", ("a.tif", tiff(2)))],
                data={"wishes": json.dumps({"webhook": webhook})},
            )
            job_id = response.json()["id"]
            until(lambda: receiver.got)
            until(
                lambda: (
                    client.get(f"/api/v1/jobs/{job_id}").json()["webhook"]["state"] == "delivered"
                )
            )
    ((signature, body),) = receiver.got
    timestamp, digest = (part.partition("=")[2] for part in signature.split(","))
    signed = timestamp.encode() + b"." + body
    assert digest == hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    content = json.loads(body)
    assert content["event"] == "job.finished"
    assert content["job"]["id"] == job_id
    assert content["job"]["pages"] == {"done": 2}


def test_of_two_services_one_sends_and_what_fails_says_why(settings: Settings) -> None:
    with receiving() as receiver, open_stack(settings) as stack:
        receiver.status = 500
        job_id = new_job(stack.sessions)
        with stack.sessions.begin() as session:
            mark_submitted(session, job_id)
            set_webhook(session, job_id, f"http://{receiver.place}/", SECRET)
        calls = Calls.of(allowing(settings, receiver))
        one, other = WebhookSender(stack, calls), WebhookSender(stack, calls)

        async def both() -> list[int]:
            return list(await asyncio.gather(one.send_due(), other.send_due()))

        assert sorted(asyncio.run(both())) == [0, 1]
        assert len(receiver.got) == 1
        with stack.sessions.begin() as session:
            webhook = find_webhook(session, job_id)
            assert webhook is not None
            assert (webhook.state, webhook.attempts) == (WebhookState.WAITING, 1)
            assert "status 500" in (webhook.error or "")


def test_the_service_ends_after_its_last_look_for_webhooks(
    tmp_path: Path, sqlite_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look would go on in a database that is closed."""
    begun, ended, too_late = threading.Event(), threading.Event(), []

    def claim(*_: object) -> list[object]:
        begun.set()
        too_late.append(ended.wait(1))
        return []

    monkeypatch.setattr("sealq_web.webhook_sender.claim_webhooks", claim)
    with serving(web_settings(tmp_path, sqlite_url, redis_url)):
        until(begun.is_set)
    ended.set()
    until(lambda: too_late)
    assert not too_late[0]

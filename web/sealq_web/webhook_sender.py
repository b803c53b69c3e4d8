"""Tells those who asked that their jobs are finished.

Every web process runs one. A webhook is claimed in SQL for a time, so that only one of them sends
it; one that dies on the way leaves it to the others. It may arrive twice (the receiver answered and
the sender died before it could note that), never not at all while the receiver answers in time.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import os
import secrets
import socket
import time

from starlette.concurrency import run_in_threadpool

from sealq_configs.logs import log_context
from sealq_configs.text import one_line
from sealq_producer.stack import Stack
from sealq_storage.webhooks import (
    ClaimedWebhook,
    claim_webhooks,
    fail_webhook,
    finish_webhook,
)
from sealq_web.api.looking import details_of
from sealq_web.calls import CALL_SECONDS, Calls
from sealq_web.errors import ServiceError

log = logging.getLogger(__name__)

#: Seconds between two looks for finished jobs.
LOOK_SECONDS = 2.0
#: Webhooks that are sent at once, each by a thread.
_AT_ONCE = 8
#: A call ends long before.
_LEASE_SECONDS = 3 * int(CALL_SECONDS)
#: The header with the signature.
SIGNATURE_HEADER = "Sealq-Signature"
#: Characters of an error that are kept.
_ERROR_CHARACTERS = 500


class WebhookSender:
    """Sends what is due."""

    def __init__(self, stack: Stack, calls: Calls) -> None:
        self._stack = stack
        self._calls = calls
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"[-100:]

    async def run(self) -> None:
        """Look, and send, for ever."""
        while True:
            try:
                sent = await self.send_due()
            except Exception:
                log.exception("looking for webhooks failed; tried again")
                sent = 0
            if sent < _AT_ONCE:
                await asyncio.sleep(LOOK_SECONDS)

    async def send_due(self) -> int:
        """Send the webhooks that are due, a few at most; return how many were tried."""
        due = await run_in_threadpool(self._claim)
        await asyncio.gather(*(run_in_threadpool(self._send, webhook) for webhook in due))
        return len(due)

    def _claim(self) -> list[ClaimedWebhook]:
        with self._stack.sessions.begin() as session:
            return claim_webhooks(session, self._owner, _LEASE_SECONDS, _AT_ONCE)

    def _send(self, webhook: ClaimedWebhook) -> None:
        with log_context(job=webhook.job_id):
            try:
                self._calls.post(webhook.url, *self._message(webhook))
            except ServiceError as exc:
                log.warning("webhook, attempt %d: %s", webhook.attempt, exc)
                error = one_line(str(exc))[:_ERROR_CHARACTERS]
                with self._stack.sessions.begin() as session:
                    fail_webhook(session, webhook, self._owner, error)
            else:
                with self._stack.sessions.begin() as session:
                    finish_webhook(session, webhook.job_id, self._owner)

    def _message(self, webhook: ClaimedWebhook) -> tuple[bytes, dict[str, str]]:
        with self._stack.queries.begin() as session:
            job = details_of(session, webhook.job_id)
        content = {"event": "job.finished", "job": job.model_dump(mode="json")}
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign(webhook.secret, int(time.time()), body),
        }
        return body, headers


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message: its time, and an HMAC-SHA256 over time and body."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"

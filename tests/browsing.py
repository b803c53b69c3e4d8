"""What tests in a browser share: the service, and windows that keep what happened in them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from page_cases import Cases
from playwright.sync_api import Browser, ConsoleMessage, Page
from waiting import until

from sealq_configs.settings import Settings
from sealq_storage.objects import ObjectStore
from sealq_storage.sql.engine import Sessions
from sealq_web.app import create_app


@dataclass(frozen=True)
class Site:
    """A service with one job to look at."""

    base: str
    sessions: Sessions
    objects: ObjectStore
    job: Cases

    @property
    def url(self) -> str:
        """The job's page."""
        return f"{self.base}/jobs/{self.job.job_id}"

    def document(self, place: int) -> str:
        """A document's page."""
        return f"{self.url}/documents/{self.job.documents[place]}"


class Watched:
    """A window; closing it fails where the browser complained."""

    def __init__(self, site: Site, browser: Browser, **wishes: Any) -> None:
        self.requests: list[str] = []
        self._complaints: list[str] = []
        self._context = browser.new_context(base_url=site.base, **{"locale": "en-GB", **wishes})
        self.page: Page = self._context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self._complaints.append(str(error)))

    def close(self) -> None:
        """Close the window."""
        self._context.close()
        assert self._complaints == []

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complaints.append(message.text)


@contextmanager
def served(settings: Settings, port: int) -> Iterator[str]:
    """Run the service on a port of the loopback; yield its address."""
    config = uvicorn.Config(
        create_app(settings), host="127.0.0.1", port=port, log_config=None, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started or not thread.is_alive())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()

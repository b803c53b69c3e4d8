"""A folder of odd and hostile files: each ends with its reason, and all others are read."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus import CORPUS, READ, write_corpus
from fakes import open_runtime, work_off
from rows import spec
from sqlalchemy import select

from sealq_configs.settings import Settings
from sealq_configs.text import printable
from sealq_producer.discovery import discover
from sealq_producer.sources import Skipped, SkipReason
from sealq_producer.stack import open_stack
from sealq_producer.submit import submit
from sealq_storage.jobs import NewJob
from sealq_storage.sql.engine import Sessions
from sealq_storage.sql.tables import Document, Page
from sealq_storage.status import job_status


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the name of a folder with the corpus, and with what must not be followed."""
    monkeypatch.chdir(tmp_path)
    write_corpus(Path("in"))
    (tmp_path / "elsewhere.pdf").write_bytes(CORPUS["scan.pdf"].data)
    Path("in/link.pdf").symlink_to("../elsewhere.pdf")
    Path("in/loop").symlink_to(".")
    os.mkfifo("in/pipe.pdf")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("in/socket.pdf")
        yield "in"


def ends(sessions: Sessions) -> dict[str, str | tuple[str, ...]]:
    """Return how each document ended, or each of its pages, by the source's name."""
    found: dict[str, str | tuple[str, ...]] = {}
    with sessions.begin() as session:
        for document in session.scalars(select(Document)):
            pages = select(Page).where(Page.document_id == document.id).order_by(Page.number)
            found[document.source] = document.error_code or tuple(
                READ if page.state == "done" else f"{page.error_code}"
                for page in session.scalars(pages)
            )
    return found


def test_each_file_ends_with_its_reason_and_all_others_are_read(
    settings: Settings, sessions: Sessions, folder: str
) -> None:
    skipped = Skipped()
    with open_stack(settings) as stack:
        sources = discover([folder], skipped=skipped)
        done = submit(stack, NewJob("odd", spec()), sources, lambda _: None)
    with open_runtime(settings) as runtime:
        work_off(runtime)
    assert ends(sessions) == {printable(f"in/{name}"): case.end for name, case in CORPUS.items()}
    assert skipped.counts == {SkipReason.SYMBOLIC_LINK: 2, SkipReason.SPECIAL_FILE: 2}
    with sessions.begin() as session:
        assert job_status(session, done.job_id).state == "done"


def test_every_reason_is_text_that_names_the_file(
    settings: Settings, sessions: Sessions, folder: str
) -> None:
    with open_stack(settings) as stack:
        sources = discover([folder], include=["broken*"], skipped=Skipped())
        submit(stack, NewJob("odd", spec()), sources, lambda _: None)
    with open_runtime(settings) as runtime:
        work_off(runtime)
    with sessions.begin() as session:
        for document in session.scalars(select(Document)):
            name = document.source.removeprefix("in/")
            assert str(document.error).startswith(f"{name} is damaged")
            assert str(document.error).isprintable()

"""Rules of logging: every line carries the ids of the work at hand."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest

from sealq_configs.logs import configure_logging, log_context

log = logging.getLogger("sealq_worker.test")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The tests' own logging is back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def configure(form: Literal["text", "json"], level: str = "INFO") -> None:
    configure_logging(level, form)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(capsys)]


class TestContext:
    def test_its_ids_stand_in_the_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("text")
        with log_context(job="20261120-2130-k7f3q"), log_context(document=7, page=3):
            log.info("read")
        assert lines(capsys)[0].endswith("INFO read [job=20261120-2130-k7f3q document=7 page=3]")

    def test_its_ids_are_fields_of_the_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("json")
        with log_context(job="march"), log_context(page=3):
            log.warning("%s is damaged", "发票.pdf")
        (entry,) = objects(capsys)
        assert entry.pop("time")
        assert entry == {
            "level": "WARNING",
            "logger": "sealq_worker.test",
            "message": "发票.pdf is damaged",
            "job": "march",
            "page": 3,
        }

    def test_it_ends_with_its_block_even_by_an_error(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure("text")
        with log_context(job="march"):
            with pytest.raises(ZeroDivisionError), log_context(page=3):
                raise ZeroDivisionError
            log.info("inside")
        log.info("outside")
        inside, outside = lines(capsys)
        assert inside.endswith("inside [job=march]")
        assert outside.endswith("outside")

    def test_the_inner_of_two_values_holds(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("text")
        with log_context(page=1), log_context(page=2):
            log.info("read")
        assert lines(capsys)[0].endswith("[page=2]")


class TestForm:
    def test_a_message_is_one_json_line_with_its_error(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure("json")
        log.error("it\nfailed", exc_info=ValueError("two\nlines"))
        (entry,) = objects(capsys)
        assert entry["message"] == "it\nfailed"
        assert "ValueError: two\nlines" in entry["exception"]

    def test_the_text_shows_the_error(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("text")
        log.error("it failed", exc_info=ValueError("broken"))
        assert any("ValueError: broken" in line for line in lines(capsys))

    def test_configuring_again_does_not_double_the_lines(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure("text")
        configure("text")
        log.info("once")
        assert len(lines(capsys)) == 1


class TestHostileText:
    FORGED = "a.pdf\n2026-01-01 00:00:00 INFO all is well\x1b[2K\u2028\udcff"

    def test_a_message_can_t_forge_a_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("text")
        log.warning("%s is damaged", self.FORGED)
        (line,) = lines(capsys)
        assert line.endswith(
            r"WARNING a.pdf\x0a2026-01-01 00:00:00 INFO all is well\x1b[2K\u2028\xff is damaged"
        )

    @pytest.mark.parametrize("form", ["text", "json"])
    @pytest.mark.parametrize(
        "url",
        [
            "redis://:planted@cache:6379/0",
            "postgresql+psycopg://me:planted@db/sealq",
            "https://me:pl@nted/planted@host/a",
        ],
    )
    def test_passwords_in_urls_are_hidden_in_messages_and_in_tracebacks(
        self, capsys: pytest.CaptureFixture[str], form: Literal["text", "json"], url: str
    ) -> None:
        configure(form)
        log.error("can't reach %s", url, exc_info=ConnectionError(f"no route to {url}"))
        said = capsys.readouterr().err
        assert "planted" not in said
        assert said.count(":***@") == 2
        assert "ConnectionError: no route" in said


class TestLevel:
    @pytest.mark.parametrize(
        ("level", "heard"),
        [
            ("DEBUG", ["debug", "info", "warning"]),
            ("INFO", ["info", "warning"]),
            ("ERROR", []),
        ],
    )
    def test_it_is_that_of_sealqs_own_messages(
        self, capsys: pytest.CaptureFixture[str], level: str, heard: list[str]
    ) -> None:
        configure("json", level)
        for name in ("debug", "info", "warning"):
            getattr(log, name)(name)
        assert [entry["message"] for entry in objects(capsys)] == heard

    def test_libraries_are_heard_from_warning_up(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("json", "DEBUG")
        library = logging.getLogger("some.library")
        library.info("chatter")
        library.warning("trouble")
        assert [entry["message"] for entry in objects(capsys)] == ["trouble"]

"""Options: what becomes of them, and what is refused before anything is made."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from sealq_configs.errors import WrongUseError
from sealq_configs.settings import Settings
from sealq_producer.cli import COMMANDS, main
from sealq_producer.cli.options import Request
from sealq_producer.cli.report import exit_code, summary
from sealq_producer.progress import describe, duration
from sealq_storage.jobs import NewJob
from sealq_storage.status import JobStatus


def request(**options: Any) -> Request:
    """Return the options of a command that names one file and nothing else."""
    return Request(
        **{
            "paths": ("a.pdf",),
            "include": (),
            "exclude": (),
            "pages": None,
            "name": None,
            "tag": (),
            "priority": 4,
            "client_token": None,
            "preset": None,
            "set_": (),
            "dpi": None,
            "reading": None,
            **options,
        }
    )


def job(settings: Settings | None = None, **options: Any) -> NewJob:
    return request(**options).new_job(settings or Settings())


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """Give logging back as it was: a command sends it to its own stderr."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home folder that is not there, in an environment without settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEALQ_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def sealq(*words: str) -> Result:
    return CliRunner().invoke(main, words)


# What options become ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (("2026/scans",), "2026/scans"),
        (("a.pdf", "b.pdf", "c.pdf"), "a.pdf and 2 more"),
    ],
)
def test_a_job_without_a_name_is_called_by_what_was_given(paths: tuple[str], name: str) -> None:
    assert job(paths=paths).name == name


def test_a_name_that_is_given_is_the_job_s() -> None:
    assert job(name="November").name == "November"


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        (("year=2026", "who=audit"), {"year": "2026", "who": "audit"}),
        (("formula=a=b",), {"formula": "a=b"}),  # the first sign parts
        (("checked=",), {"checked": ""}),
    ],
)
def test_tags_are_names_and_values(tags: tuple[str], kept: dict[str, str]) -> None:
    assert job(tag=tags).tags == kept


@pytest.mark.parametrize("tag", ["year", "=2026", ""])
def test_a_tag_that_is_none_is_refused_with_the_right_form(tag: str) -> None:
    with pytest.raises(click.BadParameter, match="KEY=VALUE"):
        job(tag=(tag,))


def test_pages_are_kept_in_one_way_of_writing_them() -> None:
    """So that the same client token with the same pages finds its job."""
    assert job(pages="7,2-3,1").pages == job(pages="1-3,7").pages == "1-3,7"


@pytest.mark.parametrize(
    ("option", "setting", "dpi"),
    [
        (None, None, 144),  # the preset's
        (None, 200, 200),
        (300, 200, 300),
    ],
)
def test_the_option_goes_before_the_setting_and_that_before_the_preset(
    option: int | None, setting: int | None, dpi: int
) -> None:
    assert job(Settings(dpi=setting), dpi=option).spec.dpi == dpi


def test_the_preset_is_that_of_the_settings_unless_one_is_given() -> None:
    settings = Settings(preset="server")
    assert job(settings).spec.preset == "server"
    assert job(settings, preset="server-v5").spec.preset == "server-v5"


def test_parameters_reach_the_spec_in_their_types() -> None:
    spec = job(set_=("layout_threshold=0.4", "seal-det-limit-type=max")).spec
    assert spec.parameters == {"layout_threshold": 0.4, "seal_det_limit_type": "max"}


# What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"set_": ("seal_det_tresh=0.3",)}, "seal_det_tresh: no such parameter. Known: use_doc"),
        ({"set_": ("use_doc_unwarping=true",)}, "preset mobile has no model for it"),
        ({"preset": "nonsense"}, "neither a preset .mobile, server, server-v5. nor"),
        ({"pages": "0"}, "pages are counted from 1"),
        ({"pages": "x"}, "neither a page nor a range"),
    ],
)
def test_a_wrong_option_is_refused_with_its_reason(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(WrongUseError, match=reason):
        job(**options)


@pytest.mark.parametrize("command", ["run", "submit"])
@pytest.mark.parametrize(
    "options",
    [
        ["--priority", "10"],
        ["--dpi", "35"],
        ["--dpi", "1201"],
        ["--set", "layout_nms"],
        ["--format", "xml"],
        ["--tag", "year"],
        ["nowhere.pdf"],
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2_says_nothing_on_stdout_and_makes_nothing(
    home: Path, command: str, options: list[str]
) -> None:
    Path("a.pdf").touch()
    done = sealq(command, "a.pdf", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr
    assert not home.exists()


@pytest.mark.parametrize(
    "choice", [("--match", "章"), ("--min-score", "0.5"), ("--label", "seal")], ids=str
)
def test_pages_and_seals_can_not_be_chosen_at_once(home: Path, choice: tuple[str, str]) -> None:
    done = sealq("results", "last", "--pages", *choice)
    assert done.exit_code == 2
    assert not home.exists()


# The command line as a whole ----------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = sealq(command, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: main {command}")


def test_all_commands_are_listed_in_the_order_a_newcomer_needs_them() -> None:
    listed = sealq("--help").stdout.partition("Commands:\n")[2]
    names = [line.split()[0] for line in listed.splitlines()]
    assert names[: len(COMMANDS)] == list(COMMANDS)
    assert set(names[len(COMMANDS) :]) == {"audit", "export", "find", "keys", "report", "serve"}


@pytest.fixture
def nothing_but_the_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("sealq_audit", "rapidfuzz"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)


@pytest.mark.usefixtures("nothing_but_the_producer")
def test_a_command_whose_libraries_are_missing_says_how_to_get_them() -> None:
    done = sealq("audit", "last", "--expect", "parties.csv")
    assert done.exit_code == 2
    assert "pip install 'sealq[audit]'" in done.stderr
    assert "Not installed: pip install 'sealq[audit]'" in sealq("--help").stdout


def test_a_library_that_is_missed_later_is_told_likewise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = sealq("serve")
    assert done.exit_code == 2
    assert "pip install 'sealq[web]'" in done.stderr


def test_a_command_that_is_none_is_wrong_use() -> None:
    assert sealq("frobnicate").exit_code == 2


def test_a_wrong_setting_is_told_with_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALQ_CHUNK_PAGES", "many")
    done = sealq("status")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "chunk_pages = 'many' (environment)" in done.stderr


# What is said of a job ----------------------------------------------------------------------------


def status(state: str = "done", **values: Any) -> JobStatus:
    return JobStatus(
        **{
            "id": "20261120-2130-k7f3q",
            "name": "a.pdf",
            "preset": "mobile",
            "tags": {},
            "created_at": datetime(2026, 11, 20, tzinfo=UTC),
            "state": state,
            "documents": {"counted": 1},
            "pages": {"done": 4},
            "known_pages": 0,
            "seals": 1,
            "pace": None,
            **values,
        }
    )


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (status(), "1 document, 4 pages read, 1 seal"),
        (status(known_pages=4), "1 document, 4 pages read (4 already known), 1 seal"),
        (
            status(cut_seals=2, tax_marks=1),
            "1 document, 4 pages read, 1 seal, 2 cut seals, 1 tax mark",
        ),
        (
            status(documents={"counted": 1, "failed": 2}),
            "3 documents, 4 pages read, 1 seal, not read: 2 documents",
        ),
        (
            status(documents={"counted": 1, "failed": 1}, pages={"done": 1, "failed": 3}),
            "2 documents, 1 page read, 1 seal, not read: 1 document and 3 pages",
        ),
    ],
)
def test_the_summary_counts_what_was_read_and_what_was_not(now: JobStatus, line: str) -> None:
    assert summary(now) == f"Job {now.id} done: {line}."


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (status(), 0),
        (status(pages={"done": 3, "failed": 1}), 1),
        (status(documents={"failed": 1}), 1),
        (status("cancelled", pages={"done": 3, "cancelled": 1}), 1),
    ],
)
def test_only_a_job_that_read_all_ends_with_0(now: JobStatus, code: int) -> None:
    assert exit_code(now) == code


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (status("running", documents={"listed": 2}, pages={}, seals=0), "2 documents to open"),
        (status(), "4/4 pages, 1 seal"),
        # A pace says something only while there is something to do.
        (status(pace=2.0), "4/4 pages, 1 seal"),
        (
            status("running", pages={"done": 20, "due": 120}, seals=5, pace=2.0),
            "20/140 pages, 5 seals, 2.0 pages/s, about 1 min left",
        ),
        (status(documents={}, pages={}, seals=0), "no documents"),
    ],
)
def test_a_job_is_described_by_what_is_known_of_it(now: JobStatus, line: str) -> None:
    assert describe(now) == line


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (3599, "59 min"), (12_000, "3 h 20 min")],
)
def test_a_duration_is_said_in_the_unit_that_people_use(seconds: float, text: str) -> None:
    assert duration(seconds) == text

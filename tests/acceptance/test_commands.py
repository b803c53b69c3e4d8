"""The commands around a job: what they say, where they say it, how they end."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import shutil
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import pytest
from installed import SAMPLES, SamplesRun, Sealq, command
from rich.cells import cell_len

from sealq_configs.settings import Settings


@pytest.fixture
def home(samples_run: SamplesRun, tmp_path: Path) -> Sealq:
    """Return the command with a copy of the samples' home, which a test may change."""
    shutil.copytree(samples_run.sealq.home, tmp_path / "home")
    return Sealq(tmp_path, {"SEALQ_REDIS_URL": "redis://127.0.0.1:9/0"})


def job_id(samples_run: SamplesRun) -> str:
    (job,) = samples_run.sealq("status", "--format", "json").json
    found: str = job["id"]
    return found


# results ------------------------------------------------------------------------------------------


def test_json_json_lines_and_csv_tell_the_same(samples_run: SamplesRun) -> None:
    whole, lines, table = (
        samples_run.sealq("results", "last", "--format", form) for form in ("json", "jsonl", "csv")
    )
    assert whole.json == samples_run.said.json
    assert [json.loads(line) for line in lines.out.splitlines()] == whole.json
    assert list(csv.DictReader(io.StringIO(table.out))) == [as_csv(each) for each in whole.json]


def as_csv(region: dict[str, object]) -> dict[str, str]:
    box, lines, fields = region["box"], region["lines"], region["fields"]
    assert isinstance(box, list)
    assert isinstance(lines, list)
    assert isinstance(fields, list)
    nested = {"box", "lines", "fields"}
    doubtful = (field for field in fields if field["state"] != "read")
    cells = {
        **{name: value for name, value in region.items() if name not in nested},
        "to_check": " / ".join(f"{field['name']} {field['state']}" for field in doubtful),
        **dict(zip(("x1", "y1", "x2", "y2"), box, strict=True)),
        "text": " / ".join(line["text"] for line in lines),
    }
    return {name: "" if value is None else str(value) for name, value in cells.items()}


def test_results_can_be_chosen_by_text_by_document_and_by_score(samples_run: SamplesRun) -> None:
    every = samples_run.said.json

    def chosen(*options: str) -> object:
        return samples_run.sealq("results", "last", "--format", "json", *options).json

    assert chosen("--match", "发票") == [
        each for each in every if any("发票" in line["text"] for line in each["lines"])
    ]
    assert chosen("--document", "*.tiff") == [
        each for each in every if each["document"].endswith(".tiff")
    ]
    assert chosen("--min-score", "0.85") == [
        # A picture taken as one seal has no score of its own: that of its best line counts.
        each
        for each in every
        if (each["score"] or max(line["score"] for line in each["lines"])) >= 0.85
    ]


def test_pages_are_listed_with_and_without_a_seal(samples_run: SamplesRun) -> None:
    pages = samples_run.sealq("results", "last", "--pages", "--format", "json").json
    truth = [
        (f"documents/{name}", number, "done")
        for name in sorted(samples_run.truth)
        for number in range(1, len(samples_run.truth[name]) + 1)
    ]
    assert [(page["document"], page["page"], page["state"]) for page in pages] == truth
    assert sum(page["regions"] for page in pages) == len(samples_run.said.json)
    looked = {page["document"]: page["looked"] for page in pages}
    assert looked.pop("documents/seal_crop.png") == "whole"
    assert set(looked.values()) == {"layout"}


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_the_table_fits_and_chinese_names_stay_whole(
    samples_run: SamplesRun, columns: int
) -> None:
    lines = on_terminal(samples_run.sealq, columns, "results", "last")
    assert max(map(cell_len, lines)) <= columns
    shown = "\n".join(lines)
    for region in samples_run.said.json:
        assert region["lines"][0]["text"] in shown


def on_terminal(
    sealq: Sealq, columns: int, *arguments: object, stdout: IO[bytes] | None = None
) -> list[str]:
    """Run a command on a terminal of so many columns; return the lines it shows.

    Args:
        sealq: The command.
        columns: Of the terminal.
        arguments: Of the command.
        stdout: Where its stdout goes, if not to the terminal.
    """
    screen, terminal = pty.openpty()
    running = subprocess.Popen(
        command(*arguments),
        cwd=sealq.folder,
        env=sealq.environment(COLUMNS=str(columns), TERM="xterm", NO_COLOR="1"),
        stdout=stdout or terminal,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    with running, suppress(OSError):  # Linux's way to say that nobody writes any more
        while block := os.read(screen, 4096):
            shown += block
    os.close(screen)
    assert running.returncode == 0
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", shown.decode()).splitlines()


def test_a_table_in_a_pipe_is_not_cut(samples_run: SamplesRun) -> None:
    said = samples_run.sealq("results", "last")
    for region in samples_run.said.json:
        assert all(line["text"] in said.out for line in region["lines"])


def test_chinese_comes_out_whatever_the_locale_says(samples_run: SamplesRun) -> None:
    said = samples_run.sealq("results", "last", "--match", "合同", PYTHONIOENCODING="ascii")
    assert said.code == 0
    assert "合同专用章" in said.out


# status, cancel, retry ----------------------------------------------------------------------------


def test_status_of_a_job_says_how_it_stands(samples_run: SamplesRun) -> None:
    seals = len(samples_run.said.json)
    said = samples_run.sealq("status", "last")
    assert said.code == 0
    assert said.out.splitlines()[1] == f"state      done: 9/9 pages, {seals} seals"
    assert "tag        year=2026" in said.out
    record = samples_run.sealq("status", "last", "--format", "json").json
    assert (record["state"], record["failed"], record["failures"]) == ("done", 0, [])
    assert record["documents"] == {"counted": 5}
    assert record["pages"] == {"done": 9}
    assert record["seals"] == seals


def test_a_job_is_named_by_its_id_the_beginning_of_it_or_last(samples_run: SamplesRun) -> None:
    found = job_id(samples_run)
    for name in (found, found[:14], "last"):
        assert samples_run.sealq("status", name, "--format", "json").json["id"] == found


def test_a_job_that_is_not_there_is_wrong_use(samples_run: SamplesRun) -> None:
    said = samples_run.sealq("results", "19990101")
    assert (said.code, said.out) == (2, "")
    assert "19990101: there is no such job. `sealq status` lists the jobs." in said.err


def test_a_finished_job_stays_done_when_it_is_cancelled(home: Sealq) -> None:
    said = home("cancel", "last")
    assert (said.code, said.out) == (0, "")
    assert "is done: there is nothing to cancel" in said.err
    assert home("status", "last", "--format", "json").json["state"] == "done"


def test_what_needs_redis_ends_with_3_and_the_remedy_and_changes_nothing(home: Sealq) -> None:
    before = standing(home)
    for words in (["retry", "last"], ["resume"], ["submit", SAMPLES]):
        said = home(*words)
        assert (said.code, said.out) == (3, "")
        assert "Redis can't be reached" in said.err
        assert "Check SEALQ_REDIS_URL and that the server runs." in said.err
    assert standing(home) == before


def standing(home: Sealq) -> list[dict[str, Any]]:
    """Return how all jobs stand, without their pace, which is of the last minute."""
    jobs = home("status", "--format", "json").json
    return [{name: job[name] for name in job if name != "pace"} for job in jobs]


def test_a_job_waits_is_cancelled_and_made_due_again(home: Sealq, redis_url: str) -> None:
    """Nobody works here: what happens to a job is what the commands did."""
    stack = {"SEALQ_REDIS_URL": redis_url}
    documents = (SAMPLES / "contract.pdf", SAMPLES / "invoice.jpg")
    job = home("submit", *documents, **stack).out.strip()

    def stands() -> tuple[str, dict[str, int]]:
        record = home("status", job, "--format", "json").json
        return record["state"], record["documents"]

    assert "running: 2 documents to open" in home("status", job).out
    assert f"Not all was read. Job {job} running" in home("results", job).err
    assert "2 documents and 0 pages will not be read" in home("cancel", job).err
    assert stands() == ("cancelled", {"cancelled": 2})
    assert "due again are 2 documents and 0 pages" in home("retry", job, **stack).err
    assert stands() == ("running", {"listed": 2})
    assert "Published again: 2 documents and 0 pages" in home("resume", job, **stack).err


def test_stdout_has_the_job_s_id_where_a_terminal_shows_the_progress(
    home: Sealq, redis_url: str
) -> None:
    sealq = Sealq(home.folder, {"SEALQ_REDIS_URL": redis_url})
    with (home.folder / "out").open("w+b") as out:
        shown = on_terminal(sealq, 80, "submit", SAMPLES / "invoice.jpg", stdout=out)
        out.seek(0)
        said = out.read().decode()
    assert "1 document submitted" in "".join(shown)
    assert said == home("status", "last", "--format", "json").json["id"] + "\n"


# Without a stack ----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["status"], ["submit", str(SAMPLES)]])
def test_without_a_database_the_way_to_one_is_named_and_none_is_made(
    sealq: Sealq, words: list[str]
) -> None:
    said = sealq(*words)
    assert (said.code, said.out) == (3, "")
    assert f"There is no database {sealq.home / 'sealq.db'} yet" in said.err
    assert not sealq.home.exists()


def test_db_upgrade_makes_the_database_and_its_folder_and_may_be_repeated(sealq: Sealq) -> None:
    for _ in range(2):
        said = sealq("db", "upgrade")
        assert (said.code, said.out) == (0, "")
    assert sealq("status").out == "No jobs yet.\n"


def test_doctor_names_what_is_missing_and_what_can_be_done(sealq: Sealq) -> None:
    said = sealq("doctor", SEALQ_REDIS_URL="redis://:secret@127.0.0.1:9/0")
    assert said.code == 3
    found = {line[4:16].strip(): line[:2] for line in said.out.splitlines()}
    assert found == {
        "database": "no",
        "redis": "no",
        "objects": "ok",
        "models": "ok",
        "worker": "ok",
        "redis of run": "ok",
        "devices": "ok",
    }
    assert "`sealq run` needs none" in said.err
    assert "secret" not in said.out + said.err


def test_doctor_ends_well_where_all_is_there(home: Sealq, redis_url: str) -> None:
    said = home("doctor", "--device", "cpu", SEALQ_REDIS_URL=redis_url)
    assert said.code == 0, said.out
    assert all(line.startswith("ok  ") for line in said.out.splitlines())


def test_config_show_tells_every_setting_its_value_and_its_source(sealq: Sealq) -> None:
    (sealq.folder / "sealq.toml").write_text("chunk_pages = 4\n", "utf-8")
    said = sealq(
        *("config", "show", "--format", "json"),
        SEALQ_DATABASE_URL="postgresql://me:secret@db/sealq",
    )
    rows = {row["setting"]: (row["value"], row["source"]) for row in said.json}
    assert list(rows) == list(Settings.model_fields)
    assert rows["chunk_pages"] == ("4", "file sealq.toml")
    assert rows["database_url"] == ("postgresql://me:***@db/sealq", "environment")
    assert rows["max_attempts"] == ("3", "default")


def test_models_are_verified_byte_by_byte(sealq: Sealq, samples_run: SamplesRun) -> None:
    models = Path(samples_run.sealq.environment()["SEALQ_MODELS_DIR"])
    copy = sealq.folder / "models"
    shutil.copytree(models, copy)
    whole = sealq("models", "verify", SEALQ_MODELS_DIR=str(copy))
    assert whole.code == 0
    file = copy / "seal_recogniser/inference.yml"
    file.write_bytes(file.read_bytes().replace("章".encode(), "印".encode()))
    damaged = sealq("models", "verify", SEALQ_MODELS_DIR=str(copy))
    assert damaged.code == 1
    (row,) = (line for line in damaged.out.splitlines() if "damaged" in line)
    assert row.split()[:2] == ["seal_recogniser", "inference.yml"]


def test_the_version_is_that_of_the_package(sealq: Sealq) -> None:
    assert sealq("--version").out == f"sealq, version {version('sealq')}\n"

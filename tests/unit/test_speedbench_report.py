"""Rounds are summed up, and the report says what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealq_configs.errors import WrongUseError
from speedbench.against_peers import write_into
from speedbench.figures import Figures, Rounds
from speedbench.limit import PageWork
from speedbench.machine import Machine
from speedbench.markdown import markdown
from speedbench.pages import Cell, PageFolder
from speedbench.rounds import Round
from speedbench.values import Measured, PageName, Sample, Seal

CELL = Cell(100, "images", 20)
MACHINE = Machine("Some CPU", 2, 8.0, "Linux 6", "sealq 0")
NAMES = [PageName(f"{CELL.name}/{number:04}.jpg", 1) for number in range(20)]


def _read(pages_a_second: float, text: str, *, others: float = 0.0) -> Measured:
    finished = {name: 100 + number / pages_a_second for number, name in enumerate(NAMES)}
    end = 100 + 20 / pages_a_second
    usage = (
        Sample(90.0, 0.0, 0.0, 1 << 20),
        Sample(end, end - 90, (end - 90) * (1 + others), 3 << 20),
    )
    answers = {name: (Seal((0.0, 0.0, 1.0, 1.0), (text,)),) for name in NAMES}
    stages = {name: {"read": 0.4} for name in NAMES}
    return Measured(90.0, finished, answers, usage, stages)


def _figures(*, others: float = 0.0) -> Figures:
    models, own = (
        {name: PageWork({"detector": seconds}, {"detector": 2}) for name in NAMES}
        for seconds in (0.2, 0.16)
    )
    rounds = [
        Round(
            load=0.1,
            models=models,
            own_models=own,
            measured={"sealq": _read(fast, "甲"), "paddlex": _read(slow, "乙", others=others)},
            failures={"paddleocr": "there is no paddleocr"},
            cold=9.0,
        )
        for fast, slow in ((8.0, 4.0), (9.0, 3.0), (8.0, 3.2))
    ]
    return Rounds(PageFolder(Path(), (CELL,)), rounds, cores=2).figures()


def test_medians_and_quotients_are_taken_over_the_rounds() -> None:
    """The models alone do ten pages a second: two processes, 0.2 s a page.

    sealq runs them in 0.16 s, which would be twelve and a half.
    """
    figures = _figures()
    ours = figures.contestants["sealq"].cells[CELL.name]
    theirs = figures.contestants["paddlex"].cells[CELL.name]
    assert figures.models[CELL.name].pages == pytest.approx(10.0)
    assert figures.own_models[CELL.name].pages == pytest.approx(12.5)
    assert ours.pages.median == pytest.approx(8.0)
    assert ours.of_limit.median == pytest.approx(0.8)
    assert theirs.ours is not None
    assert theirs.ours.median == pytest.approx(2.5)
    assert ours.stages == {"read": pytest.approx(400.0)}


def test_the_report_names_the_machine_speeds_quotients_and_failures() -> None:
    report = markdown(_figures(), MACHINE, 3, "mobile")
    assert "Some CPU, 2 cores" in report
    assert "| sealq | 8.00 (8.00 to 9.00) |" in report
    assert "| paddlex | 2.50 (2.00 to 3.00) |" in report
    assert "| sealq | 80% |" in report
    assert "| sealq, of its own models | 64% |" in report
    assert "**paddleocr can't be measured**: there is no paddleocr" in report
    assert "20 of 20" in report  # pages on which paddlex says 乙
    assert "Not quiet" not in report


def test_the_report_warns_where_others_kept_the_machine_busy() -> None:
    report = markdown(_figures(others=0.5), MACHINE, 3, "mobile")
    assert "**Not quiet**: while paddlex read" in report


def test_the_report_replaces_what_stands_between_its_marks(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("a\n<!-- bench-speed -->\nold\n<!-- /bench-speed -->\nb\n")
    write_into(document, "new\n")
    write_into(document, "newer\n")
    assert document.read_text() == (
        "a\n<!-- bench-speed -->\n\nnewer\n\n<!-- /bench-speed -->\nb\n"
    )


def test_a_document_without_marks_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "other.md"
    document.write_text("a\n")
    with pytest.raises(WrongUseError, match="no lines"):
        write_into(document, "new")
    assert document.read_text() == "a\n"

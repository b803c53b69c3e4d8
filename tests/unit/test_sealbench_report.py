"""How a run over the bench is written down: tables, JSON, pictures of the worst misses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from sealbench.bench import TRUTH_FILE, Bench, BenchEntry, BenchError
from sealbench.evaluate import main
from sealbench.match import Box, Found
from sealbench.metrics import measure
from sealbench.misses import Miss, misses
from sealbench.misses_html import MOST, draw_miss, write_misses
from sealbench.outcome import PageOutcome
from sealbench.report import RunName, print_report, write_json
from sealbench.truth import DistractorTruth, PageTruth, SealTruth, TextTruth
from sealq_worker.documents import DocumentLimits

HERE: Box = (100, 100, 200, 200)
THERE: Box = (300, 300, 400, 400)
NOWHERE: Box = (300, 40, 380, 120)

OWNER = TextTruth("owner", "甲乙<公司>", 20.0)
SEAL = SealTruth("a", "seal", HERE, (), "round", "red", 0.0, 1.0, ("plain",), (OWNER,))
LOGO = DistractorTruth("logo", NOWHERE)
PAGE = PageTruth("contract", "scan", 150, "white", 0, None, 500, 500, (SEAL,), (LOGO,))
LIMITS = DocumentLimits(max_bytes=1 << 20, max_pages=10, max_page_pixels=1 << 20)
RUN = RunName("mobile", "ab12", "cpu")


def found(box: Box = HERE, score: float = 0.9, *lines: str) -> Found:
    return Found("seal", box, score, lines)


def outcome(*boxes: Found, page: PageTruth = PAGE) -> PageOutcome:
    return PageOutcome("a.png", 1, "png", page, boxes, {"prepare": 0.1, "read": 0.5})


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a bench of one white page, delivered at twice the truth's resolution."""
    cv2.imwrite(str(tmp_path / "a.png"), np.full((1000, 1000, 3), 255, np.uint8))
    line = {"file": "a.png", "page": 1, "file_kind": "png", **PAGE.to_json()}
    (tmp_path / TRUTH_FILE).write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
    return Bench(tmp_path, dpi=144, limits=LIMITS)


def written(outcomes: list[PageOutcome], folder: Path) -> Any:
    write_json(measure(outcomes), RUN, folder / "quality.json")
    return json.loads((folder / "quality.json").read_text(encoding="utf-8"), parse_constant=fail)


def fail(constant: str) -> None:
    pytest.fail(f"{constant} is no JSON")


def figures(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object that holds a figure."""
    if isinstance(node, dict):
        if "value" in node:
            yield node
        for child in node.values():
            yield from figures(child)


def test_json_has_the_documented_fields(tmp_path: Path) -> None:
    data = written([outcome(found())], tmp_path)
    assert data["schema"] == 1
    assert data["run"] == {"preset": "mobile", "digest": "ab12", "device": "cpu"}
    finding = {"whole", "cut", "tax_mark", "false_alarms", "second_look"}
    parts = finding | {"texts", "seconds", "pages", "failed"}
    assert set(data) == parts | {"schema", "run"}
    for part in ("whole", "cut", "tax_mark"):
        assert set(data[part]) == {"0.5", "0.75"}
    finding = {"recall", "precision", "mean_iou"}
    assert set(data["whole"]["0.5"]["all"]) == set(data["tax_mark"]["0.5"]) == finding
    slices = {"shape", "ink", "position", "rotation", "page", "capture", "turn", "file"}
    assert set(data["whole"]["0.5"]["by"]) == slices
    assert set(data["texts"]["by"]) == {"role", "char_px"}


@pytest.mark.parametrize("outcomes", [[], [outcome(found())], [outcome()]])
def test_json_says_with_each_figure_of_how_many_it_is(
    outcomes: list[PageOutcome], tmp_path: Path
) -> None:
    """A figure of nothing is null: there is no 0 or NaN to take for a result."""
    found_figures = list(figures(written(outcomes, tmp_path)))
    assert found_figures
    for figure in found_figures:
        assert (figure["value"] is None) == (figure["of"] == 0)
        if figure["of"] and "hits" in figure:
            assert figure["value"] == round(figure["hits"] / figure["of"], 4)


def test_the_tables_say_of_how_many_each_share_is() -> None:
    file = StringIO()
    print_report(measure([outcome(found()), outcome(found(NOWHERE))]), file)
    text = file.getvalue()
    assert re.search(r"whole seals +0\.5 +0\.500 \(1/2\) +0\.500 \(1/2\) +1\.000 \(1\)", text)
    assert re.search(r"logo +0 +1 +0\.500 \(1/2\)", text)
    assert "2 pages, seconds a page (median): prepare 0.100, read 0.500" in text


def test_the_tables_name_pages_that_were_not_read() -> None:
    file = StringIO()
    print_report(measure([replace(outcome(), error="ValueError('[odd]')")]), file)
    assert "not read: a.png, page 1: ValueError('[odd]')" in file.getvalue()


def test_misses_are_sorted_the_worst_first() -> None:
    near = outcome(found((100, 100, 200, 140)))  # IoU 0.4
    far = outcome()
    missed = misses([near, far])["Seals that were missed"]
    assert [miss.outcome for miss in missed] == [far, near]
    assert "nearest box has IoU 0.40" in missed[1].words


def test_the_surest_false_alarm_stands_first() -> None:
    alarms = misses([outcome(found(THERE, 0.6), found(NOWHERE, 0.9))])["False alarms"]
    assert [miss.words for miss in alarms] == ["score 0.90, on logo", "score 0.60, on nothing"]


def test_seals_with_all_texts_read_are_no_misses() -> None:
    kind = "Seals that were found and not read"
    assert not misses([outcome(found(HERE, 0.9, "甲乙<公司>"))])[kind]
    (unread,) = misses([outcome(found(HERE, 0.9, "甲乙"))])[kind]
    assert "says 甲乙<公司>; read 甲乙" in unread.words


def test_boxes_are_drawn_where_they_are_on_a_page_of_another_resolution() -> None:
    """The page has twice the pixels of its truth, of which the picture shows 220 around a seal."""
    miss = Miss(outcome(), HERE, "", 0.0)
    page = np.full((1000, 1000, 3), 255, np.uint8)
    page[220:380, 220:380] = 0
    picture = draw_miss(miss, page)
    assert picture[160, 160].max() == 0
    rows, columns = np.nonzero((picture != 255).any(axis=2))
    scale = 320 / 220
    assert picture.shape == (320, 320, 3)
    assert (columns.min(), columns.max()) == pytest.approx((60 * scale, 160 * scale), abs=2)
    assert (rows.min(), rows.max()) == pytest.approx((60 * scale, 160 * scale), abs=2)


def test_what_was_found_is_drawn_in_another_colour() -> None:
    white = np.full((500, 500, 3), 255, np.uint8)
    alone = draw_miss(Miss(outcome(), HERE, "", 0.0), white)
    both = draw_miss(Miss(outcome(found((110, 110, 190, 190))), HERE, "", 0.0), white)
    colours = [{tuple(pixel) for pixel in picture.reshape(-1, 3)} for picture in (alone, both)]
    assert len(colours[0]) == 2
    assert len(colours[1]) == 3


def test_the_pictures_need_nothing_beside_them_and_texts_are_escaped(
    bench: Bench, tmp_path: Path
) -> None:
    write_misses([outcome(found(HERE, 0.9, "<b>"))], bench, tmp_path / "misses.html")
    page = (tmp_path / "misses.html").read_text(encoding="utf-8")
    assert re.findall(r'src="(.{22})', page) == ["data:image/jpeg;base64"] * 2
    assert "http" not in page
    assert "甲乙&lt;公司&gt;" in page
    assert "read &lt;b&gt;" in page


def test_the_pictures_say_how_many_misses_are_left_out(bench: Bench, tmp_path: Path) -> None:
    write_misses([outcome()] * (MOST + 3), bench, tmp_path / "misses.html")
    page = (tmp_path / "misses.html").read_text(encoding="utf-8")
    assert f"Seals that were missed: {MOST} of {MOST + 3}" in page
    assert page.count("<figure>") == MOST


def test_a_bench_gives_back_its_pages(bench: Bench) -> None:
    assert bench.entries() == [BenchEntry("a.png", 1, "png", PAGE)]
    assert bench.image("a.png", 1).image.shape == (1000, 1000, 3)


@pytest.mark.parametrize("line", ["{", "[]", '{"file": "a.png", "page": 1}'])
def test_a_line_that_is_no_page_is_named(bench: Bench, line: str) -> None:
    with (bench.folder / TRUTH_FILE).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(BenchError, match=r"truth\.jsonl, line 2 .*make bench-data"):
        bench.entries()


def test_a_folder_without_a_bench_ends_the_command_with_advice(tmp_path: Path) -> None:
    asked = ["--bench", str(tmp_path / "none"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 2
    assert "make bench-data" in result.output
    assert not (tmp_path / "out").exists()

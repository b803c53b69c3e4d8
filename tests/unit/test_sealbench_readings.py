"""Stock and careful reading side by side: what counts as right, which slice, which decile."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from sealbench.curve import Curve, curve, write_svg
from sealbench.expected import exact_fields, expected, is_clean, likeness_by_field
from sealbench.reading_figures import ReportedText, compare, reported
from sealbench.side_by_side import CarefulReading, SealOutcome, StockReading
from sealbench.truth import PageTruth, SealTruth, TextTruth
from sealq_storage.readings import FieldName, NewField

PAGE = PageTruth("contract", "scan", 150, "white", 0, 90, 800, 1000, (), ())
SEAL = SealTruth(
    seal_id="1",
    label="seal",
    box=(0.0, 0.0, 200.0, 200.0),
    polygon=((0.0, 0.0), (200.0, 0.0), (200.0, 200.0)),
    shape="round",
    ink="red",
    rotation=3.0,
    visible=1.0,
    position=("plain",),
    texts=(
        TextTruth("owner", "某某贸易有限公司", 24.0),
        TextTruth("purpose", "合同专用章（1）", 17.0),
        TextTruth("number", "4403051234567", 12.0),
        TextTruth("number", "2019.07.01", 12.0),
        TextTruth("name", "王某", 30.0),
    ),
)
SQUARE = replace(SEAL, shape="square", texts=(TextTruth("owner", "某某贸易有限公司财务章", 20.0),))


def field(name: FieldName, text: str | None, score: float = 0.95) -> NewField:
    """Return a field as the careful reader reports it."""
    return NewField(name, text, score, "unreadable" if text is None else "read")


def outcome(*fields: NewField, lines: tuple[str, ...] = (), seal: SealTruth = SEAL) -> SealOutcome:
    """Return what two readers made of a seal."""
    stock = StockReading(lines, seconds=0.2, passes=1 + len(lines))
    careful = CarefulReading(fields, (), seconds=0.3, passes=6)
    return SealOutcome(seal, PAGE, stock, careful)


def test_names_of_people_and_dates_are_no_fields() -> None:
    assert set(expected(SEAL)) == {"owner", "purpose", "serial"}


def test_width_and_spaces_do_not_count() -> None:
    assert exact_fields({"purpose": "合同专用章 (1)"}, SEAL) == {"purpose"}


def test_a_field_that_the_seal_does_not_have_is_never_exact() -> None:
    assert exact_fields({"tax_id": "914403001922038216"}, SEAL) == set()


def test_either_name_of_a_seal_in_two_languages_is_right() -> None:
    latin = TextTruth("owner", "ABC CO., LTD.", 14.0)
    both = replace(SEAL, texts=(latin, *SEAL.texts))
    assert exact_fields({"owner": "ABC CO.,LTD."}, both) == {"owner"}
    assert exact_fields({"owner": "某某贸易有限公司"}, both) == {"owner"}


def test_a_square_seals_text_may_be_parted_into_name_and_purpose() -> None:
    parted: dict[FieldName, str] = {"owner": "某某贸易有限公司", "purpose": "财务章"}
    assert exact_fields(parted, SQUARE) == {"owner", "purpose"}
    assert exact_fields({"owner": "某某贸易有限公司财务章"}, SQUARE) == {"owner"}
    assert exact_fields({**parted, "purpose": "发票专用章"}, SQUARE) == set()
    assert exact_fields({**parted, "owner": "某果贸易有限公司"}, SQUARE) == {"purpose"}
    assert exact_fields({"owner": "某某贸易", "purpose": "务章"}, SQUARE) == set()


def test_what_is_not_said_has_no_likeness() -> None:
    assert likeness_by_field({}, SEAL) == {"owner": 0, "purpose": 0, "serial": 0}


def test_any_line_of_stock_may_be_any_field() -> None:
    both = outcome(lines=("4403051234567", "某某贸易有限公司"))
    fields = compare([both]).fields
    assert [fields[name].all.stock_exact.hits for name in ("owner", "serial", "purpose")] == [
        1,
        1,
        0,
    ]
    assert fields["owner"].all.careful_exact.hits == 0


def test_large_and_clean_slices_take_only_their_own() -> None:
    figures = compare([outcome()]).fields
    assert (figures["owner"].large.careful_exact.of, figures["owner"].clean.careful_exact.of) == (
        1,
        1,
    )
    # Its characters are of 17 pixels.
    assert figures["purpose"].large.careful_exact.of == 0


@pytest.mark.parametrize(
    ("seal", "page"),
    [
        (replace(SEAL, position=("over_text",)), PAGE),
        (SEAL, replace(PAGE, capture="photo")),
        (SEAL, replace(PAGE, dpi=120)),
        (SEAL, replace(PAGE, jpeg=40)),
    ],
)
def test_a_seal_with_anything_in_the_way_is_not_clean(seal: SealTruth, page: PageTruth) -> None:
    assert is_clean(SEAL, PAGE)
    assert not is_clean(seal, page)


def test_an_unreadable_field_is_not_reported_and_a_needless_one_is_wrong() -> None:
    said = [field("owner", None), field("purpose", "合同专用章(1)"), field("tax_id", "91", 0.4)]
    assert list(reported([outcome(*said)])) == [
        ReportedText("purpose", 0.95, exact=True),
        ReportedText("tax_id", 0.4, exact=False),
    ]


def test_costs_are_compared_as_careful_over_stock() -> None:
    cost = compare([outcome(), outcome()]).cost
    assert cost.ratio_of_means == pytest.approx(1.5)
    assert cost.ratio_of_medians == pytest.approx(1.5)


# The calibration curve.


def texts(*scores: tuple[float, bool]) -> Curve:
    """Return the curve of reported texts."""
    return curve(ReportedText("owner", score, exact) for score, exact in scores)


def test_a_score_belongs_to_the_decile_that_begins_with_it() -> None:
    deciles = texts((0.3, True), (0.39, False), (0.4, True), (1.0, True)).deciles
    assert [decile.exact.of for decile in deciles] == [0, 0, 0, 2, 1, 0, 0, 0, 0, 1]


def test_texts_to_rely_on_have_a_score_of_nine_tenths_or_more() -> None:
    reliable = texts((0.89, False), (0.9, True), (0.95, False)).reliable
    assert (reliable.hits, reliable.of) == (1, 2)


def test_the_error_is_the_distance_between_score_and_exactness() -> None:
    assert texts((0.75, True), (0.75, False)).error == pytest.approx(0.25)
    assert texts().error is None


def test_the_picture_has_a_dot_for_each_decile_with_texts(tmp_path: Path) -> None:
    path = tmp_path / "curve.svg"
    write_svg(texts((0.35, False), (0.95, True), (0.97, True)), path)
    dots = list(ET.parse(path).iter("{http://www.w3.org/2000/svg}circle"))  # noqa: S314 - our own
    assert len(dots) == 2

"""Which found box is which seal: the rules of the bench's matching."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealbench.match import Box, Found, PageMatch, iou, match_page
from sealbench.truth import DistractorTruth, PageTruth, SealTruth

HERE: Box = (100, 100, 200, 200)
THERE: Box = (300, 300, 400, 400)


def seal(box: Box = HERE, label: str = "seal") -> SealTruth:
    return SealTruth("a", label, box, (), "round", "red", 0.0, 1.0, ("plain",), ())


def found(box: Box = HERE, score: float = 0.9, label: str = "seal") -> Found:
    return Found(label, box, score)


def match(
    seals: list[SealTruth],
    boxes: list[Found],
    threshold: float = 0.5,
    distractors: tuple[DistractorTruth, ...] = (),
) -> PageMatch:
    page = PageTruth(
        "contract", "scan", 150, "white", 0, None, 1000, 1400, tuple(seals), distractors
    )
    return match_page(page, boxes, threshold)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (HERE, 1.0),
        ((100, 100, 200, 150), 0.5),  # the upper half
        ((150, 100, 250, 200), 1 / 3),  # half of each is shared
        ((200, 100, 300, 200), 0.0),  # side by side
        (THERE, 0.0),
        ((150, 150, 150, 150), 0.0),  # of no size
    ],
)
def test_iou_is_the_shared_area_over_the_covered_one(other: Box, expected: float) -> None:
    assert iou(HERE, other) == pytest.approx(expected)


sides = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 50), st.integers(1, 50))
boxes = sides.map(lambda s: (float(s[0]), float(s[1]), float(s[0] + s[2]), float(s[1] + s[3])))


@given(boxes, boxes)
def test_iou_is_the_same_either_way_and_a_share(a: Box, b: Box) -> None:
    assert iou(a, b) == iou(b, a)
    assert 0 <= iou(a, b) <= 1
    assert (iou(a, b) == 1) == (a == b)


def test_a_seal_found_twice_is_one_hit_and_one_false_alarm() -> None:
    twice = match([seal()], [found(score=0.9), found(score=0.8)]).whole
    assert [pair.found.score for pair in twice.hits] == [0.9]
    assert [alarm.found.score for alarm in twice.alarms] == [0.8]
    assert twice.alarms[0].on == seal()
    assert not twice.missed


def test_two_boxes_alike_in_all_are_still_two() -> None:
    twice = match([seal()], [found(), found()]).whole
    assert (len(twice.hits), len(twice.alarms)) == (1, 1)


def test_the_surer_box_chooses_first_whatever_their_order() -> None:
    tight, loose = found(HERE, score=0.6), found((100, 100, 200, 160), score=0.7)
    for order in ([tight, loose], [loose, tight]):
        assert [pair.found for pair in match([seal()], order).whole.hits] == [loose]


def test_a_box_takes_the_free_seal_on_which_it_lies_best() -> None:
    upper, lower = seal((100, 100, 200, 200)), seal((100, 120, 200, 220))
    box = found((100, 118, 200, 218))
    assert [pair.seal for pair in match([upper, lower], [box]).whole.hits] == [lower]
    both = match([upper, lower], [box, found((100, 119, 200, 219), 0.5)]).whole
    assert [pair.seal for pair in both.hits] == [lower, upper]


@pytest.mark.parametrize(("threshold", "hits"), [(0.5, 1), (0.6, 1), (0.61, 0), (0.75, 0)])
def test_a_hit_has_at_least_the_iou_asked_for(threshold: float, hits: int) -> None:
    six_tenths = found((100, 100, 200, 160))
    whole = match([seal()], [six_tenths], threshold).whole
    assert len(whole.hits) == hits
    assert len(whole.missed) == len(whole.alarms) == 1 - hits


@pytest.mark.parametrize("boxes_on_it", [1, 2])
@pytest.mark.parametrize("threshold", [0.5, 0.75])
def test_whole_seal_boxes_on_a_cut_seal_neither_help_nor_hurt(
    boxes_on_it: int, threshold: float
) -> None:
    """However many there are, and even where they sit too loosely for the threshold."""
    loose = [found((100, 100, 200, 160))] * boxes_on_it
    page = match([seal(label="cut"), seal(THERE)], [*loose, found(THERE)], threshold)
    assert [pair.seal.box for pair in page.whole.hits] == [THERE]
    assert not page.whole.alarms
    assert not page.whole.missed


def test_a_box_that_lies_better_on_a_cut_seal_is_no_hit_of_the_whole_one_beside() -> None:
    page = match(
        [seal((100, 100, 200, 200)), seal((100, 120, 200, 220), "cut")],
        [found((100, 120, 200, 220))],
    )
    assert len(page.whole.missed) == 1
    assert len(page.cut.hits) == 1


@pytest.mark.parametrize("label", ["seal", "cut_seal"])
def test_a_cut_seal_is_found_by_either_label(label: str) -> None:
    page = match([seal(label="cut")], [found(label=label)])
    assert [pair.found.label for pair in page.cut.hits] == [label]
    assert not page.cut.missed
    assert not page.cut.alarms


def test_a_whole_seal_found_as_a_cut_one_is_missed_and_a_false_alarm_among_cut_ones() -> None:
    """PaddleX reads nothing but boxes labelled `seal`."""
    page = match([seal()], [found(label="cut_seal")])
    assert (len(page.whole.hits), len(page.whole.missed), len(page.whole.alarms)) == (0, 1, 0)
    assert len(page.cut.alarms) == 1


def test_the_box_of_a_whole_seal_is_not_also_that_of_a_cut_one() -> None:
    page = match([seal(), seal((100, 110, 200, 210), "cut")], [found()])
    assert len(page.whole.hits) == 1
    assert len(page.cut.missed) == 1


def test_a_tax_mark_taken_for_a_seal_is_a_false_alarm_on_it() -> None:
    mark = seal(label="tax_mark")
    page = match([mark], [found()])
    assert [alarm.on for alarm in page.whole.alarms] == [mark]
    assert len(page.tax_mark.missed) == 1


def test_a_tax_mark_found_as_such_is_no_matter_of_seals() -> None:
    page = match([seal(label="tax_mark")], [found(label="tax_mark")])
    assert len(page.tax_mark.hits) == 1
    assert not page.whole.alarms


@pytest.mark.parametrize(
    ("box", "blamed"),
    [
        (HERE, True),
        ((120, 120, 160, 160), True),  # a part of it
        ((0, 0, 400, 400), True),  # it and much around
        ((190, 100, 290, 200), False),  # it is touched only
        (THERE, False),
    ],
)
def test_a_false_alarm_is_blamed_on_what_it_lies_on(box: Box, *, blamed: bool) -> None:
    logo = DistractorTruth("logo", HERE)
    alarms = match([], [found(box)], distractors=(logo,)).whole.alarms
    assert [alarm.on for alarm in alarms] == [logo if blamed else None]


def test_labels_that_the_bench_does_not_know_count_for_nothing() -> None:
    page = match([], [found(label="text")])
    assert not page.whole.alarms
    assert not page.cut.alarms
    assert not page.tax_mark.alarms

"""What the bench's figures say, on truths made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealbench.compare import likeness
from sealbench.figures import Share
from sealbench.finding import Finding, rotation_slice
from sealbench.match import Box, Found
from sealbench.metrics import measure
from sealbench.outcome import PageOutcome
from sealbench.reading import TextRecall, char_slice
from sealbench.truth import DistractorTruth, PageTruth, SealTruth, TextTruth

HERE: Box = (100, 100, 200, 200)
THERE: Box = (300, 300, 400, 400)
NOWHERE: Box = (600, 600, 700, 700)

SEAL = SealTruth("a", "seal", HERE, (), "round", "red", 0.0, 1.0, ("plain",), ())
PAGE = PageTruth("contract", "scan", 150, "white", 0, None, 1000, 1400, (), ())
OWNER = TextTruth("owner", "甲乙公司", 20.0)


def found(box: Box = HERE, score: float = 0.9, *lines: str, label: str = "seal") -> Found:
    return Found(label, box, score, lines)


def outcome(
    seals: list[SealTruth], boxes: list[Found], page: PageTruth = PAGE, **seconds: float
) -> PageOutcome:
    return PageOutcome("a.png", 1, "png", replace(page, seals=tuple(seals)), tuple(boxes), seconds)


def whole(outcomes: list[PageOutcome], threshold: float = 0.5) -> Finding:
    return measure(outcomes).whole[threshold].all


def test_recall_counts_seals_and_precision_counts_boxes() -> None:
    """Of three seals two are found, one of them twice; one box lies on nothing."""
    seals = [SEAL, replace(SEAL, box=THERE), replace(SEAL, box=(0, 500, 100, 600))]
    boxes = [found(), found(THERE, 0.8), found(THERE, 0.7), found(NOWHERE)]
    figures = whole([outcome(seals, boxes)])
    assert figures.recall == Share(2, 3)
    assert figures.precision == Share(2, 4)


def test_mean_iou_is_of_hits_alone() -> None:
    """One box fits, one covers six tenths of its seal, one lies on nothing."""
    seals = [SEAL, replace(SEAL, box=THERE)]
    boxes = [found(), found((300, 300, 400, 360)), found(NOWHERE)]
    mean = whole([outcome(seals, boxes)]).mean_iou
    assert mean.value == pytest.approx(0.8)
    assert mean.of == 2
    assert whole([outcome(seals, boxes)], 0.75).mean_iou.value == pytest.approx(1.0)


def test_cut_seals_change_no_figure_of_whole_ones() -> None:
    cut = replace(SEAL, label="cut", box=THERE)
    alone = whole([outcome([SEAL], [found()])])
    assert whole([outcome([SEAL, cut], [found(), found(THERE)])]) == alone
    assert whole([outcome([SEAL, cut], [found()])]) == alone


def test_cut_seals_are_counted_by_either_label_and_by_their_own() -> None:
    """Three cut seals: one found as cut, one as whole, one not; one box of theirs on nothing."""
    seals = [replace(SEAL, label="cut", box=(0, y, 50, y + 50)) for y in (0.0, 100.0, 200.0)]
    boxes = [
        found((0, 0, 50, 50), label="cut_seal"),
        found((0, 100, 50, 150)),
        found(NOWHERE, label="cut_seal"),
    ]
    cut = measure([outcome(seals, boxes)]).cut[0.5]
    assert cut.all.recall == Share(2, 3)
    assert cut.all.precision == Share(1, 2)
    assert cut.named == Share(1, 3)


def test_cut_seals_have_slices_of_their_own() -> None:
    seals = [replace(SEAL, label="cut"), replace(SEAL, label="cut", box=THERE, ink="blue")]
    cut = measure([outcome(seals, [found()])]).cut[0.5]
    assert cut.recall_by["ink"] == {"red": Share(1, 1), "blue": Share(0, 1)}
    assert cut.recall_by["page"] == {"contract": Share(1, 2)}


#: A seal's shape and ink, and how often it was found.
seals_of_a_page = st.lists(
    st.tuples(
        st.sampled_from(["round", "oval"]),
        st.sampled_from(["red", "blue", "black"]),
        st.integers(0, 2),
    ),
    max_size=3,
)


def any_outcome(
    seals: list[tuple[str, str, int]], alarms: int, kind: str, turn: int
) -> PageOutcome:
    truths, boxes = [], [found(NOWHERE)] * alarms
    for column, (shape, ink, times) in enumerate(seals):
        box = (column * 100.0, 0.0, column * 100.0 + 90, 90.0)
        truths.append(replace(SEAL, box=box, shape=shape, ink=ink))
        boxes += [found(box)] * times
    return outcome(truths, boxes, replace(PAGE, kind=kind, turn=turn))


any_outcomes = st.lists(
    st.builds(
        any_outcome,
        seals_of_a_page,
        st.integers(0, 2),
        st.sampled_from(["contract", "invoice"]),
        st.sampled_from([0, 90]),
    ),
    max_size=5,
)


@given(any_outcomes)
def test_slices_add_up(outcomes: list[PageOutcome]) -> None:
    figures = measure(outcomes).whole[0.5]
    for name in ("shape", "ink", "rotation", "page", "capture", "turn", "file"):
        slices = list(figures.by[name].values())
        assert sum(one.recall.hits for one in slices) == figures.all.recall.hits
        assert sum(one.recall.of for one in slices) == figures.all.recall.of
        assert sum(one.mean_iou.of for one in slices) == figures.all.mean_iou.of
    for name in (
        "page",
        "capture",
        "turn",
        "file",
    ):  # of seals' slices, alarms on nothing are in none
        assert sum(one.precision.of for one in figures.by[name].values()) == (
            figures.all.precision.of
        )


def test_a_false_alarm_counts_in_the_slice_of_the_seal_on_which_it_lies() -> None:
    blue = replace(SEAL, box=THERE, ink="blue")
    boxes = [found(), found(THERE), found(THERE, 0.5), found(NOWHERE)]
    by_ink = measure([outcome([SEAL, blue], boxes)]).whole[0.5].by["ink"]
    assert by_ink["blue"].precision == Share(1, 2)
    assert by_ink["red"].precision == Share(1, 1)


def test_a_tax_mark_is_in_no_slice_of_seals() -> None:
    mark = replace(SEAL, label="tax_mark", box=THERE)
    by_ink = measure([outcome([SEAL, mark], [found(), found(THERE)])]).whole[0.5].by["ink"]
    assert by_ink["red"].precision == Share(1, 1)


def test_a_seal_counts_in_each_of_its_positions() -> None:
    seal = replace(SEAL, position=("edge", "over_text"))
    by_position = measure([outcome([seal], [])]).whole[0.5].by["position"]
    assert {name: one.recall for name, one in by_position.items()} == {
        "edge": Share(0, 1),
        "over_text": Share(0, 1),
    }


@pytest.mark.parametrize(
    ("rotation", "name"),
    [(0, "0-15"), (-15, "0-15"), (16, "15-45"), (-90, "45-135"), (-180, "135-180"),
     (179, "135-180"), (350, "0-15")],
)  # fmt: skip
def test_rotation_counts_from_upright_either_way_round(rotation: float, name: str) -> None:
    assert rotation_slice(rotation) == name


def test_false_alarms_are_counted_on_sealless_pages() -> None:
    """A tax mark is no issuer's seal, so a page with nothing else has none; a cut seal is one."""
    mark = replace(SEAL, label="tax_mark", box=THERE)
    cut = replace(SEAL, label="cut", box=THERE)
    alarms = measure(
        [
            outcome([], [found(NOWHERE), found(NOWHERE, label="cut_seal")]),
            outcome([mark], [found(THERE), found(NOWHERE)]),
            outcome([cut], [found(NOWHERE)]),
            outcome([SEAL], [found(), found(NOWHERE)]),
            outcome([], []),
        ]
    ).false_alarms
    assert alarms.sealless_pages == 3
    assert alarms.seal == 3
    assert alarms.cut_seal == 1
    assert alarms.per_100_pages == pytest.approx(100)
    assert alarms.causes == {"nothing": 2, "tax_mark": 1}
    assert alarms.causes_everywhere == {"nothing": 4, "tax_mark": 1}


def test_what_is_no_seal_counts_once_however_many_boxes_lie_on_it() -> None:
    logo, star = DistractorTruth("logo", HERE), DistractorTruth("star", THERE)
    other = DistractorTruth("logo", NOWHERE)
    page = replace(PAGE, distractors=(logo, star, other))
    alarms = measure([outcome([], [found(), found()], page)]).false_alarms
    assert alarms.taken == {"logo": Share(1, 2), "star": Share(0, 1)}


def test_figures_of_nothing_have_no_value() -> None:
    quality = measure([])
    assert quality.whole[0.5].all.recall.value is None
    assert quality.false_alarms.per_100_pages is None
    assert quality.whole[0.5].all.mean_iou.value is None


def test_a_page_that_could_not_be_read_counts_as_empty_and_is_named() -> None:
    failed = replace(outcome([SEAL], []), error="ValueError('odd')")
    quality = measure([failed])
    assert quality.whole[0.5].all.recall == Share(0, 1)
    assert quality.failed == ["a.png, page 1: ValueError('odd')"]


def test_seconds_are_medians_by_stage() -> None:
    pages = [outcome([], [], prepare=0.1, read=read) for read in (1.0, 2.0, 9.0)]
    assert measure(pages).seconds == {"prepare": pytest.approx(0.1), "read": 2.0}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("甲乙公司", 1.0),
        ("甲乙 公司\u3000", 1.0),  # spaces of any width
        ("甲乙分公司", 0.8),  # one character too many
        ("甲乙公", 0.75),  # one too few
        ("丙丁商行", 0.0),  # none right
    ],
)
def test_likeness_is_one_less_the_share_of_edits(line: str, expected: float) -> None:
    assert likeness("甲乙公司", [line]) == pytest.approx(expected)


def test_width_of_characters_does_not_count() -> None:
    assert likeness("A1（合同）", ["Ａ１(合同)"]) == 1.0


def test_the_best_line_counts() -> None:
    assert likeness("甲乙公司", ["合同专用章", "甲乙公司"]) == 1.0
    assert likeness("甲乙公司", []) == 0.0


def test_texts_are_counted_over_all_whole_seals_found_or_not() -> None:
    texts = (OWNER, TextTruth("purpose", "合同专用章", 10.0))
    seals = [replace(SEAL, texts=texts), replace(SEAL, box=THERE, texts=texts)]
    boxes = [found(HERE, 0.9, "合同专用章", "甲乙公")]
    recall = measure([outcome(seals, boxes)]).texts
    assert recall.all == TextRecall(found=Share(2, 4), exact=Share(1, 4), near=Share(1, 4))
    assert recall.by["role"]["owner"] == TextRecall(Share(1, 2), Share(0, 2), Share(0, 2))
    assert recall.by["char_px"]["08-12"].exact == Share(1, 2)


def test_a_text_is_nearly_read_from_four_characters_of_five() -> None:
    seals = [replace(SEAL, texts=(TextTruth("purpose", "合同专用章", 10.0),))]
    recall = measure([outcome(seals, [found(HERE, 0.9, "台同专用章")])]).texts.all
    assert (recall.exact, recall.near) == (Share(0, 1), Share(1, 1))


def test_a_text_is_not_read_by_the_line_of_another_seal() -> None:
    seals = [replace(SEAL, texts=(OWNER,)), replace(SEAL, box=THERE)]
    boxes = [found(), found(THERE, 0.9, "甲乙公司")]
    assert measure([outcome(seals, boxes)]).texts.all.exact == Share(0, 1)


def test_texts_of_cut_seals_and_tax_marks_are_not_asked_for() -> None:
    seals = [
        replace(SEAL, label="cut", texts=(OWNER,)),
        replace(SEAL, box=THERE, label="tax_mark", texts=(OWNER,)),
    ]
    assert measure([outcome(seals, [found()])]).texts.all.exact == Share(0, 0)


@pytest.mark.parametrize(
    ("char_px", "name"), [(7.9, "00-08"), (8, "08-12"), (23.9, "16-24"), (24, "24-"), (90, "24-")]
)
def test_characters_are_sliced_by_height_lower_end_included(char_px: float, name: str) -> None:
    assert char_slice(char_px) == name

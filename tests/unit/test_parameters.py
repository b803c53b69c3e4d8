"""The thirteen parameters: what PaddleX swallows in silence or fails on late is refused at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sealq_configs.errors import ParameterError
from sealq_configs.parameters import PredictParameters, parse_parameters, validate_parameters

#: Right values of each parameter, as typed after `--set NAME=`, and what PaddleX is given.
RIGHT = [
    ("use_doc_orientation_classify", "true", True),
    ("use_doc_orientation_classify", "false", False),
    ("use_doc_unwarping", "false", False),
    ("use_layout_detection", "false", False),
    ("layout_threshold", "0.4", 0.4),
    ("layout_threshold", "0", 0.0),  # here PaddleX asks for None, so a zero counts
    ("layout_threshold", "{16: 0.3}", {16: 0.3}),
    ("layout_nms", "false", False),
    ("layout_unclip_ratio", "1.2", 1.2),
    ("layout_unclip_ratio", "[1.2, 1.1]", (1.2, 1.1)),
    ("layout_unclip_ratio", "{16: [1.2, 1.1]}", {16: (1.2, 1.1)}),
    ("layout_merge_bboxes_mode", "union", "union"),
    ("layout_merge_bboxes_mode", "{16: small}", {16: "small"}),
    ("seal_det_limit_side_len", "960", 960),
    ("seal_det_limit_type", "max", "max"),
    ("seal_det_limit_type", "resize_long", "resize_long"),
    ("seal_det_thresh", "0.3", 0.3),
    ("seal_det_box_thresh", "0.5", 0.5),
    ("seal_det_unclip_ratio", "0.7", 0.7),
    ("seal_rec_score_thresh", "0", 0.0),
]

WRONG = [
    ("use_doc_orientation_classify", "1"),
    ("use_doc_unwarping", "maybe"),
    ("use_layout_detection", "0"),
    ("layout_threshold", "1.1"),
    ("layout_threshold", "true"),
    ("layout_threshold", "'0.5'"),
    ("layout_threshold", "{seal: 0.3}"),  # PaddleX overlooks classes by name
    ("layout_threshold", "{-1: 0.3}"),
    ("layout_nms", "2"),
    ("layout_unclip_ratio", "0"),  # PaddleX takes it for "not given"
    ("layout_unclip_ratio", "[1.2]"),
    ("layout_unclip_ratio", "{16: 1.2}"),  # PaddleX wants a pair here
    ("layout_merge_bboxes_mode", "biggest"),
    ("seal_det_limit_side_len", "8000"),  # 17 seconds a page, for a result capped at 4000
    ("seal_det_limit_side_len", "736.5"),
    ("seal_det_limit_type", "longest"),
    ("seal_det_thresh", "0"),  # PaddleX takes it for "not given"
    ("seal_det_thresh", ".nan"),
    ("seal_det_box_thresh", "0"),  # likewise
    ("seal_det_unclip_ratio", "-1"),
    ("seal_rec_score_thresh", "high"),
]


def test_the_tables_here_try_every_parameter_both_ways() -> None:
    names = set(PredictParameters.model_fields)
    assert len(names) == 13
    assert {row[0] for row in RIGHT} == {row[0] for row in WRONG} == names


@pytest.mark.parametrize(("name", "text", "value"), RIGHT)
def test_a_right_value_is_taken_in_the_type_that_paddlex_wants(
    name: str, text: str, value: Any
) -> None:
    taken = getattr(parse_parameters([f"{name}={text}"]), name)
    assert taken == value
    assert type(taken) is type(value)


@pytest.mark.parametrize(("name", "text"), WRONG)
def test_a_wrong_value_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ParameterError, match=name):
        parse_parameters([f"{name}={text}"])


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("layout_threshold=1", 1.0),
        ("layout_threshold={16: 1}", {16: 1.0}),
        ("layout_unclip_ratio=2", 2.0),
        ("layout_unclip_ratio=[2, 1]", (2.0, 1.0)),
        ("seal_det_thresh=1", 1.0),
        ("seal_det_unclip_ratio=1", 1.0),
    ],
)
def test_an_integer_becomes_a_float_because_paddlex_overlooks_or_refuses_integers(
    assignment: str, value: object
) -> None:
    # repr tells 1 from 1.0, which == does not.
    taken = getattr(parse_parameters([assignment]), assignment.partition("=")[0])
    assert repr(taken) == repr(value)


def test_a_misspelt_name_is_refused_with_all_known_names() -> None:
    with pytest.raises(ParameterError) as error:
        parse_parameters(["seal_det_tresh=0.3"])
    assert "seal_det_tresh: no such parameter" in str(error.value)
    for name in PredictParameters.model_fields:
        assert name in str(error.value)


def test_all_wrong_parameters_are_named_at_once() -> None:
    with pytest.raises(ParameterError) as error:
        validate_parameters({"seal_det_thresh": 0, "layout_nms": "on", "seal": 1})
    for name in ("seal_det_thresh", "layout_nms", "seal: no such"):
        assert name in str(error.value)


def test_dashes_are_taken_for_underscores() -> None:
    assert parse_parameters(["seal-det-thresh=0.3"]).seal_det_thresh == 0.3


def test_a_text_without_an_equals_sign_is_refused_with_the_right_form() -> None:
    with pytest.raises(ParameterError, match="KEY=VALUE"):
        parse_parameters(["layout_nms"])


def test_a_value_that_is_no_yaml_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="layout_threshold"):
        parse_parameters(["layout_threshold={16: 0.3"])


def test_what_was_not_set_is_not_given_to_paddlex() -> None:
    assert PredictParameters().given() == {}


fractions = st.floats(0, 1)
positive_fractions = st.floats(0, 1, exclude_min=True)
ratios = st.floats(0, 10, exclude_min=True)
class_ids = st.integers(0, 99)
merge_modes = st.sampled_from(["large", "small", "union"])
parameters = st.builds(
    PredictParameters,
    use_layout_detection=st.none() | st.booleans(),
    layout_threshold=st.none() | fractions | st.dictionaries(class_ids, fractions),
    layout_unclip_ratio=st.none()
    | ratios
    | st.tuples(ratios, ratios)
    | st.dictionaries(class_ids, st.tuples(ratios, ratios)),
    layout_merge_bboxes_mode=st.none() | merge_modes | st.dictionaries(class_ids, merge_modes),
    seal_det_thresh=st.none() | positive_fractions,
)


@given(parameters)
def test_parameters_survive_json_class_ids_too(before: PredictParameters) -> None:
    after = validate_parameters(json.loads(json.dumps(before.given())))
    assert after == before


@given(st.floats() | st.integers())
def test_a_threshold_outside_zero_to_one_is_always_refused(value: float) -> None:
    assume(not 0 < value <= 1)
    with pytest.raises(ParameterError, match="seal_det_box_thresh"):
        validate_parameters({"seal_det_box_thresh": value})

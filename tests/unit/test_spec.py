"""What a job asks of the pipeline: its id, its models, and the digest of what changes a reading."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealq_configs.errors import ParameterError
from sealq_configs.parameters import PredictParameters
from sealq_configs.spec import PipelineSpec, with_parameters

#: Everything on, as in PaddleX's own pipeline file; own models in two slots.
PIPELINE: dict[str, Any] = {
    "pipeline_name": "seal_recognition",
    "use_doc_preprocessor": True,
    "use_layout_detection": True,
    "SubModules": {
        "LayoutDetection": {
            "module_name": "layout_detection",
            "model_name": "PP-DocLayout-L",
            "model_dir": "/models/layout",
            "threshold": {2: 0.4, 16: 0.3},
        }
    },
    "SubPipelines": {
        "DocPreprocessor": {
            "use_doc_orientation_classify": True,
            "use_doc_unwarping": True,
            "SubModules": {
                "DocOrientationClassify": {
                    "module_name": "doc_text_orientation",
                    "model_name": "PP-LCNet_x1_0_doc_ori",
                },
                "DocUnwarping": {"module_name": "image_unwarping", "model_name": "UVDoc"},
            },
        },
        "SealOCR": {
            "use_doc_preprocessor": False,
            "SubModules": {
                "TextRecognition": {
                    "module_name": "text_recognition",
                    "model_name": "PP-OCRv4_server_rec",
                    "model_dir": "catalogue:mine",
                }
            },
        },
    },
}

FILES = {"LayoutDetection": {"inference.onnx": "aa", "inference.yml": "bb"}}


def pipeline(**changes: object) -> dict[str, Any]:
    """Return PIPELINE with other values at dotted paths, written with `__` for the dot."""
    changed = copy.deepcopy(PIPELINE)
    for path, value in changes.items():
        *parents, last = path.split("__")
        node = changed
        for parent in parents:
            node = node[parent]
        node[last] = value
    return changed


def spec(content: dict[str, Any] = PIPELINE, **parameters: Any) -> PipelineSpec:
    return with_parameters(
        "mine", content, PredictParameters(**parameters), dpi=144, seal_crops="auto"
    )


def travelled(before: PipelineSpec) -> PipelineSpec:
    """Return a spec as a worker gets it, through a column of JSON."""
    return PipelineSpec.from_json(json.loads(json.dumps(before.to_json())))


def slots(content: dict[str, Any]) -> set[str]:
    return {use.slot for use in spec(content).models()}


def test_a_spec_survives_json_class_ids_too() -> None:
    before = spec(layout_threshold={16: 0.3}, layout_unclip_ratio=(1.0, 1.5))
    after = travelled(before)
    assert after == before
    assert after.pipeline["SubModules"]["LayoutDetection"]["threshold"] == {2: 0.4, 16: 0.3}
    assert after.predict_parameters.layout_threshold == {16: 0.3}


@given(st.dictionaries(st.integers(0, 999) | st.just("seal"), st.floats(0, 1)))
def test_id_and_digest_are_the_same_before_and_after_the_way_through_sql(
    thresholds: dict[int | str, float],
) -> None:
    before = spec(pipeline(SubModules__LayoutDetection__threshold=thresholds))
    after = travelled(before)
    assert (after.id, after.digest(FILES)) == (before.id, before.digest(FILES))


@pytest.mark.parametrize(
    "change",
    [
        {"preset": "other"},
        {"pipeline": pipeline(SubModules__LayoutDetection__layout_nms=True)},
        {"pipeline": pipeline(SubModules__LayoutDetection__model_dir="/elsewhere")},
        {"parameters": {"seal_det_thresh": 0.3}},
        {"dpi": 200},
        {"seal_crops": "never"},
        {"reading": "careful"},
        {"second_look": "auto"},
        {"purposes": [{"name": "发票专用章"}]},
    ],
)
def test_specs_that_ask_for_different_things_have_different_ids(change: dict[str, Any]) -> None:
    assert dataclasses.replace(spec(), **change).id != spec().id


@pytest.mark.parametrize(
    ("change", "files"),
    [
        # The preset's content, and a switch of it.
        ({"pipeline": pipeline(SubModules__LayoutDetection__threshold=0.9)}, FILES),
        ({"pipeline": pipeline(use_layout_detection=False)}, FILES),
        # A parameter of the job.
        ({"parameters": {"seal_det_thresh": 0.3}}, FILES),
        ({"dpi": 200}, FILES),
        ({"seal_crops": "never"}, FILES),
        ({"reading": "careful"}, FILES),
        ({"second_look": "auto"}, FILES),
        ({"purposes": [{"name": "发票专用章"}]}, FILES),
        # One file has another content, is new, is gone, or serves another slot.
        ({}, {"LayoutDetection": {"inference.onnx": "cc", "inference.yml": "bb"}}),
        ({}, {"LayoutDetection": {**FILES["LayoutDetection"], "more": "cc"}}),
        ({}, {"LayoutDetection": {"inference.onnx": "aa"}}),
        ({}, {"TextDetection": FILES["LayoutDetection"]}),
    ],
)
def test_the_digest_changes_with_all_that_can_change_a_reading(
    change: dict[str, Any], files: dict[str, dict[str, str]]
) -> None:
    assert dataclasses.replace(spec(), **change).digest(files) != spec().digest(FILES)


@pytest.mark.parametrize(
    "change",
    [
        {"pipeline": pipeline(SubModules__LayoutDetection__model_dir="/elsewhere")},
        {"pipeline": pipeline(SubModules__LayoutDetection__model_dir=None)},
        {"preset": "the same by another name"},
    ],
)
def test_the_digest_does_not_change_with_names_and_places(change: dict[str, Any]) -> None:
    assert dataclasses.replace(spec(), **change).digest(FILES) == spec().digest(FILES)


def test_the_digest_does_not_depend_on_the_order_of_files() -> None:
    swapped = {"LayoutDetection": dict(reversed(FILES["LayoutDetection"].items()))}
    assert spec().digest(swapped) == spec().digest(FILES)


def test_every_model_slot_is_listed_with_its_reference() -> None:
    uses = {use.slot: (use.module, use.model_name, use.model_dir) for use in spec().models()}
    assert uses == {
        "LayoutDetection": ("layout_detection", "PP-DocLayout-L", "/models/layout"),
        "DocOrientationClassify": ("doc_text_orientation", "PP-LCNet_x1_0_doc_ori", None),
        "DocUnwarping": ("image_unwarping", "UVDoc", None),
        "TextRecognition": ("text_recognition", "PP-OCRv4_server_rec", "catalogue:mine"),
    }


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ({"use_layout_detection": False}, {"LayoutDetection"}),
        ({"use_doc_preprocessor": False}, {"DocOrientationClassify", "DocUnwarping"}),
        ({"SubPipelines__DocPreprocessor__use_doc_unwarping": False}, {"DocUnwarping"}),
    ],
)
def test_a_stage_that_is_switched_off_needs_no_model(
    change: dict[str, object], gone: set[str]
) -> None:
    assert slots(PIPELINE) - slots(pipeline(**change)) == gone


def test_a_missing_switch_means_on_as_in_paddlex() -> None:
    content = pipeline()
    del content["use_doc_preprocessor"]
    del content["SubPipelines"]["DocPreprocessor"]["use_doc_unwarping"]
    assert slots(content) == slots(PIPELINE)
    assert spec(content, use_doc_unwarping=True).parameters == {"use_doc_unwarping": True}


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"use_layout_detection": False}, "use_layout_detection"),
        ({"use_doc_preprocessor": False}, "use_doc_orientation_classify"),
        ({"use_doc_preprocessor": False}, "use_doc_unwarping"),
        ({"SubPipelines__DocPreprocessor__use_doc_unwarping": False}, "use_doc_unwarping"),
    ],
)
def test_a_parameter_that_asks_for_a_stage_without_a_model_is_refused_with_the_way_out(
    change: dict[str, object], parameter: str
) -> None:
    with pytest.raises(ParameterError) as error:
        spec(pipeline(**change), **{parameter: True})
    for part in (parameter, "preset mine", "Leave it out", "sealq models list"):
        assert part in str(error.value)


def test_switching_a_stage_off_needs_no_model() -> None:
    content = pipeline(use_layout_detection=False, use_doc_preprocessor=False)
    off = spec(content, use_layout_detection=False, use_doc_unwarping=False)
    assert off.parameters == {"use_layout_detection": False, "use_doc_unwarping": False}


@pytest.mark.parametrize("value", [True, False])
def test_layout_nms_goes_into_the_pipeline_because_predict_can_t_switch_it_off(
    *, value: bool
) -> None:
    content = pipeline(SubModules__LayoutDetection__layout_nms=not value)
    changed = spec(content, layout_nms=value).pipeline["SubModules"]["LayoutDetection"]
    assert changed["layout_nms"] is value
    assert changed["threshold"] == {2: 0.4, 16: 0.3}
    # The preset that other jobs use is left as it was.
    assert content["SubModules"]["LayoutDetection"]["layout_nms"] is not value

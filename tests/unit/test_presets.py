"""Presets and users' own pipeline files: what is taken, and what is refused before a job starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sealq_configs.errors import ParameterError, PresetError
from sealq_configs.parameters import PredictParameters
from sealq_configs.presets import load_preset, preset_names
from sealq_configs.purposes import Purpose, load_purposes, purposes_from_json


def own_pipeline(**layout: object) -> dict[str, Any]:
    """Return the smallest pipeline file of a user, with more keys for its layout model."""
    return {
        "pipeline_name": "seal_recognition",
        "use_doc_preprocessor": False,
        "SubModules": {
            "LayoutDetection": {
                "module_name": "layout_detection",
                "model_name": "PP-DocLayout-L",
                **layout,
            }
        },
    }


def write(path: Path, content: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def write_model(
    folder: Path, name: str = "PP-DocLayout-L", labels: tuple[str, ...] = ("seal",)
) -> Path:
    """Write the part of an exported layout model that tells what it is."""
    write(folder / "inference.yml", {"Global": {"model_name": name}, "label_list": [*labels]})
    return folder


def layout_folder(file: str) -> str:
    return str(load_preset(file).pipeline["SubModules"]["LayoutDetection"]["model_dir"])


def refusal(file: str) -> str:
    with pytest.raises(PresetError) as error:
        load_preset(file)
    return str(error.value)


def test_the_default_preset_comes_first() -> None:
    assert preset_names() == ["mobile", "server", "server-v5"]


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_of_sealq_can_be_used_as_it_is(name: str) -> None:
    assert len(load_preset(name).spec(PredictParameters()).models()) >= 4


def test_the_mobile_preset_needs_no_model_host() -> None:
    models = load_preset("mobile").spec(PredictParameters()).models()
    assert all(str(use.model_dir).startswith("catalogue:") for use in models)


def test_the_mobile_preset_refuses_unwarping_and_says_what_to_do() -> None:
    with pytest.raises(ParameterError, match="sealq models list"):
        load_preset("mobile").spec(PredictParameters(use_doc_unwarping=True))


def test_the_server_preset_takes_all_stages() -> None:
    asked = PredictParameters(
        use_doc_unwarping=True, use_doc_orientation_classify=True, use_layout_detection=True
    )
    assert load_preset("server").spec(asked).parameters == asked.given()


def test_a_job_s_resolution_is_stronger_than_the_preset_s() -> None:
    preset = load_preset("mobile")
    assert preset.spec(PredictParameters()).dpi == preset.block.dpi
    assert preset.spec(PredictParameters(), dpi=300).dpi == 300


def test_loading_a_preset_twice_asks_for_the_same() -> None:
    one, two = (load_preset("mobile").spec(PredictParameters()) for _ in range(2))
    assert one.id == two.id


def test_the_sealq_block_is_kept_from_paddlex(tmp_path: Path) -> None:
    block = {"dpi": 200, "seal_crops": "never"}
    preset = load_preset(write(tmp_path / "own.yaml", {"sealq": block, **own_pipeline()}))
    assert preset.pipeline == own_pipeline()
    spec = preset.spec(PredictParameters())
    assert (spec.dpi, spec.seal_crops) == (200, "never")


def test_who_asks_for_stock_gets_paddlex_s_answer_and_no_second_look(tmp_path: Path) -> None:
    block = {"reading": "careful", "second_look": "auto"}
    preset = load_preset(write(tmp_path / "own.yaml", {"sealq": block, **own_pipeline()}))
    careful, stock = (preset.spec(PredictParameters(), reading=mode) for mode in (None, "stock"))
    assert (careful.reading, careful.second_look) == ("careful", "auto")
    assert (stock.reading, stock.second_look, stock.purposes) == ("stock", "never", [])


@pytest.mark.parametrize(
    "values",
    [
        {"seal_det_limit_side_len": 960, "seal_det_limit_type": "max"},
        {"seal_det_thresh": 0.3},
        {"seal_det_box_thresh": 0.5},
        {"seal_det_unclip_ratio": 0.7},
    ],
)
def test_a_careful_reading_refuses_parameters_that_it_does_not_use(
    values: dict[str, object],
) -> None:
    parameters = PredictParameters.model_validate(values)
    preset = load_preset("mobile")
    with pytest.raises(ParameterError, match="reading: stock") as error:
        preset.spec(parameters, reading="careful")
    assert all(name in str(error.value) for name in values)
    assert preset.spec(parameters).parameters == values


def test_who_asks_for_what_only_stock_goes_by_gets_stock() -> None:
    preset = load_preset("mobile")
    assert preset.spec(PredictParameters()).reading == "careful"
    assert preset.spec(PredictParameters(layout_threshold=0.4)).reading == "careful"
    assert preset.spec(PredictParameters(seal_det_thresh=0.3)).reading == "stock"


def test_a_careful_reading_goes_by_all_other_parameters() -> None:
    others = PredictParameters(layout_threshold=0.4, seal_rec_score_thresh=0.6)
    spec = load_preset("mobile").spec(others, reading="careful")
    assert spec.parameters == others.given()


def test_a_careful_reading_takes_its_vocabulary_along() -> None:
    own = (Purpose(name="验讫章"),)
    spec = load_preset("mobile").spec(PredictParameters(), reading="careful", purposes=own)
    assert purposes_from_json(spec.purposes) == own
    brought = load_preset("mobile").spec(PredictParameters(), reading="careful")
    assert purposes_from_json(brought.purposes) == load_purposes()


def test_paddlex_s_own_pipeline_file_is_taken_as_it_is(tmp_path: Path) -> None:
    preset = load_preset(write(tmp_path / "own.yaml", own_pipeline()))
    assert preset.pipeline == own_pipeline()
    assert preset.block.dpi == 144


def test_a_model_folder_is_looked_for_beside_the_pipeline_file(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "conf/mine")
    file = write(tmp_path / "conf/own.yaml", own_pipeline(model_dir="mine"))
    assert layout_folder(file) == str(folder)


def test_a_model_folder_is_looked_for_in_the_current_folder_as_paddlex_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_model(tmp_path / "work/mine")
    file = write(tmp_path / "conf/own.yaml", own_pipeline(model_dir="mine"))
    monkeypatch.chdir(tmp_path / "work")
    assert layout_folder(file) == str(folder)


def test_the_folder_beside_the_file_wins_over_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path / "work/mine")
    folder = write_model(tmp_path / "conf/mine")
    file = write(tmp_path / "conf/own.yaml", own_pipeline(model_dir="mine"))
    monkeypatch.chdir(tmp_path / "work")
    assert layout_folder(file) == str(folder)


def test_an_absolute_model_folder_stays(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "models/mine")
    file = write(tmp_path / "conf/own.yaml", own_pipeline(model_dir=str(folder)))
    assert layout_folder(file) == str(folder)


def test_a_model_folder_in_a_sub_pipeline_is_made_absolute_too(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "rec", name="PP-OCRv4_mobile_rec")
    module = {
        "module_name": "text_recognition",
        "model_name": "PP-OCRv4_mobile_rec",
        "model_dir": "rec",
    }
    content = own_pipeline() | {"SubPipelines": {"SealOCR": {"SubModules": {"Rec": module}}}}
    models = load_preset(write(tmp_path / "own.yaml", content)).spec(PredictParameters()).models()
    assert models[-1].model_dir == str(folder)


def test_a_folder_without_an_exported_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    text = refusal(write(tmp_path / "own.yaml", own_pipeline(model_dir="mine")))
    for part in ("own.yaml", "LayoutDetection", f"{tmp_path}/mine", "inference.yml"):
        assert part in text


def test_a_folder_with_another_model_is_refused_with_the_name_to_write(tmp_path: Path) -> None:
    write_model(tmp_path / "mine", name="RT-DETR-L")
    text = refusal(write(tmp_path / "own.yaml", own_pipeline(model_dir="mine")))
    assert "model_name: RT-DETR-L" in text


def test_a_layout_model_that_knows_no_seals_is_refused(tmp_path: Path) -> None:
    """PaddleX reads the regions labelled `seal` only: such a model would find none, in silence."""
    write_model(tmp_path / "mine", labels=("text", "table"))
    text = refusal(write(tmp_path / "own.yaml", own_pipeline(model_dir="mine")))
    assert "label_list" in text


def test_a_misspelt_model_name_is_refused_with_near_ones(tmp_path: Path) -> None:
    text = refusal(write(tmp_path / "own.yaml", own_pipeline(model_name="PP-DocLayuot-L")))
    for part in ("own.yaml", "LayoutDetection", "PP-DocLayuot-L", "PP-DocLayout-L"):
        assert part in text
    assert "PicoDet" not in text


def test_a_model_of_another_module_is_refused(tmp_path: Path) -> None:
    text = refusal(write(tmp_path / "own.yaml", own_pipeline(model_name="PP-OCRv4_server_rec")))
    assert "no layout_detection model PP-OCRv4_server_rec" in text


def test_the_model_of_a_stage_that_is_switched_off_is_not_looked_at(tmp_path: Path) -> None:
    content = own_pipeline(model_dir="gone") | {"use_layout_detection": False}
    assert (
        load_preset(write(tmp_path / "own.yaml", content)).pipeline["use_layout_detection"] is False
    )


@pytest.mark.parametrize("name", ["seal_locater", "PP-OCRv6_small_rec"])
def test_a_catalogue_model_that_is_unknown_or_of_another_kind_is_refused(
    tmp_path: Path, name: str
) -> None:
    layout = {"model_name": "PicoDet-S_layout_3cls", "model_dir": f"catalogue:{name}"}
    text = refusal(write(tmp_path / "own.yaml", own_pipeline(**layout)))
    assert f"catalogue:{name}" in text
    assert "Those: seal_locator." in text


def test_another_pipeline_than_seal_recognition_is_refused(tmp_path: Path) -> None:
    text = refusal(write(tmp_path / "own.yaml", {"pipeline_name": "OCR"}))
    assert "seal_recognition" in text


def test_a_name_that_is_neither_preset_nor_file_is_refused_with_the_presets() -> None:
    text = refusal("mobil")
    for part in ("mobil is neither", *preset_names()):
        assert part in text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "can't be read"),
        (b"", "is no PaddleX pipeline file"),
        (b"- a list", "is no PaddleX pipeline file"),
        (b"a: [", "is no PaddleX pipeline file"),
        (b"use_layout_detection: true", "pipeline_name"),
        (b"pipeline_name: seal_recognition\nsealq: {dpi: 2}", "dpi"),
        (b"pipeline_name: seal_recognition\nsealq: {resolution: 200}", "resolution"),
        (b"pipeline_name: seal_recognition\nsealq:", "sealq"),
        (b"pipeline_name: seal_recognition\nSubModules:", "is no PaddleX pipeline file"),
        (b"pipeline_name: seal_recognition\nSubModules: {LayoutDetection: {}}", "module_name"),
    ],
)
def test_a_file_that_is_no_pipeline_is_refused_by_name_and_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "own.yaml"
    file.write_bytes(content)
    text = refusal(str(file))
    assert "own.yaml" in text
    assert reason in text


def test_a_file_beside_a_preset_of_the_same_name_does_not_hide_the_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "mobile", own_pipeline())
    monkeypatch.chdir(tmp_path)
    assert load_preset("mobile").pipeline["engine"] == "onnxruntime"

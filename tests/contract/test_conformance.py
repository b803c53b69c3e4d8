"""sealq says of a page exactly what PaddleX's own pipeline says: boxes, texts, scores to the bit.

Both run the real models of the preset `mobile`. PaddleX's pipeline is made here, from the preset's
file, and called as its documentation shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from references import reference

from sealq_configs.model_cache import ModelCache
from sealq_configs.parameters import validate_parameters
from sealq_configs.presets import load_preset
from sealq_configs.settings import load_settings
from sealq_configs.spec import PipelineSpec
from sealq_storage.objects import ObjectStore, open_objects
from sealq_storage.readings import ReadingKey
from sealq_worker.devices import Device
from sealq_worker.documents import DocumentLimits, PageImage, open_document
from sealq_worker.paddlex_env import import_paddlex
from sealq_worker.paddlex_reader import PaddleXReader
from sealq_worker.pipelines import Pipeline
from sealq_worker.save import Read, store

Parameters = Mapping[str, Any]

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"

CPU = Device("cpu", None)
DPI = 144
LIMITS = DocumentLimits(max_bytes=1 << 30, max_pages=100, max_page_pixels=1 << 28)

#: What sealq sees by itself and PaddleX has to be told: the whole picture is one seal.
WHOLE: Parameters = {"use_layout_detection": False}

#: Every parameter at least once, alone or with those it works with.
PARAMETERS: dict[str, Parameters] = {
    "no orientation": {"use_doc_orientation_classify": False},
    "no unwarping": {"use_doc_unwarping": False},
    "no layout": WHOLE,
    "low threshold": {"layout_threshold": 0.3},
    "threshold by class": {"layout_threshold": {0: 0.9}},
    "wide boxes, wide lines": {"layout_unclip_ratio": 1.1, "seal_det_unclip_ratio": 0.7},
    "boxes wider than high": {"layout_unclip_ratio": (1.2, 1.0), "layout_nms": True},
    "small boxes": {"layout_merge_bboxes_mode": "small", "layout_threshold": 0.1},
    "longer side 960": {"seal_det_limit_side_len": 960, "seal_det_limit_type": "max"},
    "strict detector": {"seal_det_thresh": 0.5, "seal_det_box_thresh": 0.8},
    "sure texts only": {"seal_rec_score_thresh": 0.9},
}

#: A page with two seals, one that lies on its side, and a cut-out seal.
PAGES = (("receipts.tiff", 1, 0), ("contract.pdf", 3, 1), ("seal_crop.png", 1, 0))


def page_of(file: Path, number: int = 1, quarter_turns: int = 0) -> PageImage:
    """Return a page as a worker prepares it, turned counter-clockwise."""
    with open_document(file, dpi=DPI, limits=LIMITS) as document:
        page = document.page(number)
    turned = np.ascontiguousarray(np.rot90(page.image, quarter_turns))
    return PageImage(turned, page.dpi)


@pytest.fixture(scope="module")
def models() -> ModelCache:
    """Return the models, fetched when they are missing."""
    return ModelCache(load_settings().settings.models_dir)


# PaddleX ------------------------------------------------------------------------------------------


def make_stock(models: ModelCache, **layout: object) -> Any:
    """Make PaddleX's own pipeline, with these values for its layout model."""
    text = resources.files("sealq_configs").joinpath("presets/mobile.yaml").read_text("utf-8")
    config = yaml.safe_load(text)
    del config["sealq"]
    config["SubModules"]["LayoutDetection"].update(layout)
    fill_in_folders(config, models)
    return import_paddlex(None).create_pipeline(config=config, device="cpu")


def fill_in_folders(config: dict[str, Any], models: ModelCache) -> None:
    for module in config.get("SubModules", {}).values():
        module["model_dir"] = str(models.directory(module["model_dir"].partition(":")[2]))
    for child in config.get("SubPipelines", {}).values():
        fill_in_folders(child, models)


@pytest.fixture(scope="module")
def stock(models: ModelCache) -> Any:
    """Return PaddleX's own pipeline."""
    return make_stock(models)


def said_by(stock: Any, page: PageImage, parameters: Parameters) -> dict[str, Any]:
    """Return what PaddleX's own pipeline says of a page."""
    (result,) = stock.predict(page.image, **parameters)
    res: dict[str, Any] = result.json["res"]
    return res


# sealq --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> ObjectStore:
    """Return where readings are stored."""
    return open_objects(tmp_path_factory.mktemp("objects").as_uri())


def make_sealq(models: ModelCache, parameters: Parameters) -> Pipeline:
    """Make sealq's pipeline as a worker does, from a spec that travelled through SQL."""
    spec = load_preset("mobile").spec(validate_parameters(parameters), reading="stock")
    travelled = PipelineSpec.from_json(json.loads(json.dumps(spec.to_json())))
    return Pipeline(travelled, models, lambda spec: PaddleXReader(spec, CPU, models, font=None))


@pytest.fixture(scope="module")
def sealq(models: ModelCache) -> Pipeline:
    """Return sealq's pipeline without any parameters."""
    return make_sealq(models, {})


def stored(sealq: Pipeline, page: PageImage, objects: ObjectStore) -> dict[str, Any]:
    """Read a page and store it; return the content of its `reading.json`."""
    read = Read(
        key=ReadingKey("0" * 64, 1, sealq.digest),
        page=page,
        raw=sealq.reader.read(page),
        pipeline=sealq,
        device=CPU,
        prepare_seconds=0.0,
    )
    reading = store(read, objects, jpeg_quality=80)
    content: dict[str, Any] = json.loads(objects.get(f"{reading.object_prefix}/reading.json"))
    return content


# The rule -----------------------------------------------------------------------------------------


def assert_conforms(
    stock: Any, sealq: Pipeline, page: PageImage, parameters: Parameters, objects: ObjectStore
) -> None:
    reading = stored(sealq, page, objects)
    if reading["looked"] == "whole":
        parameters = {**parameters, **WHOLE}
    assert reading["res"] == said_by(stock, page, parameters)


def sample_pages() -> Iterator[tuple[str, int]]:
    """Name every page of every sample."""
    truth = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
    for document in truth["documents"]:
        for number in range(1, len(document["pages"]) + 1):
            yield document["file"], number


@pytest.mark.parametrize(("file", "number"), list(sample_pages()))
def test_a_sample_is_read_as_paddlex_reads_it(
    stock: Any, sealq: Pipeline, objects: ObjectStore, file: str, number: int
) -> None:
    assert_conforms(stock, sealq, page_of(SAMPLES / file, number), {}, objects)


@pytest.mark.parametrize(
    "name",
    [
        *("company_seal.png", "contract_page.jpeg", "invoice_seal.png"),
        *("licence_page.png", "seal_text_det.png"),
    ],
)
def test_a_reference_image_is_read_as_paddlex_reads_it(
    stock: Any, sealq: Pipeline, objects: ObjectStore, name: str
) -> None:
    assert_conforms(stock, sealq, page_of(reference(name)), {}, objects)


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_turned_page_is_read_as_paddlex_reads_it(
    stock: Any, sealq: Pipeline, objects: ObjectStore, quarter_turns: int
) -> None:
    page = page_of(SAMPLES / "contract.pdf", 3, quarter_turns)
    assert_conforms(stock, sealq, page, {}, objects)


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS)
def test_a_parameter_does_what_it_does_in_paddlex(
    stock: Any, models: ModelCache, objects: ObjectStore, parameters: Parameters
) -> None:
    sealq = make_sealq(models, parameters)
    for file, number, quarter_turns in PAGES:
        page = page_of(SAMPLES / file, number, quarter_turns)
        assert_conforms(stock, sealq, page, parameters, objects)


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS)
def test_a_parameter_does_on_a_real_page_what_it_does_in_paddlex(
    stock: Any, models: ModelCache, objects: ObjectStore, parameters: Parameters
) -> None:
    page = page_of(reference("contract_page.jpeg"))
    assert_conforms(stock, make_sealq(models, parameters), page, parameters, objects)


# What sealq adds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("parameters", "told"), [({}, True), ({"layout_nms": False}, False)])
def test_layout_nms_is_told_to_the_layout_module_whose_predict_can_not_switch_it_off(
    models: ModelCache, *, parameters: Parameters, told: bool
) -> None:
    """PaddleX computes `layout_nms or self.layout_nms`: False means "not given" to it."""
    reader = make_sealq(models, parameters).reader
    assert isinstance(reader, PaddleXReader)
    assert bool(reader._pipeline.layout_det_model.layout_nms) is told  # noqa: SLF001 (PaddleX's)


def test_only_a_cut_out_seal_is_looked_at_as_a_whole_unless_layout_detection_is_asked_for(
    sealq: Pipeline, models: ModelCache, objects: ObjectStore
) -> None:
    crop, page = page_of(SAMPLES / "seal_crop.png"), page_of(SAMPLES / "receipts.tiff")
    asked = make_sealq(models, {"use_layout_detection": True})
    assert stored(sealq, crop, objects)["looked"] == "whole"
    assert stored(sealq, page, objects)["looked"] == "layout"
    assert stored(asked, crop, objects)["looked"] == "layout"


def test_every_field_of_reading_json_is_documented(sealq: Pipeline, objects: ObjectStore) -> None:
    content = stored(sealq, page_of(SAMPLES / "seal_crop.png"), objects)
    section = (ROOT / "docs/results.md").read_text("utf-8").split("\n## `reading.json`\n")[1]
    rows = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
    assert rows == list(content)

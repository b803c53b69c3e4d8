"""The careful reader with the real models: a drawn seal is read at any angle.

PaddleX's pipeline is made from the preset `mobile`; its two text models are used as they are.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from sealbench.design import Arc, Columns, Design, Frame, Lettering, Line, Star
from sealbench.fonts import faces
from sealbench.ink import plain_pressing, press
from sealq_configs.model_cache import ModelCache
from sealq_configs.presets import load_preset
from sealq_configs.purposes import load_purposes
from sealq_configs.settings import load_settings
from sealq_configs.spec import CATALOGUE_PREFIX
from sealq_worker.careful.explain import explain
from sealq_worker.careful.fields import fields_of
from sealq_worker.careful.models import PipelineModels
from sealq_worker.careful.observation import Image, Shape
from sealq_worker.careful.observe import observe
from sealq_worker.errors import ReaderError
from sealq_worker.paddlex_env import import_paddlex

#: Pixels per millimetre: a seal of 40 mm is 240 pixels wide, its name's characters 29 high.
SCALE = 6.0

OWNER, PURPOSE, NUMBER = "天津市海河商贸有限公司", "合同专用章", "1201035263647"
SQUARE_OWNER, LATIN_OWNER = "苏州市长江机械有限公司", "HAIHE TRADING CO.,LTD"


@pytest.fixture(scope="module")
def cache() -> ModelCache:
    """Return the models, fetched when they are missing."""
    return ModelCache(load_settings().settings.models_dir)


@pytest.fixture(scope="module")
def pipeline(cache: ModelCache) -> Any:
    """Return PaddleX's pipeline of the preset, its text models alone."""
    config = copy.deepcopy(load_preset("mobile").pipeline)
    config["use_layout_detection"] = config["use_doc_preprocessor"] = False
    for module in config["SubPipelines"]["SealOCR"]["SubModules"].values():
        module["model_dir"] = str(
            cache.directory(module["model_dir"].removeprefix(CATALOGUE_PREFIX))
        )
    return import_paddlex(None).create_pipeline(config=config, device="cpu")


@pytest.fixture(scope="module")
def models(pipeline: Any) -> PipelineModels:
    return PipelineModels(pipeline)


def stamped(rotation: float) -> Image:
    """Press a company's seal in red on white paper, turned counter-clockwise."""
    names, digits = faces("train").chinese[0], faces("train").latin[0]
    elements = (
        Frame(0, 0.9),
        Arc("owner", OWNER, (15.4, 15.4), 230.0, Lettering(names, 4.8, 3.6, 1)),
        Star(0, -1.0, 5.2),
        Line("purpose", PURPOSE, 8.5, 4.2, Lettering(names, 4.2, 3.8, 1)),
        Arc("number", NUMBER, (16.7, 16.7), -75.0, Lettering(digits, 2.6, 2.6, 1)),
    )
    return pressed(Design("round", (40.0, 40.0), elements), rotation)


def bilingual() -> Image:
    """Press a seal with a name in Latin letters, and within it another ring as `stamped` has it."""
    names, latin = faces("train").chinese[0], faces("train").latin[0]
    elements = (
        Frame(0, 0.9),
        Arc("owner", LATIN_OWNER, (16.6, 16.6), 170.0, Lettering(latin, 2.8, 2.8, 2)),
        Arc("owner", OWNER, (11.2, 11.2), 215.0, Lettering(names, 3.8, 2.8, 1)),
        Star(0, -0.4, 3.2),
        Arc("purpose", PURPOSE, (11.6, 11.6), -60.0, Lettering(names, 3.0, 2.4, 1)),
    )
    return pressed(Design("round", (40.0, 40.0), elements), 8.0)


def square(rotation: float) -> Image:
    """Press a company's square seal: name and purpose in four columns."""
    text = SQUARE_OWNER + PURPOSE
    columns = tuple(text[first : first + 4] for first in range(0, len(text), 4))
    cut = Lettering(faces("train").chinese[0], 4.0, 4.0, 1)
    elements = (Frame(0, 1.0), Columns("owner", columns, (31.0, 31.0), cut))
    return pressed(Design("square", (36.0, 36.0), elements), rotation)


def stamp(shape: Shape, size: tuple[float, float], text: str, height: float) -> Design:
    """Return a stamp with a double frame and one word in its middle."""
    cut = Lettering(faces("train").chinese[0], height, height, 1)
    word = Line("purpose", text, 0.0, 1.3 * height, cut)
    return Design(shape, size, (Frame(0, 0.6), Frame(1.4, 0.4), word))


def pressed(design: Design, rotation: float) -> Image:
    inked = press(design, plain_pressing(), SCALE, rotation, np.random.default_rng(0))
    share = inked.alpha[..., None] / 255
    return (250 * (1 - share) + np.array(inked.colour) * share).astype(np.uint8)


@pytest.mark.parametrize("rotation", [0.0, 100.0, -145.0])
def test_a_seal_is_read_at_any_angle(models: PipelineModels, rotation: float) -> None:
    seen = observe(stamped(rotation), models)
    best = {group[0].place: group[0].text for group in seen.groups}
    assert best == {"ring": OWNER, "inner": PURPOSE, "bottom": NUMBER}
    assert (seen.geometry.shape, seen.ink) == ("round", "red")
    assert seen.geometry.rotation is not None
    assert abs((seen.geometry.rotation - rotation + 180) % 360 - 180) < 5


def test_a_seal_in_two_languages_has_a_ring_within_its_ring(models: PipelineModels) -> None:
    seen = observe(bilingual(), models)
    rings = [group[0].text for group in seen.groups if group[0].place == "ring"]
    assert rings == [LATIN_OWNER.replace(" ", ""), OWNER]
    fields = {field.name: field.text for field in fields_of(seen, load_purposes())}
    assert fields == {"owner": OWNER, "purpose": PURPOSE}


@pytest.mark.parametrize("rotation", [0.0, 15.0, -90.0])
def test_a_square_seal_is_read_by_columns_from_the_right(
    models: PipelineModels, rotation: float
) -> None:
    seen = observe(square(rotation), models)
    fields = {field.name: field.text for field in fields_of(seen, load_purposes())}
    assert seen.geometry.shape == "square"
    assert fields == {"owner": SQUARE_OWNER, "purpose": PURPOSE}


@pytest.mark.parametrize(
    "design",
    [
        stamp("rectangle", (42.0, 12.0), "急件", 7.0),
        stamp("rectangle", (36.0, 14.0), "已归档", 6.0),
        stamp("diamond", (36.0, 24.0), "检验", 4.0),
    ],
    ids=["word far from its frame", "short word", "diamond"],
)
def test_a_short_word_in_a_double_frame_is_read_the_right_way_round(
    models: PipelineModels, design: Design
) -> None:
    seen = observe(pressed(design, 14.0), models)
    (word,) = (element for element in design.elements if isinstance(element, Line))
    fields = {field.name: field.text for field in fields_of(seen, load_purposes())}
    assert fields == {"purpose": word.text}


def test_a_word_that_leaves_no_doubt_is_not_looked_for_another_way_round(
    models: PipelineModels,
) -> None:
    assert observe(pressed(stamp("rectangle", (42.0, 12.0), "急件", 7.0), 14.0), models).passes == 1


def test_a_faint_word_in_a_strong_frame_is_found(models: PipelineModels) -> None:
    design = stamp("diamond", (36.0, 24.0), "检验", 4.0)
    *frame, word = design.elements
    framed, faint = (
        pressed(replace(design, elements=elements), 14.0) for elements in (tuple(frame), (word,))
    )
    picture = np.minimum(framed, (250 - (250 - faint.astype(float)) * 0.5).astype(np.uint8))
    seen = observe(picture, models)
    fields = {field.name: field.text for field in fields_of(seen, load_purposes())}
    assert fields == {"purpose": "检验"}


def test_a_line_is_read_as_the_pipeline_reads_it(pipeline: Any, models: PipelineModels) -> None:
    """Alone or beside others, same text and score: lines of one width share a batch.

    Short lines are padded less than PaddleX does, and are left out here.
    """
    line = np.full((48, 340, 3), 255, np.uint8)
    cv2.putText(line, "SEAL 2026", (8, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (30, 30, 200), 3)
    wide = np.hstack([line] * 3)
    expected = [
        next(iter(pipeline.seal_ocr_pipeline.text_rec_model(each))) for each in (line, wide)
    ]
    found = models.recognise([line, wide, line])
    assert [each.text for each in found[:2]] == [each["rec_text"] for each in expected]
    assert [each.score for each in found[:2]] == pytest.approx(
        [each["rec_score"] for each in expected], abs=1e-5
    )
    assert found[2].text == found[0].text


def test_probabilities_add_up_and_belong_to_the_alphabet(models: PipelineModels) -> None:
    [found] = models.recognise([np.full((48, 100, 3), 255, np.uint8)])
    assert found.matrix.shape == (13, len(found.alphabet))
    assert found.matrix.sum(axis=1) == pytest.approx(1.0, abs=1e-3)


def test_an_engine_that_hides_probabilities_is_refused() -> None:
    class Hidden:
        text_det_model = text_rec_model = _crop_by_polys = object()

    class Pipeline:
        seal_ocr_pipeline = Hidden()

    with pytest.raises(ReaderError, match="reading: stock"):
        PipelineModels(Pipeline())


def test_the_explanation_shows_a_picture(models: PipelineModels, cache: ModelCache) -> None:
    crop = stamped(30.0)
    sheet = explain(crop, observe(crop, models), cache.font())
    assert sheet.width == 1000
    assert len(sheet.getcolors(1 << 24) or []) > 100

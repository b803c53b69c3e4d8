"""The catalogue's model names are those of PaddleX's own registry: drift is seen here."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealq_configs.catalogue import CATALOGUE, MODULE_MODELS, Asset
from sealq_worker.paddlex_env import import_paddlex

#: What the names of the architectures begin with that PaddleX uses for layouts.
LAYOUT_FAMILIES = ("PicoDet", "RT-DETR", "PP-DocLayout", "PP-DocBlockLayout")


@pytest.fixture(autouse=True, scope="module")
def paddlex() -> None:
    """Import PaddleX as sealq does: imported otherwise it runs no pipeline in this process."""
    import_paddlex(None)


def engines_of(name: str) -> list[str]:
    from paddlex.inference.models.bindings import get_supported_engines

    return list(get_supported_engines(name))


def registered() -> tuple[str, ...]:
    """All names in PaddleX's registry: it tells them to whoever asks for one it does not know."""
    from paddlex.inference.models.bindings import UnknownModelError

    with pytest.raises(UnknownModelError) as error:
        engines_of("no such model")
    known: tuple[str, ...] = error.value.known_models
    return known


def documented(module: str) -> set[str]:
    """Names for which PaddleX brings a configuration file of this module."""
    folder = Path(str(import_paddlex(None).__file__)).parent / "configs" / "modules" / module
    return {file.stem for file in folder.glob("*.yaml")}


def detects_objects(name: str) -> bool:
    from paddlex.inference.models import DetPredictor
    from paddlex.inference.models.bindings import get_predictor_cls

    return issubclass(get_predictor_cls(name, "paddle_static"), DetPredictor)


def test_a_layout_model_may_be_any_detector_of_the_families_that_paddlex_uses_for_layouts() -> None:
    families = {name for name in registered() if name.startswith(LAYOUT_FAMILIES)}
    assert {name for name in families if detects_objects(name)} == {
        *MODULE_MODELS["layout_detection"]
    }


@pytest.mark.parametrize("module", ["layout_detection", "layout_analysis"])
def test_every_layout_model_that_paddlex_documents_can_be_used(module: str) -> None:
    assert documented(module) <= set(MODULE_MODELS["layout_detection"])


@pytest.mark.parametrize("module", sorted(set(MODULE_MODELS) - {"layout_detection"}))
def test_the_names_of_a_module_are_those_that_paddlex_documents_for_it(module: str) -> None:
    assert set(MODULE_MODELS[module]) == documented(module)


@pytest.mark.parametrize("module", MODULE_MODELS)
def test_no_name_is_listed_twice(module: str) -> None:
    assert len(set(MODULE_MODELS[module])) == len(MODULE_MODELS[module])


@pytest.mark.parametrize("name", [name for names in MODULE_MODELS.values() for name in names])
def test_paddlex_runs_every_listed_model_with_paddle_and_with_onnx_runtime(name: str) -> None:
    assert {"paddle_static", "onnxruntime"} <= set(engines_of(name))


@pytest.mark.parametrize("asset", CATALOGUE.values(), ids=lambda asset: asset.name)
def test_every_model_that_sealq_brings_goes_by_a_name_that_paddlex_knows(asset: Asset) -> None:
    known = {name for names in MODULE_MODELS.values() for name in names}
    assert asset.kind == "font" or asset.paddlex_name in known

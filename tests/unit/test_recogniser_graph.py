"""A recogniser that learns is the model that it was, but for its weights."""
# ruff: noqa: E402 - PyTorch is an extra: it is asked for before what needs it is imported

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is an extra (docs/recogniser.md)")

import onnx
from onnx import TensorProto, helper, numpy_helper

from recogniser import training as learning
from recogniser.alphabet import Alphabet
from recogniser.batches import BATCH_WIDTH, WEIGHTS, batch_of, drawn_lots, groups_by_width
from recogniser.errors import GraphError
from recogniser.graph import Graph
from recogniser.halved import halved, widened
from recogniser.training import HOPELESS, RecogniserTraining, load_graph, mean_of_legible
from sealq_configs.model_cache import ModelCache
from sealq_configs.settings import load_settings


@pytest.fixture(scope="module")
def folder() -> Path:
    return ModelCache(load_settings().settings.models_dir).directory("PP-OCRv6_small_rec")


def _answer(model: onnx.ModelProto, pictures: np.ndarray) -> Any:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": pictures})[0]


def _pictures(width: int) -> np.ndarray:
    return np.random.default_rng(width).uniform(-1, 1, (2, 3, 48, width)).astype(np.float32)


@pytest.mark.parametrize("width", [320, 488])
def test_the_graph_says_what_onnx_runtime_says(folder: Path, width: int) -> None:
    graph = load_graph(folder / "inference.onnx").eval()
    with torch.inference_mode():
        said = torch.softmax(graph(torch.from_numpy(_pictures(width))), -1).numpy()
    expected = _answer(onnx.load(folder / "inference.onnx"), _pictures(width))
    np.testing.assert_allclose(said, expected, atol=1e-4)


def test_what_it_learned_is_in_the_model_that_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "HOPELESS", float("inf"))  # the strips are bare
    training = RecogniserTraining(folder / "inference.onnx", seed=1, seconds=3600, device="cpu")
    alphabet = Alphabet.of_model(folder)
    image = np.full((48, 320, 3), 200, np.uint8)
    batch = batch_of([image, image], [alphabet.classes("发票专用章") or [], []])
    before, after = training.epoch([batch]), training.epoch([batch] * 10)
    assert after < before
    network = training.network.eval()
    with torch.inference_mode():
        said = torch.softmax(network(batch.pictures), -1).numpy()
    np.testing.assert_allclose(_answer(network.written(), batch.pictures.numpy()), said, atol=1e-4)


def test_what_stands_for_which_character_stays(folder: Path) -> None:
    training = RecogniserTraining(folder / "inference.onnx", seed=1, seconds=3600, device="cpu")
    image = np.full((48, 320, 3), 200, np.uint8)
    training.epoch([batch_of([image], [[1, 2, 3]])])
    then, now = (
        {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
        for model in (onnx.load(folder / "inference.onnx"), training.network.written())
    )
    head = max(then, key=lambda name: then[name].size)
    np.testing.assert_array_equal(then[head], now[head])
    assert any((then[name] != now[name]).any() for name in then)


def test_half_precision_changes_hardly_anything_and_can_be_undone(folder: Path) -> None:
    whole = onnx.load(folder / "inference.onnx")
    small = halved(whole)
    assert small.ByteSize() < 0.55 * whole.ByteSize()
    np.testing.assert_allclose(
        _answer(small, _pictures(320)), _answer(whole, _pictures(320)), atol=0.02
    )
    np.testing.assert_allclose(
        _answer(widened(small), _pictures(320)), _answer(small, _pictures(320)), atol=1e-5
    )


def test_batches_hold_every_strip_once_and_are_no_wider_than_memory_allows() -> None:
    widths = np.random.default_rng(1).integers(30, 1300, 1000)
    groups = list(groups_by_width(widths))
    assert sorted(np.concatenate(groups).tolist()) == list(range(1000))
    assert all(len(group) * max(160, widths[group].max()) <= BATCH_WIDTH for group in groups)
    assert max(map(len, groups)) == BATCH_WIDTH // 160


def test_an_operator_that_is_not_known_is_named() -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Sinh", ["x"], ["y"])], "g", [value], [value])
    with pytest.raises(GraphError, match="Sinh"):
        Graph(helper.make_model(graph), "y")


def test_strips_of_rare_roles_come_up_as_much_oftener_as_their_weights_say() -> None:
    rng = np.random.default_rng(1)
    first = [drawn_lots(["owner", "code"], rng)[0] for _ in range(4000)]
    assert np.mean(first) == pytest.approx(WEIGHTS["code"] / (1 + WEIGHTS["code"]), abs=0.03)


def test_strips_that_nobody_can_read_teach_nothing() -> None:
    losses = torch.tensor([0.5, 1.5, HOPELESS + 1], requires_grad=True)
    mean = mean_of_legible(losses)
    assert float(mean.detach()) == pytest.approx(1.0)
    mean.backward()
    assert losses.grad is not None
    assert losses.grad.tolist() == [0.5, 0.5, 0.0]


def test_a_batch_that_nobody_can_read_teaches_nothing() -> None:
    assert float(mean_of_legible(torch.tensor([HOPELESS, 9.0]))) == 0

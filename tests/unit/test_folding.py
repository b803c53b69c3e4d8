"""A folded model computes what it computed before, in fewer steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from folding.passes import folded

Floats = NDArray[np.float32]

#: Channels of what goes in.
CHANNELS = 4
RNG = np.random.default_rng(7)
#: What gates and activations of the published model say: x * HardSigmoid(x) and the like.
SIXTH = {"alpha": 1 / 6, "beta": 0.5}


def test_what_follows_a_convolution_is_taken_along_by_it() -> None:
    weights = {**_convolution(6), "bias": _some(1, 6, 1, 1), "k": _some(1), "t": _some()}
    nodes = [
        _node("Conv", ["x", "w"], "a", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        _node("Add", ["a", "bias"], "b"),
        _node("Mul", ["k", "b"], "c"),
        _node("Add", ["c", "t"], "y"),
    ]
    assert steps_of(nodes, weights) == ["Conv"]


def test_a_normalisation_is_taken_along_by_a_transposed_convolution() -> None:
    weights = {
        "w": _some(CHANNELS, 3, 2, 2),
        **{name: _some(3) for name in ("gamma", "beta", "mean")},
        "variance": np.abs(_some(3)) + np.float32(0.1),
    }
    nodes = [
        _node("ConvTranspose", ["x", "w"], "a", kernel_shape=[2, 2], strides=[2, 2]),
        _node("BatchNormalization", ["a", "gamma", "beta", "mean", "variance"], "y"),
    ]
    assert steps_of(nodes, weights) == ["ConvTranspose"]


def test_what_precedes_an_unpadded_convolution_is_taken_along_by_it() -> None:
    weights = {"k": _some(1), "t": _some(1), "w": _some(6, CHANNELS, 1, 1), "bias": _some(6)}
    nodes = [*_scaled("x", "a"), _node("Conv", ["a", "w", "bias"], "y")]
    assert steps_of(nodes, weights) == ["Conv"]


def test_groups_of_channels_have_their_own_shifts() -> None:
    """Two groups of two channels, three outputs each."""
    weights = {
        "k": _some(1, CHANNELS, 1, 1),
        "t": _some(1, CHANNELS, 1, 1),
        "w": _some(6, CHANNELS // 2, 1, 1),
    }
    nodes = [*_scaled("x", "a"), _node("Conv", ["a", "w"], "y", group=2)]
    assert steps_of(nodes, weights) == ["Conv"]


def test_a_padded_convolution_takes_a_factor_along_and_no_shift() -> None:
    """The padding is zero before and after: a shift inside the convolution would shift it, too."""
    weights = {**_convolution(6), "k": _some(1), "t": _some(1)}
    padded = _node("Conv", ["a", "w"], "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    assert steps_of([_node("Mul", ["x", "k"], "a"), padded], weights) == ["Conv"]
    assert steps_of([_node("Add", ["x", "t"], "a"), padded], weights) == ["Add", "Conv"]


def test_a_factor_and_a_shift_that_stay_become_one_convolution() -> None:
    weights = {
        **_convolution(6),
        "k": _some(1),
        "t": _some(1),
        "around": _some(6, 1, 3, 3),
    }
    nodes = [
        _node("Conv", ["x", "w"], "a", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        _node("HardSigmoid", ["a"], "b", **SIXTH),
        _node("Mul", ["a", "b"], "c"),
        *_scaled("c", "d"),
        _node("Conv", ["d", "around"], "y", group=6, kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    ]
    assert steps_of(nodes, weights) == ["Conv", "HardSigmoid", "Mul", "Conv", "Conv"]


def test_each_of_several_users_takes_along_what_it_can() -> None:
    weights = {"k": _some(1), "t": _some(1), "w": _some(6, CHANNELS, 1, 1), **_convolution(6, "v")}
    nodes = [
        *_scaled("x", "a"),
        _node("Conv", ["a", "w"], "b"),
        _node("Conv", ["a", "v"], "c", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        _node("Add", ["b", "c"], "y"),
    ]
    assert steps_of(nodes, weights).count("Mul") == 1


def test_what_somebody_else_takes_is_not_changed() -> None:
    weights = {**_convolution(6), "k": _some(1)}
    nodes = [
        _node("Conv", ["x", "w"], "a", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        _node("Mul", ["a", "k"], "b"),
        _node("Add", ["a", "b"], "y"),
    ]
    assert steps_of(nodes, weights) == ["Conv", "Mul", "Add"]


def test_what_the_model_gives_out_is_not_changed() -> None:
    weights = {"k": _some(1), "t": _some(1), "w": _some(CHANNELS, CHANNELS, 1, 1)}
    nodes = [
        _node("Conv", ["x", "w"], "a"),
        *_scaled("a", "y"),
    ]
    assert steps_of(nodes, weights, "y", "a") == ["Conv", "Conv"]
    assert steps_of(nodes, weights, "y", "y.scaled") == ["Conv", "Add"]
    nodes = [
        _node("Conv", ["x", "w"], "a"),
        _node("HardSigmoid", ["a"], "g", **SIXTH),
        _node("Mul", ["a", "g"], "b"),
        *_scaled("b", "y"),
    ]
    assert steps_of(nodes, weights, "y", "y.scaled")[-2:] == ["Mul", "Add"]


def test_a_gated_value_that_somebody_else_takes_is_not_changed() -> None:
    weights = {"w": _some(CHANNELS, CHANNELS, 1, 1)}
    nodes = [
        _node("GlobalAveragePool", ["x"], "a"),
        _node("Conv", ["a", "w"], "b"),
        _node("HardSigmoid", ["b"], "g", **SIXTH),
        _node("Mul", ["x", "g"], "c"),
        _node("Add", ["x", "c"], "d"),
        _node("Add", ["c", "d"], "y"),
    ]
    assert steps_of(nodes, weights)[-3:] == ["Mul", "Add", "Add"]


def test_a_gate_opens_before_it_is_applied() -> None:
    """Of x + x * g and x * (1 + g), the first walks over all numbers twice."""
    weights = {"w": _some(CHANNELS, CHANNELS, 1, 1)}
    nodes = [
        _node("GlobalAveragePool", ["x"], "a"),
        _node("Conv", ["a", "w"], "b"),
        _node("HardSigmoid", ["b"], "g", **SIXTH),
        _node("Mul", ["x", "g"], "c"),
        _node("Add", ["x", "c"], "y"),
    ]
    assert steps_of(nodes, weights) == ["GlobalAveragePool", "Conv", "HardSigmoid", "Add", "Mul"]


def test_other_names_for_the_same_are_left_out_and_the_result_keeps_its_own() -> None:
    weights = {"w": _some(6, CHANNELS, 1, 1), "k": _some(1)}
    nodes = [
        _node("Identity", ["w"], "same"),
        _node("Identity", ["x"], "a"),
        _node("Conv", ["a", "same"], "b"),
        _node("Identity", ["b"], "c"),
        _node("Mul", ["c", "k"], "d"),
        _node("Identity", ["d"], "y"),
    ]
    assert steps_of(nodes, weights) == ["Conv"]


def steps_of(nodes: Sequence[NodeProto], weights: dict[str, Floats], *results: str) -> list[str]:
    """Fold a model from x to y, or to other results; return its steps.

    It is known to compute the same then.
    """
    sides = [None, CHANNELS, None, None]
    model = helper.make_model(
        helper.make_graph(
            list(nodes),
            "test",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, sides)],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4)
                for name in results or ("y",)
            ],
            [numpy_helper.from_array(np.array(values), name) for name, values in weights.items()],
        ),
        opset_imports=[helper.make_opsetid("", 11)],
        ir_version=8,
    )
    less = folded(model)
    for shape in ((1, CHANNELS, 5, 7), (3, CHANNELS, 8, 6)):
        image = _some(*shape)
        for seen, expected in zip(_run(less, image), _run(model, image), strict=True):
            np.testing.assert_allclose(seen, expected, rtol=1e-4, atol=1e-5)
    return [node.op_type for node in less.graph.node]


def _run(model: onnx.ModelProto, image: Floats) -> list[Floats]:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return [np.asarray(found, np.float32) for found in session.run(None, {"x": image})]


def _convolution(outputs: int, name: str = "w") -> dict[str, Floats]:
    return {name: _some(outputs, CHANNELS, 3, 3)}


def _scaled(source: str, result: str) -> list[NodeProto]:
    """A factor `k`, then a shift `t`."""
    between = f"{result}.scaled"
    return [_node("Mul", [source, "k"], between), _node("Add", [between, "t"], result)]


def _node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> NodeProto:
    return helper.make_node(kind, list(inputs), [output], **attributes)


def _some(*shape: int) -> Floats:
    return RNG.normal(0, 1, shape).astype(np.float32)

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
#: A convolution that leaves a map as large as it is.
SAME_SIZE: dict[str, Any] = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
#: Sides that a map half as large can be enlarged to.
EVEN = ((4, 6), (8, 6))


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
        "w": _some(CHANNELS, 3, 3, 3),
        **{name: _some(3) for name in ("gamma", "beta", "mean")},
        "variance": np.abs(_some(3)) + np.float32(0.1),
    }
    nodes = [
        _node("ConvTranspose", ["x", "w"], "a", kernel_shape=[3, 3], strides=[2, 2]),
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
        *_weighed("x", "w", "c"),
        _node("Add", ["x", "c"], "d"),
        _node("Add", ["c", "d"], "y"),
    ]
    assert steps_of(nodes, weights)[-3:] == ["Mul", "Add", "Add"]


def test_a_gate_opens_before_it_is_applied() -> None:
    """Of x + x * g and x * (1 + g), the first walks over all numbers twice."""
    weights = {"w": _some(CHANNELS, CHANNELS, 1, 1)}
    nodes = [
        *_weighed("x", "w", "c"),
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


def test_a_convolution_runs_over_a_map_before_it_is_enlarged() -> None:
    weights = {"w": _some(CHANNELS, CHANNELS, 1, 1), "v": _some(5, CHANNELS, 3, 3), "b": _some(5)}
    for factor in (2, 3):
        nodes = [
            _node("Conv", ["x", "w"], "a"),
            _enlarged("a", "b4", "scales"),
            _node("Conv", ["b4", "v", "b"], "y", **SAME_SIZE),
        ]
        given = {**weights, "scales": np.array([1, 1, factor, factor], np.float32)}
        assert steps_of(nodes, given) == ["Conv", "ConvTranspose", "Add"]


def test_of_a_sum_each_map_is_convolved_at_its_own_size() -> None:
    weights = {
        "w": _some(8, CHANNELS, 1, 1),
        "v": _some(CHANNELS, 8, 3, 3),
        "twice": np.array([1, 1, 2, 2], np.float32),
        "halving": _some(8, CHANNELS, 2, 2),
    }
    nodes = [
        _node("Conv", ["x", "halving"], "small", kernel_shape=[2, 2], strides=[2, 2]),
        _enlarged("small", "large", "twice"),
        _node("Conv", ["x", "w"], "a"),
        _node("Add", ["a", "large"], "b"),
        _node("Conv", ["b", "v"], "y", **SAME_SIZE),
    ]
    # One map is as large as the result: taking the sum apart would be more work.
    assert steps_of(nodes, weights, shapes=EVEN) == ["Conv", "Resize", "Conv", "Add", "Conv"]
    nodes[2:3] = _gated("x", "a")
    steps = steps_of(nodes, {**weights, **_gate(8), **_wide(8)}, shapes=EVEN)
    assert "ConvTranspose" in steps
    assert "MatMul" in steps
    assert "Resize" not in steps


def test_maps_beside_each_other_are_convolved_each_at_its_own_size() -> None:
    weights = {
        "w": _some(2, CHANNELS, 1, 1),
        "halving": _some(3, CHANNELS, 2, 2),
        "v": _some(CHANNELS, 5, 3, 3),
        "bias": _some(CHANNELS),
        "twice": np.array([1, 1, 2, 2], np.float32),
    }
    nodes = [
        _node("Conv", ["x", "halving"], "small", kernel_shape=[2, 2], strides=[2, 2]),
        _enlarged("small", "large", "twice"),
        _node("Conv", ["x", "w"], "a"),
        _node("Concat", ["large", "a"], "b", axis=1),
        _node("Conv", ["b", "v", "bias"], "y", **SAME_SIZE),
    ]
    steps = steps_of(nodes, weights, shapes=EVEN)
    assert sorted(steps) == ["Add", "Add", "Conv", "Conv", "Conv", "ConvTranspose"]


def test_a_gated_map_is_convolved_as_narrow_as_it_was() -> None:
    """Each picture has its own gate: the pictures of a batch must not share weights."""
    for factor in (1, 2):
        nodes = [
            *_gated("x", "a"),
            _enlarged("a", "b", "scales"),
            _node("Conv", ["b", "v"], "y", **SAME_SIZE),
        ]
        given = {**_gate(40), **_wide(40), "v": _some(3, 40, 3, 3)}
        steps = steps_of(nodes, {**given, "scales": np.array([1, 1, factor, factor], np.float32)})
        assert steps.count("Conv") == 2  # of the mean, once as wide as the gate is, and the gate's
        assert steps.count("MatMul") == 2
        assert steps[-1] == ("DepthToSpace" if factor > 1 else "Reshape")


def test_a_shifted_projection_stays_for_the_convolution_behind_pads_with_zeros() -> None:
    given = {**_gate(40), **_wide(40), "bias": _some(40), "v": _some(3, 40, 3, 3)}
    nodes = [*_gated("x", "a"), _node("Conv", ["a", "v"], "y", **SAME_SIZE)]
    nodes[0].input.append("bias")
    assert "MatMul" not in steps_of(nodes, given)


def test_a_map_weighed_number_by_number_stays_as_wide_as_it_is() -> None:
    given = {**_gate(40), **_wide(40), "v": _some(3, 40, 3, 3)}
    nodes = [*_gated("x", "a"), _node("Conv", ["a", "v"], "y", **SAME_SIZE)]
    nodes[2].input[0] = "a.wide"  # a gate for each number: it comes from no mean
    assert "MatMul" not in steps_of(nodes, given)


def test_other_ways_of_enlarging_and_other_convolutions_stay() -> None:
    weights = {
        "w": _some(CHANNELS, CHANNELS, 1, 1),
        "v": _some(5, CHANNELS, 3, 3),
        "scales": np.array([1, 1, 2, 2], np.float32),
    }
    smooth = [
        _node("Conv", ["x", "w"], "a"),
        _node("Resize", ["a", "all", "scales"], "b", mode="linear"),
        _node("Conv", ["b", "v"], "y", **SAME_SIZE),
    ]
    assert steps_of(smooth, weights) == ["Conv", "Resize", "Conv"]
    halving = [
        *smooth[:1],
        _enlarged("a", "b", "scales"),
        _node("Conv", ["b", "v"], "y", **SAME_SIZE, strides=[2, 2]),
    ]
    assert steps_of(halving, weights) == ["Conv", "Resize", "Conv"]


def test_what_spreads_without_overlap_is_laid_out_once_and_last() -> None:
    weights = {"w": _some(CHANNELS, 3, 2, 2), "b": _some(3), "v": _some(3, 1, 3, 3), "c": _some(1)}
    nodes = [
        _node("ConvTranspose", ["x", "w", "b"], "a", kernel_shape=[2, 2], strides=[2, 2]),
        _node("Relu", ["a"], "r"),
        _node("ConvTranspose", ["r", "v", "c"], "y", kernel_shape=[3, 3], strides=[3, 3]),
    ]
    assert steps_of(nodes, weights) == ["Conv", "Relu", "Conv", "DepthToSpace"]


def test_what_is_spread_and_given_out_is_laid_out_at_once() -> None:
    weights = {"w": _some(CHANNELS, 3, 2, 2), "v": _some(3, 1, 2, 2)}
    nodes = [
        _node("ConvTranspose", ["x", "w"], "a", kernel_shape=[2, 2], strides=[2, 2]),
        _node("ConvTranspose", ["a", "v"], "y", kernel_shape=[2, 2], strides=[2, 2]),
    ]
    steps = steps_of(nodes, weights, "y", "a")
    assert steps == ["Conv", "DepthToSpace", "Conv", "DepthToSpace"]


def test_windows_that_overlap_stay_together() -> None:
    nodes = [_node("ConvTranspose", ["x", "w"], "y", kernel_shape=[3, 3], strides=[2, 2])]
    assert steps_of(nodes, {"w": _some(CHANNELS, 3, 3, 3)}) == ["ConvTranspose"]


def steps_of(
    nodes: Sequence[NodeProto],
    weights: dict[str, Floats],
    *results: str,
    shapes: Sequence[tuple[int, int]] = ((5, 7), (8, 6)),
) -> list[str]:
    """Fold a model from x to y, or to other results; return its steps.

    It is known to compute the same then.
    """
    dimensions = [None, CHANNELS, None, None]
    # The region of a Resize, which takes the whole map.
    given = {**weights, "all": np.zeros(0, np.float32)}
    model = helper.make_model(
        helper.make_graph(
            list(nodes),
            "test",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, dimensions)],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4)
                for name in results or ("y",)
            ],
            [numpy_helper.from_array(np.array(values), name) for name, values in given.items()],
        ),
        opset_imports=[helper.make_opsetid("", 11)],
        ir_version=8,
    )
    less = folded(model)
    for pictures, sides in zip((1, 3), shapes, strict=True):
        image = _some(pictures, CHANNELS, *sides)
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


def _enlarged(source: str, result: str, scales: str) -> NodeProto:
    return _node(
        "Resize",
        [source, "all", scales],
        result,
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )


def _gated(source: str, result: str) -> list[NodeProto]:
    """A projection, weighed channel by channel by what the picture's mean says."""
    wide = f"{result}.wide"
    return [_node("Conv", [source, "wide"], wide), *_weighed(wide, "gate", result)]


def _weighed(source: str, weights: str, result: str) -> list[NodeProto]:
    """A map times a gate, one number for a channel, that is computed from the map's mean."""
    mean, gate, opened = (f"{result}.{what}" for what in ("mean", "gate", "open"))
    return [
        _node("GlobalAveragePool", [source], mean),
        _node("Conv", [mean, weights], gate),
        _node("HardSigmoid", [gate], opened, **SIXTH),
        _node("Mul", [source, opened], result),
    ]


def _wide(channels: int) -> dict[str, Floats]:
    return {"wide": _some(channels, CHANNELS, 1, 1)}


def _gate(channels: int) -> dict[str, Floats]:
    return {"gate": _some(channels, channels, 1, 1)}


def _scaled(source: str, result: str) -> list[NodeProto]:
    """A factor `k`, then a shift `t`."""
    between = f"{result}.scaled"
    return [_node("Mul", [source, "k"], between), _node("Add", [between, "t"], result)]


def _node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> NodeProto:
    return helper.make_node(kind, list(inputs), [output], **attributes)


def _some(*shape: int) -> Floats:
    return RNG.normal(0, 1, shape).astype(np.float32)

"""What is rewritten: sums and factors that convolutions can take along.

Networks of PaddleOCR's "LCNet" kind surround each convolution with a learned factor and a learned
shift for all channels. Each is a walk over all numbers of a feature map, and none does what the
weights of a convolution next to it can't do on the way. Engines find some of them, not these.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import onnx
from onnx import NodeProto, helper

from folding.enlarged import pool_narrow_maps, take_apart
from folding.graph import CONVOLUTIONS, Floats, Graph, attributes
from folding.spread import spread_late

#: What a batch normalisation adds to the variance, unless it says otherwise (ONNX).
_EPSILON = 1e-5

#: Numbers of a feature map's axes: picture, channel, row, column.
_AXES = 4


class Affine(NamedTuple):
    """A factor and a shift.

    Attributes:
        source: The value to which they are applied.
        scale: () or (channels,), the factor.
        shift: () or (channels,), added after it.
    """

    source: str
    scale: Floats
    shift: Floats


def folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model that computes the same in fewer steps.

    Args:
        model: Opset 11 or a like one, convolutions in two dimensions.
    """
    graph = Graph(model)
    fold_into_makers(graph)
    fold_into_users(graph)
    join_gates(graph)
    make_convolutions(graph)
    pool_narrow_maps(graph)
    take_apart(graph)
    spread_late(graph)
    graph.drop_unused()
    return graph.written()


def affine_of(graph: Graph, node: NodeProto) -> Affine | None:
    """Return the factor and shift that a node is; None: it is something else."""
    if node.op_type == "BatchNormalization":
        return _normalisation(graph, node)
    known = [name for name in node.input if name in graph.weights]
    computed = [name for name in node.input if name not in graph.weights]
    if node.op_type not in {"Mul", "Add"} or len(known) != 1:
        return None
    values = _by_channel(graph.weight(known[0]))
    if values is None:
        return None
    one, nothing = np.ones(()), np.zeros(())
    is_factor = node.op_type == "Mul"
    return Affine(computed[0], *((values, nothing) if is_factor else (one, values)))


def fold_into_makers(graph: Graph) -> None:
    """Let convolutions apply what is applied to nothing but their output."""
    for node in list(graph.nodes):
        affine = affine_of(graph, node)
        maker = graph.maker(affine.source) if affine else None
        if affine and maker is not None and _can_apply(graph, maker):
            _apply_to_output(graph, maker, affine)
            graph.bypass(node, affine.source)


def fold_into_users(graph: Graph) -> None:
    """Let convolutions apply what is applied to their input, last things first.

    Not a shift where the convolution pads its input: the padding is not shifted.
    """
    for node in reversed(list(graph.nodes)):
        affine = affine_of(graph, node)
        if affine is None or graph.is_result(node.output[0]):
            continue
        users = graph.users(node.output[0])
        taking = [user for user in users if _takes(user, node.output[0], affine)]
        for user in taking:
            _apply_to_input(graph, user, affine)
        if len(taking) == len(users):
            graph.nodes.remove(node)


def join_gates(graph: Graph) -> None:
    """Compute x + x * g as x * (1 + g) where the gate g is one number for a channel."""
    for add in [node for node in graph.nodes if node.op_type == "Add"]:
        for value, product in (tuple(add.input), tuple(add.input)[::-1]):
            mul = graph.maker(product)
            if mul is None or mul.op_type != "Mul" or value not in mul.input:
                continue
            if not graph.is_for_one(mul):
                continue
            (gate,) = [name for name in mul.input if name != value]
            maker = graph.maker(gate)
            if maker is not None and maker.op_type == "HardSigmoid" and graph.is_for_one(maker):
                one = graph.add_weight(f"{gate}.one", np.ones((1,) * _AXES))
                opened = f"{gate}.opened"
                graph.insert_before(mul, helper.make_node("Add", [gate, one], [opened]))
                mul.input[list(mul.input).index(gate)] = opened
                graph.bypass(add, product)
                break


def make_convolutions(graph: Graph) -> None:
    """Apply what is left, a factor and then a shift, by one convolution of 1 x 1.

    Engines keep feature maps in an order of their own from convolution to convolution; any other
    step makes them put the maps back into the plain order and again into theirs.
    """
    for mul in [node for node in graph.nodes if node.op_type == "Mul"]:
        first = affine_of(graph, mul)
        users = graph.users(mul.output[0])
        second = affine_of(graph, users[0]) if graph.is_for_one(mul) else None
        channels = graph.channels(first.source) if first else None
        if first is None or second is None or channels is None:
            continue
        weights = np.broadcast_to(first.scale * second.scale, channels).reshape(-1, 1, 1, 1)
        shifts = np.broadcast_to(first.shift * second.scale + second.shift, channels)
        inputs = [
            first.source,
            graph.add_weight(f"{mul.output[0]}.weight", weights),
            graph.add_weight(f"{mul.output[0]}.bias", shifts),
        ]
        convolution = helper.make_node("Conv", inputs, [users[0].output[0]], group=channels)
        graph.replace(users[0], convolution)
        graph.nodes.remove(mul)


def _normalisation(graph: Graph, node: NodeProto) -> Affine:
    gamma, beta, mean, variance = map(graph.weight, node.input[1:5])
    scale = gamma / np.sqrt(variance + attributes(node).get("epsilon", _EPSILON))
    return Affine(node.input[0], scale, beta - mean * scale)


def _by_channel(values: Floats) -> Floats | None:
    """Return one number, or one for each channel; None: it is neither."""
    if values.size == 1:
        return values.reshape(())
    is_by_channel = values.ndim == _AXES and values.shape[1] == values.size
    return values.reshape(-1) if is_by_channel else None


def _can_apply(graph: Graph, node: NodeProto) -> bool:
    """Whether a node can apply to its output what its only user applies."""
    is_plain = node.op_type == "Conv" or attributes(node).get("group", 1) == 1
    return node.op_type in CONVOLUTIONS and is_plain and graph.is_for_one(node)


def _takes(node: NodeProto, value: str, affine: Affine) -> bool:
    """Whether a node can apply to a value what was applied to it before."""
    if node.op_type != "Conv" or node.input[0] != value:
        return False
    pads = attributes(node).get("pads", [0])
    return not (affine.shift.any() and any(pads))


def _apply_to_output(graph: Graph, node: NodeProto, affine: Affine) -> None:
    weights, bias = graph.weight(node.input[1]), graph.bias(node)
    axis = 0 if node.op_type == "Conv" else 1
    scale = np.broadcast_to(affine.scale, bias.shape)
    by_output = np.expand_dims(scale, tuple(each for each in range(_AXES) if each != axis))
    graph.set_weights(node, weights * by_output, bias * scale + affine.shift)


def _apply_to_input(graph: Graph, node: NodeProto, affine: Affine) -> None:
    weights, bias = graph.weight(node.input[1]), graph.bias(node)
    groups = attributes(node).get("group", 1)
    inputs, outputs = weights.shape[1] * groups, weights.shape[0] // groups
    # (outputs, inputs of their group), as the weights have them.
    scale, shift = (
        np.broadcast_to(values, inputs).reshape(groups, -1).repeat(outputs, axis=0)
        for values in (affine.scale, affine.shift)
    )
    shifted = bias + (weights.sum(axis=(2, 3)) * shift).sum(axis=1)
    node.input[0] = affine.source
    graph.set_weights(node, weights * scale[..., None, None], shifted)

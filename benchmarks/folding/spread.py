"""Maps that are laid out late: in many small channels an engine is faster than in few large ones.

A transposed convolution whose windows do not overlap gives each number's window by itself: a
convolution of 1 x 1 computes all windows' numbers as channels, and DepthToSpace lays them out. What
comes behind, number by number, can be done before that, and one layout does for several.
"""

from __future__ import annotations

import numpy as np
from onnx import NodeProto, helper

from folding.graph import Graph, attributes, is_projection

#: What changes each number by itself, whatever its channel.
_BY_NUMBER = frozenset({"HardSigmoid", "Relu", "Sigmoid"})


def spread_late(graph: Graph) -> None:
    """Make transposed convolutions without overlap into convolutions, and lay out at the end."""
    for node in [node for node in graph.nodes if _is_without_overlap(node)]:
        _split(graph, node)
    for node in [node for node in graph.nodes if node.op_type == "DepthToSpace"]:
        while node in graph.nodes and _moved_behind(graph, node):
            pass


def _is_without_overlap(node: NodeProto) -> bool:
    given = attributes(node)
    sides = given.get("kernel_shape", [])
    return (
        node.op_type == "ConvTranspose"
        and len({*sides, *given.get("strides", [1])}) == 1
        and given.get("group", 1) == 1
        and not any(given.get("pads", [0]) + given.get("output_padding", [0]))
        and {*given.get("dilations", [1])} == {1}
    )


def _split(graph: Graph, node: NodeProto) -> None:
    output, factor = node.output[0], attributes(node)["strides"][0]
    # (inputs, outputs, rows, columns) to windows' places first, as DepthToSpace wants them.
    weights = graph.weight(node.input[1]).transpose(2, 3, 1, 0)
    inputs = [
        node.input[0],
        graph.add_weight(f"{output}.weight", weights.reshape(-1, weights.shape[-1], 1, 1)),
        graph.add_weight(f"{output}.bias", np.tile(graph.bias(node), factor**2)),
    ]
    deep = f"{output}.deep"
    graph.replace(
        node,
        helper.make_node("Conv", inputs, [deep], kernel_shape=[1, 1]),
        helper.make_node("DepthToSpace", [deep], [output], blocksize=factor),
    )


def _moved_behind(graph: Graph, node: NodeProto) -> bool:
    """Let a layout run after the step that takes it, if it can; return whether it did."""
    if not graph.is_for_one(node):
        return False
    (user,) = graph.users(node.output[0])
    if user.op_type == "DepthToSpace":
        return _joined(graph, node, user)
    if is_projection(user):
        _widen(graph, user, attributes(node)["blocksize"] ** 2)
    elif user.op_type not in _BY_NUMBER:
        return False
    spread, result = node.output[0], user.output[0]
    user.input[0], user.output[0], node.output[0] = node.input[0], spread, result
    node.input[0] = spread
    graph.nodes.remove(node)
    graph.replace(user, user, node)
    return True


def _joined(graph: Graph, node: NodeProto, user: NodeProto) -> bool:
    """Let one layout do for two, if channels can be made in its order; return whether it does."""
    maker = graph.maker(node.input[0])
    if maker is None or not is_projection(maker) or not graph.is_for_one(maker):
        return False
    first, second = (attributes(each)["blocksize"] for each in (node, user))
    weights, bias = graph.weight(maker.input[1]), graph.bias(maker)
    # Places are down and right, those of the first layout and within them those of the second.
    order = np.arange(len(weights)).reshape(first, first, second, second, -1)
    order = order.transpose(0, 2, 1, 3, 4).reshape(-1)
    graph.set_weights(maker, weights[order], bias[order])
    whole = helper.make_node(
        "DepthToSpace", [maker.output[0]], [user.output[0]], blocksize=first * second
    )
    graph.nodes.remove(node)
    graph.replace(user, whole)
    return True


def _widen(graph: Graph, node: NodeProto, times: int) -> None:
    """Let a convolution of 1 x 1 treat several groups of channels alike, each by itself."""
    wide = np.kron(np.eye(times), graph.weight(node.input[1])[:, :, 0, 0])[..., None, None]
    graph.set_weights(node, wide.astype(np.float64), np.tile(graph.bias(node), times))

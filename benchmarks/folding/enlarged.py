"""Convolutions over enlarged maps, computed before the maps are enlarged.

A detector's neck enlarges small maps, adds them to large ones or lays them beside these, and runs a
convolution of 3 x 3 over the result. An enlarged map holds each number k times in both directions,
so that most of the convolution's products are computed k times over. Taken apart by where its input
comes from, it costs less: a small map is convolved as it is, by a transposed convolution whose
windows overlap by two, and what comes of all maps is added up.

A map may also be wide only because it was projected: a few channels were multiplied out to many by
a convolution of 1 x 1, and each weighed by a gate that is computed from the picture. Projection,
gate and convolution are one convolution over the few channels, of which each picture has its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from onnx import NodeProto, helper

from folding.graph import Floats, Graph, attributes, is_projection

#: Side of the convolutions that are taken apart, and of what surrounds a number.
_SIDE = 3

#: Attributes of such a convolution that leaves a map as large as it is.
_SAME_SIZE: Mapping[str, Any] = {"kernel_shape": [_SIDE, _SIDE], "pads": [1, 1, 1, 1]}


class Gated(NamedTuple):
    """A map of few channels, projected to many that are then weighed.

    Attributes:
        source: The few channels.
        weights: (channels, few), of the projection.
        gate: A value of (pictures, channels, 1, 1).
    """

    source: str
    weights: Floats
    gate: str


class Part(NamedTuple):
    """One of the maps that a convolution sees.

    Attributes:
        source: The map, before it is enlarged.
        channels: Those of the convolution's inputs that it is.
        factor: How often each of its numbers stands there, in both directions.
        gated: What the map is made of, where that is used in its place.
    """

    source: str
    channels: slice
    factor: int
    gated: Gated | None = None

    @property
    def cost(self) -> float:
        """Products for a number of the enlarged map and a channel of the result."""
        if self.gated is not None:
            return float(_SIDE**2 * self.gated.weights.shape[1])
        channels: int = self.channels.stop - self.channels.start
        return ((self.factor + _SIDE - 1) / self.factor) ** 2 * channels


def pool_narrow_maps(graph: Graph) -> None:
    """Take the mean before a convolution of 1 x 1, where that makes many channels out of few."""
    for pool in [node for node in graph.nodes if node.op_type == "GlobalAveragePool"]:
        maker = graph.maker(pool.input[0])
        if maker is None or not is_projection(maker):
            continue
        outputs, inputs = graph.weights[maker.input[1]].shape[:2]
        if inputs < outputs:
            mean = f"{pool.output[0]}.mean"
            graph.replace(
                pool,
                helper.make_node("GlobalAveragePool", [maker.input[0]], [mean]),
                helper.make_node("Conv", [mean, *maker.input[1:]], [pool.output[0]]),
            )


def take_apart(graph: Graph) -> None:
    """Let convolutions of 3 x 3 run over what their input is made of, where that is less work."""
    # The last first: what those before it are made of is then as it was.
    for node in [node for node in reversed(graph.nodes) if _is_plain(node)]:
        channels = graph.weights[node.input[1]].shape[1]
        parts = _parts(graph, Part(node.input[0], slice(0, channels), 1))
        if any(part.factor > 1 or part.gated for part in parts):
            graph.replace(node, *_convolved(graph, node, parts))


def _parts(graph: Graph, whole: Part) -> list[Part]:
    """Return the maps that one map is made of, or itself where that is less work."""
    node = graph.maker(whole.source)
    made_of: list[Part] = []
    if node is None:
        return [whole]
    if node.op_type == "Resize" and (factor := _factor(graph, node)):
        return _parts(graph, whole._replace(source=node.input[0], factor=whole.factor * factor))
    if node.op_type == "Add":
        made_of = [
            part for name in node.input for part in _parts(graph, whole._replace(source=name))
        ]
    elif node.op_type == "Concat":
        made_of = list(_joined(graph, whole, node))
    elif node.op_type == "Mul" and (gated := _gated(graph, node)):
        made_of = [whole._replace(gated=gated)]
    return made_of if made_of and sum(part.cost for part in made_of) < whole.cost else [whole]


def _joined(graph: Graph, whole: Part, node: NodeProto) -> Iterator[Part]:
    """Yield the maps that lie beside each other, in turn made of others; none if one is unknown."""
    counts = [graph.channels(name) or 0 for name in node.input]
    if attributes(node)["axis"] == 1 and all(counts):
        ends = whole.channels.start + np.cumsum(counts)
        for name, count, end in zip(node.input, counts, ends.tolist(), strict=True):
            piece = whole._replace(source=name, channels=slice(end - count, end))
            yield from _parts(graph, piece)


def _gated(graph: Graph, node: NodeProto) -> Gated | None:
    """Return what a product is of which one side is a projection and the other a gate."""
    for name, gate in (tuple(node.input), tuple(node.input)[::-1]):
        maker = graph.maker(name)
        if maker is None or not is_projection(maker) or graph.bias(maker).any():
            continue
        if _is_gate(graph, gate):
            return Gated(maker.input[0], graph.weight(maker.input[1])[:, :, 0, 0], gate)
    return None


def _is_gate(graph: Graph, value: str) -> bool:
    """Whether a value has one number for a channel: it comes from a mean."""
    node = graph.maker(value)
    while node is not None and node.op_type != "GlobalAveragePool":
        computed = [name for name in node.input if name not in graph.weights]
        node = graph.maker(computed[0]) if len(computed) == 1 else None
    return node is not None


def _is_plain(node: NodeProto) -> bool:
    """Whether a node is a convolution of 3 x 3 that leaves a map as large as it is."""
    given = attributes(node)
    return (
        node.op_type == "Conv"
        and given.get("group", 1) == 1
        and all(given.get(name) == sides for name, sides in _SAME_SIZE.items())
        and {*given.get("strides", [1]), *given.get("dilations", [1])} == {1}
    )


def _factor(graph: Graph, node: NodeProto) -> int | None:
    """Return how often a node repeats each number; None: it does something else."""
    given = attributes(node)
    # Of four inputs the last is a size, and there are no scales.
    _, _, *scales = [graph.weights.get(name) for name in node.input]
    repeats = (
        given.get("mode") == b"nearest"
        and given.get("nearest_mode") == b"floor"
        and given.get("coordinate_transformation_mode") == b"asymmetric"
    )
    if len(scales) != 1 or scales[0] is None or not repeats:
        return None
    *others, down, right = scales[0].tolist()
    return int(down) if others == [1, 1] and down == right and down % 1 == 0 else None


def _convolved(graph: Graph, node: NodeProto, parts: list[Part]) -> Iterator[NodeProto]:
    """Yield the steps that convolve each part and add up what comes of them."""
    output, weights, bias = node.output[0], graph.weight(node.input[1]), graph.bias(node)
    biases = [graph.add_weight(f"{output}.bias", bias.reshape(1, -1, 1, 1))] if bias.any() else []
    is_all = len(parts) == 1 and not biases
    names = [output] if is_all else [f"{output}.part{number}" for number in range(len(parts))]
    for part, name in zip(parts, names, strict=True):
        own = weights[:, part.channels]
        if part.gated is not None:
            yield from _gated_convolution(graph, part.gated, part.factor, own, name)
        else:
            yield _convolution(graph, part, own, name)
    terms = [*names[:1], *biases, *names[1:]]
    sums = [f"{output}.sum{number}" for number in range(len(terms) - 2)] + [output]
    for before, term, found in zip([terms[0], *sums], terms[1:], sums, strict=False):
        yield helper.make_node("Add", [before, term], [found])


def _convolution(graph: Graph, part: Part, weights: Floats, output: str) -> NodeProto:
    """Return the convolution over one map, by a transposed one where the map is to be enlarged."""
    like = f"{output}.weight"
    if part.factor == 1:
        inputs = [part.source, graph.add_weight(like, weights)]
        return helper.make_node("Conv", inputs, [output], **_SAME_SIZE)
    spread = graph.add_weight(like, transposed(weights, part.factor))
    sides: Mapping[str, Any] = {
        "kernel_shape": [part.factor + _SIDE - 1] * 2,
        "strides": [part.factor] * 2,
        "pads": _SAME_SIZE["pads"],
    }
    return helper.make_node("ConvTranspose", [part.source, spread], [output], **sides)


def _gated_convolution(
    graph: Graph, gated: Gated, factor: int, weights: Floats, output: str
) -> Iterator[NodeProto]:
    """Yield the steps that convolve a gated map by weights of its picture's own.

    No convolution of ONNX has other weights for each picture: a product of matrices has.
    """
    own, around, flat, product = (
        f"{output}.{what}" for what in ("own", "around", "flat", "product")
    )
    few = gated.weights.shape[1]
    yield from _own_weights(graph, gated, places(weights, factor), own)
    yield from _surroundings(graph, gated.source, around)
    shape = graph.add_numbers(f"{output}.shape", 0, _SIDE**2 * few, -1)
    yield helper.make_node("Reshape", [around, shape], [flat])
    yield helper.make_node("MatMul", [own, flat], [product])
    deep = output if factor == 1 else f"{output}.deep"
    yield from _as_map(graph, product, len(weights) * factor**2, gated.source, deep)
    if factor > 1:
        yield helper.make_node("DepthToSpace", [deep], [output], blocksize=factor)


def _own_weights(graph: Graph, gated: Gated, weights: Floats, output: str) -> Iterator[NodeProto]:
    """Yield the steps from a gate to weights over the few channels, (pictures, outputs, 9 few)."""
    row, weighed, product = (f"{output}.{what}" for what in ("row", "weighed", "product"))
    channels, few = gated.weights.shape
    rows = weights.transpose(0, 2, 3, 1).reshape(1, -1, channels)
    one_row = graph.add_numbers(f"{output}.one_row", 0, 1, channels)
    shape = graph.add_numbers(f"{output}.shape", 0, len(weights), _SIDE**2 * few)
    kept = graph.add_weight(f"{output}.rows", rows)
    projection = graph.add_weight(f"{output}.projection", gated.weights)
    yield helper.make_node("Reshape", [gated.gate, one_row], [row])
    yield helper.make_node("Mul", [row, kept], [weighed])
    yield helper.make_node("MatMul", [weighed, projection], [product])
    yield helper.make_node("Reshape", [product, shape], [output])


def _surroundings(graph: Graph, source: str, output: str) -> Iterator[NodeProto]:
    """Yield the steps that lay the nine numbers around each beside each other, row by row."""
    padded = f"{output}.padded"
    pads = graph.add_numbers(f"{output}.pads", 0, 0, 1, 1, 0, 0, 1, 1)
    axes = graph.add_numbers(f"{output}.axes", 2, 3)
    yield helper.make_node("Pad", [source, pads], [padded])
    names = []
    for row, column in np.ndindex(_SIDE, _SIDE):
        names.append(f"{output}.{row}{column}")
        first = graph.add_numbers(f"{output}.first", row, column)
        # As far from the end as the window is from its last place; 0 would be the beginning.
        last = (place - 2 or np.iinfo(np.int64).max for place in (row, column))
        end = graph.add_numbers(f"{output}.end", *last)
        yield helper.make_node("Slice", [padded, first, end, axes], [names[-1]])
    yield helper.make_node("Concat", names, [output], axis=1)


def _as_map(graph: Graph, flat: str, channels: int, like: str, output: str) -> Iterator[NodeProto]:
    """Yield the steps that give a flat map the height and width of another."""
    whole, sides, shape = (f"{output}.{what}" for what in ("whole", "sides", "shape"))
    two, four = (graph.add_numbers(f"{output}.place", place) for place in (2, 4))
    first = graph.add_numbers(f"{output}.first", 0, channels)
    yield helper.make_node("Shape", [like], [whole])
    yield helper.make_node("Slice", [whole, two, four], [sides])
    yield helper.make_node("Concat", [first, sides], [shape], axis=0)
    yield helper.make_node("Reshape", [flat, shape], [output])


def transposed(weights: Floats, factor: int) -> Floats:
    """Return what a transposed convolution needs to do what a convolution does to an enlarged map.

    Args:
        weights: (outputs, inputs, 3, 3).
        factor: By which the map is enlarged, and the transposed convolution's stride.

    Returns:
        (inputs, outputs, factor + 2, factor + 2).
    """
    turned = weights[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    side = factor + _SIDE - 1
    spread = np.zeros((*turned.shape[:2], side, side))
    for row, column in np.ndindex(factor, factor):
        spread[:, :, row : row + _SIDE, column : column + _SIDE] += turned
    return spread


def places(weights: Floats, factor: int) -> Floats:
    """Return a convolution's weights for each place that a number has in the enlarged map.

    Args:
        weights: (outputs, inputs, 3, 3).
        factor: By which the map is enlarged.

    Returns:
        (factor x factor x outputs, inputs, 3, 3), for the map before it is enlarged; the order is
        that of DepthToSpace.
    """
    found = np.zeros((factor, factor, *weights.shape))
    for down, right, row, column in np.ndindex(factor, factor, _SIDE, _SIDE):
        above, before = 1 + (down + row - 1) // factor, 1 + (right + column - 1) // factor
        found[down, right, :, :, above, before] += weights[:, :, row, column]
    return found.reshape(-1, *weights.shape[1:])

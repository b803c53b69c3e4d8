"""An ONNX graph to be rewritten: nodes in their order, and weights by name."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

Floats = NDArray[np.float64]

#: Their weights have outputs on the first axis, those of transposed ones on the second.
CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})

#: What leaves the number of channels as it is.
_SAME_CHANNELS = frozenset(
    {"Mul", "Add", "HardSigmoid", "Relu", "Sigmoid", "BatchNormalization", "Resize"}
)


class Graph:
    """The nodes and weights of a model; nodes that only rename are left out.

    Attributes:
        nodes: In the order in which they run.
        weights: What initializers hold, and nodes that are constants.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        """Take the graph of a model, which stays as it is."""
        self._model = model
        self._results = {output.name for output in model.graph.output}
        self.weights: dict[str, NDArray[Any]] = {
            tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer
        }
        self.nodes: list[NodeProto] = []
        for node in copy.deepcopy(model.graph).node:
            if node.op_type == "Constant":
                self.weights[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
            else:
                self.nodes.append(node)
        for node in [node for node in self.nodes if node.op_type == "Identity"]:
            self._forget_name(node)

    def maker(self, value: str) -> NodeProto | None:
        """Return the node that computes a value; None: it is given."""
        return next((node for node in self.nodes if value in node.output), None)

    def users(self, value: str) -> Sequence[NodeProto]:
        """Return the nodes that take a value."""
        return [node for node in self.nodes if value in node.input]

    def is_result(self, value: str) -> bool:
        """Whether the model gives this value out."""
        return value in self._results

    def weight(self, value: str) -> Floats:
        """Return a weight in double precision."""
        return np.asarray(self.weights[value], np.float64)

    def add_weight(self, like: str, values: Floats) -> str:
        """Keep a new weight and return its name.

        Args:
            like: What its name begins with.
            values: Kept in single precision.
        """
        name = f"{like}.{len(self.weights)}"
        self.weights[name] = np.asarray(values, np.float32)
        return name

    def add_numbers(self, like: str, *numbers: int) -> str:
        """Keep whole numbers, a shape or places, and return their name."""
        name = f"{like}.{len(self.weights)}"
        self.weights[name] = np.array(numbers, np.int64)
        return name

    def bias(self, node: NodeProto) -> Floats:
        """Return what a convolution adds to its outputs, (outputs,); zeros if nothing."""
        if len(node.input) > 2:  # noqa: PLR2004 (input, weights, bias)
            return self.weight(node.input[2])
        shape = self.weights[node.input[1]].shape
        return np.zeros(shape[0] if node.op_type == "Conv" else shape[1])

    def set_weights(self, node: NodeProto, weights: Floats, bias: Floats) -> None:
        """Give a convolution other weights and another bias."""
        name = node.output[0]
        inputs = [
            node.input[0],
            self.add_weight(f"{name}.weight", weights),
            self.add_weight(f"{name}.bias", bias),
        ]
        del node.input[:]
        node.input.extend(inputs)

    def channels(self, value: str) -> int | None:
        """Return how many channels a value has; None: it comes from no convolution."""
        node = self.maker(value)
        while node is not None and node.op_type not in CONVOLUTIONS:
            computed = [name for name in node.input if name not in self.weights]
            node = self.maker(computed[0]) if node.op_type in _SAME_CHANNELS else None
        return None if node is None else len(self.bias(node))

    def is_for_one(self, node: NodeProto) -> bool:
        """Whether one node takes what this one makes, and nobody else, nor the model's user."""
        value = node.output[0]
        return len(self.users(value)) == 1 and not self.is_result(value)

    def bypass(self, node: NodeProto, value: str) -> None:
        """Take a node out: whoever took what it made takes another value.

        A result keeps its name, which the node that makes the value then takes on.
        """
        self.nodes.remove(node)
        old, new = node.output[0], value
        if self.is_result(old):
            maker = self.maker(value)
            assert maker is not None, "a model's input is no result of it"  # noqa: S101
            maker.output[0] = old
            old, new = value, old
        for user in self.users(old):
            for place, name in enumerate(user.input):
                if name == old:
                    user.input[place] = new

    def replace(self, node: NodeProto, *new: NodeProto) -> None:
        """Put nodes in another's place."""
        place = self.nodes.index(node)
        self.nodes[place : place + 1] = new

    def insert_before(self, node: NodeProto, new: NodeProto) -> None:
        """Let a node run before another."""
        self.nodes.insert(self.nodes.index(node), new)

    def drop_unused(self) -> None:
        """Take out the nodes whose values nobody takes any more."""
        for node in reversed(list(self.nodes)):
            if not any(self.users(value) or self.is_result(value) for value in node.output):
                self.nodes.remove(node)

    def written(self) -> onnx.ModelProto:
        """Return the model with the graph as it is now, checked.

        Raises:
            onnx.checker.ValidationError: It is no valid model.
        """
        model = copy.deepcopy(self._model)
        graph = model.graph
        del graph.node[:], graph.initializer[:], graph.value_info[:]
        graph.node.extend(self.nodes)
        used = {name for node in self.nodes for name in node.input}
        graph.initializer.extend(
            numpy_helper.from_array(np.ascontiguousarray(values), name)
            for name, values in self.weights.items()
            if name in used
        )
        onnx.checker.check_model(model)
        return model

    def _forget_name(self, node: NodeProto) -> None:
        source, name = node.input[0], node.output[0]
        if source in self.weights:
            self.weights[name] = self.weights[source]
            self.nodes.remove(node)
        else:
            self.bypass(node, source)


def attributes(node: NodeProto) -> Mapping[str, Any]:
    """Return a node's attributes."""
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def is_projection(node: NodeProto) -> bool:
    """Whether a node is a convolution of 1 x 1 that computes each number from those above it."""
    given = attributes(node)
    return (
        node.op_type == "Conv"
        and given.get("group", 1) == 1
        and {*given.get("kernel_shape", [1]), *given.get("strides", [1])} == {1}
        and not any(given.get("pads", [0]))
    )

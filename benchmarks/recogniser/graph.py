"""An ONNX model that learns: its graph run node by node in PyTorch, its weights written back.

What comes out is the model that went in, with other numbers: same inputs, same outputs, same file
format, and no second implementation of the network that could differ from the first.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from recogniser.errors import GraphError

Attributes = Mapping[str, Any]
Operator = Callable[[Sequence[Any], Attributes], Any]


class Graph(nn.Module):
    """The part of an ONNX model that leads to one of its values.

    Weights are parameters. Scalars, whole numbers and what normalisations measured stay.
    """

    def __init__(self, model: onnx.ModelProto, output: str, *, frozen: Sequence[str] = ()) -> None:
        """Take a model over.

        Args:
            model: One input; opset 11 or a like one.
            output: Name of the value to compute.
            frozen: Names of weights that do not learn.

        Raises:
            GraphError: It has an operator that this code does not know.
        """
        super().__init__()
        self._model = model
        self._output = output
        self._input = model.graph.input[0].name
        self._nodes = fused(nodes_before(model.graph, output))
        strange = sorted({node.op_type for node in self._nodes} - set(_OPERATORS))
        if strange:
            raise GraphError(f"unknown operators: {', '.join(strange)}")
        held = frozenset(frozen) | _measured(self._nodes)
        self._constants: dict[str, Tensor] = {}
        self._names: dict[str, str] = {}
        self.weights = nn.ParameterDict()
        for tensor in model.graph.initializer:
            self._take(tensor.name, torch.from_numpy(numpy_helper.to_array(tensor).copy()), held)

    def forward(self, image: Tensor) -> Tensor:
        """Compute the value for an input of the model."""
        known: dict[str, Any] = {self._input: image, **self._constants}
        known |= {name: self.weights[key] for name, key in self._names.items()}
        for node in self._nodes:
            inputs = [known[name] if name else None for name in node.input]
            known[node.output[0]] = _OPERATORS[node.op_type](inputs, _attributes(node))
        found: Tensor = known[self._output]
        return found

    def written(self) -> onnx.ModelProto:
        """Return the whole model with the weights as they are now."""
        model = copy.deepcopy(self._model)
        for tensor in model.graph.initializer:
            if tensor.name in self._names:
                now = self.weights[self._names[tensor.name]].detach().cpu().numpy()
                tensor.CopyFrom(numpy_helper.from_array(now.astype(np.float32), tensor.name))
        return model

    def _take(self, name: str, value: Tensor, held: frozenset[str]) -> None:
        if value.is_floating_point() and value.numel() > 1 and name not in held:
            key = name.replace(".", "/")  # PyTorch's names have no dots
            self._names[name] = key
            self.weights[key] = nn.Parameter(value)
        else:
            self._constants[name] = value


def nodes_before(graph: onnx.GraphProto, output: str) -> list[onnx.NodeProto]:
    """Return the nodes that a value needs, in their order.

    Raises:
        GraphError: No node gives the value.
    """
    wanted = {output}
    found = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            found.append(node)
            wanted |= set(node.input)
    if not found:
        raise GraphError(f"no node gives {output}")
    return found[::-1]


def fused(nodes: Sequence[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Return the nodes with each GELU, of which opset 11 makes five, in one: a quarter of the time.

    The five: a division by the root of two, the error function, one more, times the value, halved.
    """
    by_input = {name: node for node in nodes for name in node.input[:1]}
    by_output = {node.output[0]: node for node in nodes}
    gone: set[str] = set()
    made: dict[str, onnx.NodeProto] = {}
    for node in nodes:
        if node.op_type == "Erf":
            value = by_output[node.input[0]].input[0]
            plus_one = by_input[node.output[0]].output[0]
            product = next(each for each in nodes if plus_one in each.input).output[0]
            halved = by_input[product].output[0]
            gone |= {node.input[0], node.output[0], plus_one, product}
            made[halved] = onnx.helper.make_node("Gelu", [value], [halved])
    kept = (node for node in nodes if node.output[0] not in gone)
    return [made.get(node.output[0], node) for node in kept]


def _measured(nodes: Sequence[onnx.NodeProto]) -> frozenset[str]:
    """Return the names of means and variances that normalisations measured in training."""
    return frozenset(
        name for node in nodes if node.op_type == "BatchNormalization" for name in node.input[3:]
    )


def _attributes(node: onnx.NodeProto) -> Attributes:
    return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}


def _convolved(inputs: Sequence[Any], node: Attributes) -> Tensor:
    image, weight, *bias = inputs
    image, pads = _padded(image, node)
    found: Tensor = functional.conv2d(
        image,
        weight,
        bias[0] if bias else None,
        stride=node["strides"],
        padding=pads,
        dilation=node["dilations"],
        groups=node["group"],
    )
    return found


def _largest(inputs: Sequence[Any], node: Attributes) -> Tensor:
    image, pads = _padded(inputs[0], node, fill=-torch.inf)
    found: Tensor = functional.max_pool2d(image, node["kernel_shape"], node["strides"], pads)
    return found


def _padded(image: Tensor, node: Attributes, fill: float = 0.0) -> tuple[Tensor, tuple[int, int]]:
    """Return an image as a window over it wants it, and what is still to be padded evenly."""
    if node.get("auto_pad") == b"SAME_UPPER":
        # Of a window that moves by one pixel: what is odd goes to the right and below.
        high, wide = (side - 1 for side in node["kernel_shape"])
        edges = (wide // 2, wide - wide // 2, high // 2, high - high // 2)
        return functional.pad(image, edges, value=fill), (0, 0)
    top, left, *_ = node.get("pads", (0, 0, 0, 0))
    return image, (top, left)


def _normalised(inputs: Sequence[Any], node: Attributes) -> Tensor:
    image, weight, bias, mean, variance = inputs
    found: Tensor = functional.batch_norm(image, mean, variance, weight, bias, eps=node["epsilon"])
    return found


def _mean(inputs: Sequence[Any], node: Attributes) -> Tensor:
    found: Tensor = inputs[0].mean(dim=tuple(node["axes"]), keepdim=bool(node.get("keepdims", 1)))
    return found


def _average(inputs: Sequence[Any], node: Attributes) -> Tensor:
    found: Tensor = functional.avg_pool2d(inputs[0], node["kernel_shape"], node["strides"])
    return found


def _sliced(inputs: Sequence[Any], _node: Attributes) -> Tensor:
    value, starts, ends, axes, *_steps = inputs
    parts = [slice(None)] * value.ndim
    for start, end, axis in zip(starts.tolist(), ends.tolist(), axes.tolist(), strict=True):
        parts[axis] = slice(start, min(end, value.shape[axis]) if end >= 0 else end)
    found: Tensor = value[tuple(parts)]
    return found


def _squeezed(inputs: Sequence[Any], node: Attributes) -> Tensor:
    found: Tensor = inputs[0]
    for axis in sorted(node["axes"], reverse=True):
        found = found.squeeze(axis)
    return found


def _unsqueezed(inputs: Sequence[Any], node: Attributes) -> Tensor:
    found: Tensor = inputs[0]
    for axis in sorted(node["axes"]):
        found = found.unsqueeze(axis)
    return found


def _reshaped(inputs: Sequence[Any], _node: Attributes) -> Tensor:
    value, shape = inputs
    # A zero keeps the side that was there.
    sides = [side or value.shape[axis] for axis, side in enumerate(shape.tolist())]
    found: Tensor = value.reshape(sides)
    return found


_OPERATORS: Mapping[str, Operator] = {
    "Add": lambda inputs, _: inputs[0] + inputs[1],
    "AveragePool": _average,
    "BatchNormalization": _normalised,
    "Concat": lambda inputs, node: torch.cat(list(inputs), node["axis"]),
    "Conv": _convolved,
    "Div": lambda inputs, _: inputs[0] / inputs[1],
    "Gelu": lambda inputs, _: functional.gelu(inputs[0]),
    "HardSigmoid": lambda inputs, node: (inputs[0] * node["alpha"] + node["beta"]).clamp(0, 1),
    "Identity": lambda inputs, _: inputs[0],
    "MatMul": lambda inputs, _: inputs[0] @ inputs[1],
    "MaxPool": _largest,
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "Pow": lambda inputs, _: inputs[0] ** inputs[1],
    "ReduceMean": _mean,
    "Relu": lambda inputs, _: functional.relu(inputs[0]),
    "Reshape": _reshaped,
    "Shape": lambda inputs, _: torch.tensor(inputs[0].shape),
    "Sigmoid": lambda inputs, _: torch.sigmoid(inputs[0]),
    "Slice": _sliced,
    "Softmax": lambda inputs, node: functional.softmax(inputs[0], node["axis"]),
    "Sqrt": lambda inputs, _: inputs[0].sqrt(),
    "Squeeze": _squeezed,
    "Sub": lambda inputs, _: inputs[0] - inputs[1],
    "Transpose": lambda inputs, node: inputs[0].permute(*node["perm"]),
    "Unsqueeze": _unsqueezed,
}

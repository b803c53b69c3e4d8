"""Weights in half precision, to be shipped: half the size, widened when the model is loaded."""

from __future__ import annotations

import copy

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

#: Weights with fewer numbers stay as they are: nothing is saved.
_LEAST = 1000


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with its large weights stored as float16 and cast to float32 in the graph.

    Engines fold the casts while they load it: it computes in float32 as before.
    """
    small = copy.deepcopy(model)
    graph = small.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= _LEAST:
            name = tensor.name
            half = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return small


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the inverse of `halved`: all weights in float32, no casts of weights."""
    wide = copy.deepcopy(model)
    graph = wide.graph
    halves = {tensor.name: tensor for tensor in graph.initializer}
    casts = [node for node in graph.node if node.op_type == "Cast" and node.input[0] in halves]
    for cast in casts:
        tensor = halves[cast.input[0]]
        full = numpy_helper.to_array(tensor).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(full, cast.output[0]))
        graph.node.remove(cast)
    return wide

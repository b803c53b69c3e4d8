"""The mean of several recognisers."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from recogniser.errors import RecogniserError
from recogniser.mean import mean_of


def model(**weights: NDArray[np.generic]) -> onnx.ModelProto:
    tensors = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [])
    return helper.make_model(helper.make_graph([], "test", [], [output], tensors))


def weights_of(mean: onnx.ModelProto) -> dict[str, NDArray[np.generic]]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in mean.graph.initializer}


def test_every_weight_is_the_mean_of_all_models_in_its_own_precision() -> None:
    several = [
        model(half=np.full(2, value, np.float16), full=np.array([value, 0], np.float32))
        for value in (1, 2, 6)
    ]
    found = weights_of(mean_of(several))
    assert [values.dtype.name for values in found.values()] == ["float16", "float32"]
    assert [values.tolist() for values in found.values()] == [[3, 3], [3, 0]]
    assert weights_of(several[0])["half"].tolist() == [1, 1]


def test_shapes_and_other_whole_numbers_stay() -> None:
    found = mean_of([model(shape=np.array([1, 3])), model(shape=np.array([2, 8]))])
    assert weights_of(found)["shape"].tolist() == [1, 3]


@pytest.mark.parametrize("other", [{"v": np.zeros(2)}, {"w": np.zeros(3)}])
def test_models_of_other_weights_have_no_mean(other: dict[str, NDArray[np.generic]]) -> None:
    with pytest.raises(RecogniserError, match="w: not all models have it, of one shape"):
        mean_of([model(w=np.zeros(2)), model(**other)])

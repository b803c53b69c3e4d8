"""A shipped locator as a network that can learn on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from locator.errors import ShippedError
from locator.network import Locator, as_input


def load_shipped(folder: Path, pictures: Tensor) -> Locator:
    """Return the network whose weights an `inference.onnx` holds.

    The export melts each normalisation into the convolution before it. Here they part again: a
    normalisation is set to undo exactly what it does to these pictures, so that the network says
    what it said, and learns from there. Where the file is of a time before the judge, that starts
    without an opinion.

    Args:
        folder: Holds `inference.onnx`, as `locator.export` writes it.
        pictures: (n, 3, s, s) uint8 RGB of training, some dozens.

    Raises:
        ShippedError: The file is of another network.
    """
    weights = _weights_of(folder / "inference.onnx")
    judged = any(name.startswith("network.judge.") for name in weights)
    network = Locator()
    hooks = []
    try:
        for name, module in network.named_modules():
            if name.startswith("judge.") and not judged:
                continue
            if isinstance(module, nn.Conv2d):
                module.weight.data.copy_(weights[f"network.{name}.weight"])
                if module.bias is not None:
                    module.bias.data.copy_(weights[f"network.{name}.bias"])
            if isinstance(module, nn.BatchNorm2d):
                bias = weights[f"network.{_convolution_before(name)}.weight_bias"]
                hooks.append(module.register_forward_pre_hook(partial(_undo, bias)))
    except (KeyError, RuntimeError) as exc:
        raise ShippedError(f"{folder}/inference.onnx is of another network: {exc}") from exc
    with torch.no_grad():
        network.eval()(as_input(pictures))
    for hook in hooks:
        hook.remove()
    return network


def _weights_of(path: Path) -> dict[str, Tensor]:
    graph = onnx.load(path).graph
    # A copy: PyTorch wants memory that it may write to.
    return {
        weight.name: torch.from_numpy(numpy_helper.to_array(weight).copy())
        for weight in graph.initializer
    }


def _convolution_before(normalisation: str) -> str:
    stem, _, number = normalisation.rpartition(".")
    return f"{stem}.{int(number) - 1}"


def _undo(bias: Tensor, normalisation: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
    """Let a normalisation add the bias and do nothing else, for pictures like these."""
    (features,) = inputs
    mean, variance = features.mean((0, 2, 3)), features.var((0, 2, 3), correction=0)
    normalisation.running_mean = mean
    normalisation.running_var = variance
    normalisation.weight.data.copy_((variance + normalisation.eps).sqrt())
    normalisation.bias.data.copy_(bias + mean)

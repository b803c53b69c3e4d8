"""The network: a small convolutional trunk, features merged at stride 8, two heads."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from locator.contract import LABELS

#: Channels of the trunk at strides 2, 4, 8, 16, 32 and 64.
TRUNK_CHANNELS = (16, 24, 48, 96, 128, 160)

#: Residual blocks of the trunk at strides 4, 8, 16, 32 and 64. A seal may fill the picture: the
#: last stage sees 8 x 8 cells, so that its blocks look at all of it.
TRUNK_BLOCKS = (1, 2, 4, 3, 3)

#: Side of the windows that look around, in cells. PyTorch trains others than 3 on a CPU some twenty
#: times slower (oneDNN has a fast backward pass for this size alone).
KERNEL = 3

#: Channels of the merged features.
MERGED_CHANNELS = 64

#: Share of cells that hold a centre, as the heatmap says before training (focal loss diverges
#: where it starts at one half).
PRIOR = 0.01


class Maps(NamedTuple):
    """What the network says of every cell, before decoding.

    Attributes:
        heat: (n, 3, g, g) float, logits: is the centre of a seal of this class here.
        sides: (n, 4, g, g) float, logarithms of the distances from the cell's middle to the left,
            top, right and bottom side of the box, in cells.
    """

    heat: Tensor
    sides: Tensor


class Locator(nn.Module):
    """Finds centres and sides of seals on a picture of any size that 64 divides."""

    def __init__(self) -> None:
        super().__init__()
        stem, *stages = TRUNK_CHANNELS
        self.stem = _convolution(3, stem, kernel=KERNEL, stride=2)
        inputs = TRUNK_CHANNELS[:-1]
        self.stages = nn.ModuleList(map(_stage, inputs, stages, TRUNK_BLOCKS))
        self.laterals = nn.ModuleList(
            _convolution(width, MERGED_CHANNELS, activate=False) for width in stages[1:]
        )
        self.smooth = nn.ModuleList(Block(MERGED_CHANNELS) for _ in stages[2:])
        self.heat = _head(len(LABELS), bias=-math.log(1 / PRIOR - 1))
        self.sides = _head(4, bias=1.0)

    def forward(self, image: Tensor) -> Maps:
        """Look at pictures.

        Args:
            image: (n, 3, s, s) float RGB in -1..1.
        """
        features = self.stem(image)
        merged = self._merge(self._climb(features))
        return Maps(self.heat(merged), self.sides(merged))

    def _climb(self, features: Tensor) -> list[Tensor]:
        levels = []
        for stage in self.stages:
            features = stage(features)
            levels.append(features)
        return levels[1:]

    def _merge(self, levels: list[Tensor]) -> Tensor:
        laterals = [lateral(level) for lateral, level in zip(self.laterals, levels, strict=True)]
        merged: Tensor = functional.relu(laterals.pop())
        for smooth in self.smooth:
            merged = functional.interpolate(merged, scale_factor=2.0, mode="nearest")
            merged = smooth(functional.relu(merged + laterals.pop()))
        return merged


class Block(nn.Module):
    """Residual: widen, look around in each channel by itself, narrow again."""

    def __init__(self, width: int, expansion: int = 1) -> None:
        super().__init__()
        inner = width * expansion
        widen = _convolution(width, inner) if expansion > 1 else nn.Identity()
        self.body = nn.Sequential(
            widen,
            _convolution(inner, inner, kernel=KERNEL, groups=inner),
            _convolution(inner, width, activate=False),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape (n, width, h, w)."""
        return functional.relu(features + self.body(features))


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    expansion = 2 if outputs > MERGED_CHANNELS else 1
    return nn.Sequential(
        *_halve(inputs, outputs),
        *(Block(outputs, expansion) for _ in range(blocks)),
    )


def _halve(inputs: int, outputs: int) -> list[nn.Module]:
    if outputs <= MERGED_CHANNELS:  # few channels: all at once costs little, and trains faster
        return [_convolution(inputs, outputs, kernel=KERNEL, stride=2)]
    return [
        _convolution(inputs, inputs, kernel=KERNEL, stride=2, groups=inputs, activate=False),
        _convolution(inputs, outputs),
    ]


def _head(outputs: int, bias: float) -> nn.Sequential:
    last = nn.Conv2d(MERGED_CHANNELS, outputs, 1)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.constant_(last.bias, bias)  # type: ignore[arg-type]
    return nn.Sequential(Block(MERGED_CHANNELS), last)


def _convolution(
    inputs: int,
    outputs: int,
    *,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    activate: bool = True,
) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if activate:
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def in_memory(network: Locator, device: torch.device, layout: torch.memory_format) -> Locator:
    """Move a network to a device, its weights in a layout, and return it."""
    return network.to(device=device, memory_format=layout)  # type: ignore[call-overload,no-any-return]


def as_input(pictures: Tensor) -> Tensor:
    """Bring (n, 3, s, s) uint8 RGB to the network's float range -1..1."""
    return (
        pictures.to(torch.float32).div(127.5).sub(1.0).contiguous(memory_format=torch.channels_last)
    )

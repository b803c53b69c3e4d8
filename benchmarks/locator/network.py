"""The network: a small convolutional trunk, features merged at stride 8, two heads, a judge."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from locator.contract import LABELS, STRIDE
from locator.judge import Judge
from locator.layers import KERNEL, Block, convolution, halving
from locator.maps import Maps, Peaks, peaks_of

#: Channels of the trunk at strides 2, 4, 8, 16, 32 and 64.
TRUNK_CHANNELS = (16, 24, 48, 96, 128, 160)

#: Residual blocks of the trunk at strides 4, 8, 16, 32 and 64. A seal may fill the picture: the
#: last stage sees 8 x 8 cells, so that its blocks look at all of it.
TRUNK_BLOCKS = (1, 2, 4, 3, 3)

#: Channels of the merged features.
MERGED_CHANNELS = 64

#: Share of cells that hold a centre, as the heatmap says before training (focal loss diverges
#: where it starts at one half).
PRIOR = 0.01


class Sight(NamedTuple):
    """What the first half of the network sees of pictures.

    Attributes:
        fine: (n, c, s / 4, s / 4) features.
        merged: (n, c, s / 8, s / 8) features.
        maps: What they say of every cell.
    """

    fine: Tensor
    merged: Tensor
    maps: Maps


class Findings(NamedTuple):
    """What the network says of pictures.

    Attributes:
        maps: Of every cell.
        peaks: The cells that stand out.
        verdicts: (n, k, 3) float, logits: what the box of each peak shows.
    """

    maps: Maps
    peaks: Peaks
    verdicts: Tensor


class Locator(nn.Module):
    """Finds centres and sides of seals on a picture of any size that 64 divides."""

    def __init__(self) -> None:
        super().__init__()
        stem, *stages = TRUNK_CHANNELS
        self.stem = convolution(3, stem, kernel=KERNEL, stride=2)
        inputs = TRUNK_CHANNELS[:-1]
        self.stages = nn.ModuleList(map(_stage, inputs, stages, TRUNK_BLOCKS))
        self.laterals = nn.ModuleList(
            convolution(width, MERGED_CHANNELS, activate=False) for width in stages[1:]
        )
        self.smooth = nn.ModuleList(Block(MERGED_CHANNELS) for _ in stages[2:])
        self.heat = _head(len(LABELS), bias=-math.log(1 / PRIOR - 1))
        self.sides = _head(4, bias=1.0)
        self.judge = Judge(stages[0], MERGED_CHANNELS)

    def forward(self, image: Tensor) -> Findings:
        """Look at pictures.

        Args:
            image: (n, 3, s, s) float RGB in -1..1.
        """
        return self.judged(self.look(image))

    def look(self, image: Tensor) -> Sight:
        """Return what is seen of pictures (n, 3, s, s) before anything is judged as a whole."""
        fine, *levels = self._climb(self.stem(image))
        merged = self._merge(levels)
        return Sight(fine, merged, Maps(self.heat(merged), self.sides(merged)))

    def judged(self, sight: Sight) -> Findings:
        """Judge what stands out of what was seen."""
        maps = Maps(*(each.float() for each in sight.maps))
        peaks = Peaks(*(each.detach() for each in peaks_of(maps)))
        side = maps.heat.shape[-1] * STRIDE
        return Findings(maps, peaks, self.judge(sight.fine, sight.merged, peaks, side))

    def _climb(self, features: Tensor) -> list[Tensor]:
        levels = []
        for stage in self.stages:
            features = stage(features)
            levels.append(features)
        return levels

    def _merge(self, levels: list[Tensor]) -> Tensor:
        laterals = [lateral(level) for lateral, level in zip(self.laterals, levels, strict=True)]
        merged: Tensor = functional.relu(laterals.pop())
        for smooth in self.smooth:
            merged = functional.interpolate(merged, scale_factor=2.0, mode="nearest")
            merged = smooth(functional.relu(merged + laterals.pop()))
        return merged


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    expansion = 2 if outputs > MERGED_CHANNELS else 1
    return nn.Sequential(
        *_halve(inputs, outputs),
        *(Block(outputs, expansion) for _ in range(blocks)),
    )


def _halve(inputs: int, outputs: int) -> list[nn.Module]:
    if outputs <= MERGED_CHANNELS:  # few channels: all at once costs little, and trains faster
        return [convolution(inputs, outputs, kernel=KERNEL, stride=2)]
    return halving(inputs, outputs)


def _head(outputs: int, bias: float) -> nn.Sequential:
    last = nn.Conv2d(MERGED_CHANNELS, outputs, 1)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.constant_(last.bias, bias)  # type: ignore[arg-type]
    return nn.Sequential(Block(MERGED_CHANNELS), last)


def in_memory(network: Locator, device: torch.device, layout: torch.memory_format) -> Locator:
    """Move a network to a device, its weights in a layout, and return it."""
    return network.to(device=device, memory_format=layout)  # type: ignore[call-overload,no-any-return]


def as_input(pictures: Tensor) -> Tensor:
    """Bring (n, 3, s, s) uint8 RGB to the network's float range -1..1."""
    return (
        pictures.to(torch.float32).div(127.5).sub(1.0).contiguous(memory_format=torch.channels_last)
    )

"""The second half of the network: looks at each box that the maps name as a whole.

A cell of the maps sees what is around it, and not where the thing ends: a postmark's circles are
like a seal's, the frame of a rectangular seal is like a table's. Here the features under a box are
laid onto a square, whatever its size, and judged together.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from locator.contract import LABELS
from locator.layers import Block, convolution, halving
from locator.maps import Peaks

#: Points at which features are taken, along each side of a box.
SAMPLES = 12

#: How much wider than a box its square is: what stands around a seal tells, too.
GROWN = 1.3

#: Channels of the square, and after it was halved.
CHANNELS, LATER_CHANNELS = 64, 96


class Judge(nn.Module):
    """Says what a box shows, from features of the first half."""

    def __init__(self, fine: int, coarse: int) -> None:
        """Build a judge that leaves the maps' opinion as it is, until it has learned.

        Args:
            fine: Channels of the features at 4 pixels a cell.
            coarse: Channels of those at 8.
        """
        super().__init__()
        self.body = nn.Sequential(
            convolution(fine + coarse, CHANNELS),
            Block(CHANNELS),
            Block(CHANNELS),
            *halving(CHANNELS, LATER_CHANNELS),
            Block(LATER_CHANNELS),
            Block(LATER_CHANNELS),
        )
        known = LATER_CHANNELS + len(LABELS) + 2
        self.mix = convolution(known, CHANNELS)
        self.last = nn.Conv2d(CHANNELS, len(LABELS), 1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    @property
    def fresh(self) -> bool:
        """Whether it has learned nothing yet."""
        return not bool(self.last.weight.any())

    def forward(self, fine: Tensor, coarse: Tensor, peaks: Peaks, side: int) -> Tensor:
        """Judge boxes.

        Args:
            fine: (n, fine, h, w) features.
            coarse: (n, coarse, h / 2, w / 2) features.
            peaks: k boxes per picture.
            side: Of the pictures, in pixels.

        Returns:
            (n, k, 3) logits of each class.
        """
        count, boxes = peaks.boxes.shape[:2]
        grid = points_in(peaks.boxes / side).flatten(1, 2)
        under = torch.cat([_sampled(level, grid) for level in (fine, coarse)], dim=1)
        squares = under.unflatten(2, (boxes, SAMPLES)).transpose(1, 2).flatten(0, 1)
        seen = self.body(squares).mean(dim=(2, 3), keepdim=True)
        sizes = (peaks.boxes[..., 2:] - peaks.boxes[..., :2]) / side
        facts = torch.cat([peaks.logits, sizes], dim=2).flatten(0, 1)[..., None, None]
        change = self.last(self.mix(torch.cat([seen, facts.to(seen.dtype)], dim=1)))
        return peaks.logits + change.reshape(count, boxes, len(LABELS)).to(peaks.logits.dtype)


def points_in(boxes: Tensor) -> Tensor:
    """Return where features are taken.

    Args:
        boxes: (n, k, 4) x1, y1, x2, y2 as shares of the picture's sides.

    Returns:
        (n, k, SAMPLES, SAMPLES, 2) x, y from -1 to 1, the picture's edges.
    """
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    half = (boxes[..., 2:] - boxes[..., :2]) / 2 * GROWN
    steps = (torch.arange(SAMPLES, device=boxes.device) + 0.5) / SAMPLES * 2 - 1
    at = (middle.unsqueeze(3) + half.unsqueeze(3) * steps) * 2 - 1
    across, down = at[..., None, 0, :], at[..., 1, :, None]
    return torch.stack(torch.broadcast_tensors(across, down), dim=-1)


def _sampled(features: Tensor, grid: Tensor) -> Tensor:
    taken = functional.grid_sample(features.float(), grid.float(), align_corners=False)
    return taken.to(features.dtype)

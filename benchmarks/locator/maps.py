"""What the network says of every cell of a picture, and the cells that stand out."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from locator.contract import LABELS, STRIDE

#: Boxes per picture. More seals than this do not fit on a sheet side by side.
MOST_BOXES = 24


class Maps(NamedTuple):
    """What the network says of every cell, before decoding.

    Attributes:
        heat: (n, 3, g, g) float, logits: is the centre of a seal of this class here.
        sides: (n, 4, g, g) float, logarithms of the distances from the cell's middle to the left,
            top, right and bottom side of the box, in cells.
    """

    heat: Tensor
    sides: Tensor


class Peaks(NamedTuple):
    """The cells of pictures that are likelier centres than those around them, the best first.

    Attributes:
        logits: (n, k, 3) float, of each class.
        boxes: (n, k, 4) float: x1, y1, x2, y2 in input pixels, inside the picture.
    """

    logits: Tensor
    boxes: Tensor


def peaks_of(maps: Maps) -> Peaks:
    """Return the `MOST_BOXES` cells that stand out most, and the boxes that they name."""
    scores = maps.heat.sigmoid().amax(dim=1)
    alone = scores * (scores == functional.max_pool2d(scores, 3, stride=1, padding=1))
    cells = alone.flatten(1).topk(MOST_BOXES).indices.unsqueeze(2)
    side = maps.heat.shape[-1] * STRIDE
    boxes = boxes_of(maps.sides).flatten(2).transpose(1, 2)
    logits = maps.heat.flatten(2).transpose(1, 2)
    return Peaks(
        logits.gather(1, cells.expand(-1, -1, len(LABELS))),
        boxes.gather(1, cells.expand(-1, -1, 4)).clamp(0, side),
    )


def boxes_of(sides: Tensor) -> Tensor:
    """Return the box that each cell names.

    Args:
        sides: (n, 4, g, g) as in `Maps`.

    Returns:
        (n, 4, g, g): x1, y1, x2, y2 in input pixels.
    """
    reach = sides.clamp(-5.0, 5.0).exp() * STRIDE
    rows = (torch.arange(sides.shape[2], device=sides.device) + 0.5) * STRIDE
    columns = (torch.arange(sides.shape[3], device=sides.device) + 0.5) * STRIDE
    middle_y, middle_x = torch.meshgrid(rows, columns, indexing="ij")
    left, top, right, bottom = reach.unbind(1)
    return torch.stack(
        [middle_x - left, middle_y - top, middle_x + right, middle_y + bottom], dim=1
    )


def shared_areas(boxes: Tensor, others: Tensor) -> Tensor:
    """Return the areas that (n, k, 4) boxes share with (n, m, 4) others: (n, k, m)."""
    corner = torch.maximum(boxes.unsqueeze(2)[..., :2], others.unsqueeze(1)[..., :2])
    opposite = torch.minimum(boxes.unsqueeze(2)[..., 2:], others.unsqueeze(1)[..., 2:])
    return (opposite - corner).clamp(min=0).prod(dim=3)

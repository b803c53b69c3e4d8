"""How wrong the network's maps are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from locator.decode import boxes_of
from locator.network import Maps

#: How much badly judged cells count more than well judged ones (focal loss).
FOCUS = 2.0

#: How much cells near a centre are excused (CornerNet's penalty reduction).
EXCUSE = 4.0

#: Weight of the boxes beside the heatmap.
BOX_WEIGHT = 5.0


class TargetBatch(NamedTuple):
    """`Targets` of n pictures, stacked."""

    heat: Tensor
    asked: Tensor
    boxes: Tensor
    weights: Tensor


class Loss(NamedTuple):
    """The loss of a batch and its two parts, scalars."""

    total: Tensor
    heat: Tensor
    boxes: Tensor


def loss_of(maps: Maps, targets: TargetBatch) -> Loss:
    """Compare maps with what they should be."""
    heat = heat_loss(maps.heat.float(), targets.heat, targets.asked)
    boxes = box_loss(boxes_of(maps.sides.float()), targets.boxes, targets.weights)
    return Loss(heat + BOX_WEIGHT * boxes, heat, boxes)


def heat_loss(logits: Tensor, truth: Tensor, asked: Tensor) -> Tensor:
    """Return the focal loss of heatmaps, per centre.

    Args:
        logits: (n, c, g, g).
        truth: (n, c, g, g), 1 in the cells of centres.
        asked: (n, g, g), 0 where nothing is taught.
    """
    sure = logits.sigmoid()
    is_centre = truth == 1.0
    hit = -torch.nn.functional.logsigmoid(logits) * (1 - sure) ** FOCUS
    empty = -torch.nn.functional.logsigmoid(-logits) * sure**FOCUS * (1 - truth) ** EXCUSE
    per_cell = torch.where(is_centre, hit, empty) * asked.unsqueeze(1)
    return per_cell.sum() / is_centre.sum().clamp(min=1)


def box_loss(boxes: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Return the mean of 1 - GIoU over the taught boxes: 0 where all are equal, 2 at worst.

    Args:
        boxes: (n, 4, g, g) x1, y1, x2, y2.
        truth: (n, 4, g, g) in the same frame.
        weights: (n, g, g), as in `Targets`.
    """
    taught = weights > 0
    found, true = boxes.movedim(1, 3)[taught], truth.movedim(1, 3)[taught]
    weight = weights[taught]
    return ((1 - generalised_iou(found, true)) * weight).sum() / weight.sum().clamp(min=1)


def generalised_iou(a: Tensor, b: Tensor) -> Tensor:
    """Return the generalised IoU (Rezatofighi and others, 2019) of (m, 4) boxes, pair by pair."""
    shared = _area(torch.maximum(a[:, :2], b[:, :2]), torch.minimum(a[:, 2:], b[:, 2:]))
    hull = _area(torch.minimum(a[:, :2], b[:, :2]), torch.maximum(a[:, 2:], b[:, 2:]))
    union = _area(a[:, :2], a[:, 2:]) + _area(b[:, :2], b[:, 2:]) - shared
    return shared / union.clamp(min=1e-6) - (hull - union) / hull.clamp(min=1e-6)


def _area(corner: Tensor, opposite: Tensor) -> Tensor:
    return (opposite - corner).clamp(min=0).prod(dim=1)

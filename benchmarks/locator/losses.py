"""How wrong the network's maps are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from locator.contract import IGNORE, LABELS
from locator.maps import boxes_of, shared_areas
from locator.network import Findings

#: How much badly judged cells count more than well judged ones (focal loss).
FOCUS = 2.0

#: How much cells near a centre are excused (CornerNet's penalty reduction).
EXCUSE = 4.0

#: Weight of the boxes beside the heatmap.
BOX_WEIGHT = 5.0

#: Weight of the judge beside the heatmap.
JUDGE_WEIGHT = 1.0

#: IoU with a thing up to which a box misses it, and from which it fits. In between it fits in
#: proportion, so that of two boxes on a seal the better one becomes the surer one.
MISSES, FITS = 0.5, 0.8

#: Share of a box within a region that is left out from which it is left out, too.
LEFT_OUT = 0.5


class TargetBatch(NamedTuple):
    """`Targets` of n pictures, stacked."""

    heat: Tensor
    asked: Tensor
    boxes: Tensor
    weights: Tensor
    things: Tensor


class Loss(NamedTuple):
    """The loss of a batch and its three parts, scalars."""

    total: Tensor
    heat: Tensor
    boxes: Tensor
    judge: Tensor


def loss_of(found: Findings, targets: TargetBatch) -> Loss:
    """Compare what was found with what is there."""
    heat = heat_loss(found.maps.heat, targets.heat, targets.asked)
    boxes = box_loss(boxes_of(found.maps.sides), targets.boxes, targets.weights)
    judge = judge_loss(found.verdicts.float(), found.peaks.boxes, targets.things)
    return Loss(heat + BOX_WEIGHT * boxes + JUDGE_WEIGHT * judge, heat, boxes, judge)


def heat_loss(logits: Tensor, truth: Tensor, asked: Tensor) -> Tensor:
    """Return the focal loss of heatmaps, per centre.

    Args:
        logits: (n, c, g, g).
        truth: (n, c, g, g), 1 in the cells of centres.
        asked: (n, g, g), 0 where nothing is taught.
    """
    is_centre = truth == 1.0
    excused = (1 - truth) ** EXCUSE
    per_cell = torch.where(is_centre, _hit(logits), _empty(logits) * excused) * asked.unsqueeze(1)
    return per_cell.sum() / is_centre.sum().clamp(min=1)


def judge_loss(logits: Tensor, boxes: Tensor, things: Tensor) -> Tensor:
    """Return the focal loss of verdicts, per box that shows something.

    Args:
        logits: (n, k, c).
        boxes: (n, k, 4), of which they are the verdicts.
        things: (n, m, 5) as in `Targets`.
    """
    shown, asked = shown_in(boxes, things)
    off = (logits.sigmoid() - shown).abs() ** FOCUS
    wrong = functional.binary_cross_entropy_with_logits(logits, shown, reduction="none")
    per_box = off * wrong * asked.unsqueeze(2)
    return per_box.sum() / (shown.any(dim=2) & asked).sum().clamp(min=1)


def shown_in(boxes: Tensor, things: Tensor) -> tuple[Tensor, Tensor]:
    """Say what boxes show, and how well.

    Args:
        boxes: (n, k, 4).
        things: (n, m, 5) as in `Targets`.

    Returns:
        (n, k, c) float, 0 to 1, by class (judged by the quality focal loss of Li and others,
        2020, arXiv:2006.04388), and (n, k) bool: whether that can be said.
    """
    kinds, places = things[..., 0], things[..., 1:]
    shared = shared_areas(boxes, places)
    own = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0.01).prod(dim=2).unsqueeze(2)
    theirs = (places[..., 2:] - places[..., :2]).prod(dim=2).unsqueeze(1)
    iou = shared / (own + theirs - shared)
    left_out = (shared > LEFT_OUT * own) & (kinds == IGNORE).unsqueeze(1)
    is_thing = (kinds >= 0).unsqueeze(1)
    best, which = torch.where(is_thing, iou, 0.0).max(dim=2)
    kind = kinds.gather(1, which).long()
    classes = torch.arange(len(LABELS), device=boxes.device)
    fit = ((best - MISSES) / (FITS - MISSES)).clamp(0.0, 1.0)
    shown = fit.unsqueeze(2) * (kind.unsqueeze(2) == classes)
    return shown, (fit > 0) | ~left_out.any(dim=2)


def _hit(logits: Tensor) -> Tensor:
    return -functional.logsigmoid(logits) * (1 - logits.sigmoid()) ** FOCUS


def _empty(logits: Tensor) -> Tensor:
    return -functional.logsigmoid(-logits) * logits.sigmoid() ** FOCUS


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

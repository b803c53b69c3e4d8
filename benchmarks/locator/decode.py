"""From what the network found to boxes, in operations that ONNX has for any batch size."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from locator.contract import CUT_SEAL
from locator.maps import MOST_BOXES, shared_areas
from locator.network import Findings, Locator

#: IoU from which the less sure one of two boxes is the same seal seen twice.
SAME_IOU = 0.6

#: Share of the less sure box inside the surer one from which it is a part of it. PaddleX drops
#: such boxes too, if the pipeline asks it to (`layout_merge_bboxes_mode: large`).
PART_SHARE = 0.9

#: Less of both is enough together: a box of a part of a seal, cut off on one or two sides.
TRIMMED_IOU, TRIMMED_SHARE = 0.4, 0.76

#: Least weight, before it is squared, with which a box counts in the mean of those like it.
LEAST_VOTE = 1e-3

#: Logit from which a picture surely shows a seal (0.6), and by how much others on it are likelier
#: then: seals come in company, and what looks like them stands on pages without any.
SURE, COMPANY = 0.405, 0.5


class ExportedLocator(nn.Module):
    """The network with its decoding, as PaddleX's layout module calls it."""

    def __init__(self, network: Locator) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, scale_factor: Tensor) -> tuple[Tensor, Tensor]:
        """Find seals.

        Args:
            image: (n, 3, s, s) float RGB in -1..1.
            scale_factor: (n, 2) float, height and width of the input over those of the page.

        Returns:
            boxes: (n * MOST_BOXES, 6) float: class id, score, x1, y1, x2, y2 in page pixels.
            box_num: (n,) int32, rows of `boxes` per picture.
        """
        classes, scores, boxes = decode(self.network(image))
        scale = scale_factor.flip(1).repeat(1, 2).unsqueeze(1)
        rows = torch.cat([classes.unsqueeze(2), scores.unsqueeze(2), boxes / scale], dim=2)
        counts = torch.full_like(scale_factor[:, 0], MOST_BOXES, dtype=torch.int32)
        return rows.reshape(-1, 6), counts


def decode(found: Findings) -> tuple[Tensor, Tensor, Tensor]:
    """Turn findings into boxes, the surest first.

    Args:
        found: What the network said of n pictures.

    Returns:
        classes: (n, MOST_BOXES) float, class ids.
        scores: (n, MOST_BOXES) float, 0..1; zero for a seal seen twice.
        boxes: (n, MOST_BOXES, 4) float: x1, y1, x2, y2 in input pixels, inside the picture.
            Each is the mean of those that say the same, weighted by how surely they come from the
            seal's centre.
    """
    scores, classes = in_company(found.verdicts).sigmoid().max(dim=2)
    best, order = scores.topk(MOST_BOXES)
    boxes = found.peaks.boxes.gather(1, order.unsqueeze(2).expand(-1, -1, 4))
    labels = classes.gather(1, order).to(best.dtype)
    centred = found.peaks.logits.sigmoid().amax(dim=2).gather(1, order).clamp(min=LEAST_VOTE)
    pairs = _pairs_of(boxes)
    same = (pairs.shared > SAME_IOU * pairs.union).to(boxes.dtype)
    votes = same * centred.square().unsqueeze(1)
    return labels, best * _seen_first(pairs), votes @ boxes / votes.sum(dim=2, keepdim=True)


def in_company(verdicts: Tensor) -> Tensor:
    """Return verdicts (n, k, 3) with those on seals raised where one of the picture is sure."""
    seals, others = verdicts[..., :CUT_SEAL], verdicts[..., CUT_SEAL:]
    sure = seals.amax(dim=(1, 2), keepdim=True) >= SURE
    return torch.cat([seals + COMPANY * sure.to(seals.dtype), others], dim=2)


class _Pairs(NamedTuple):
    """What k boxes of n pictures have in common with each other.

    Attributes:
        shared: (n, k, k) float, areas.
        union: (n, k, k) float, areas.
        own: (n, k, 1) float, areas.
    """

    shared: Tensor
    union: Tensor
    own: Tensor


def _pairs_of(boxes: Tensor) -> _Pairs:
    shared = shared_areas(boxes, boxes)
    areas = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0.01).prod(dim=2)
    return _Pairs(shared, areas.unsqueeze(2) + areas.unsqueeze(1) - shared, areas.unsqueeze(2))


def _seen_first(pairs: _Pairs) -> Tensor:
    """Say which boxes no surer one repeats: (n, k) float, one or zero."""
    shared, union, own = pairs
    trimmed = (shared > TRIMMED_IOU * union) & (shared > TRIMMED_SHARE * own)
    repeats = (shared > SAME_IOU * union) | (shared > PART_SHARE * own) | trimmed
    surer = torch.ones(*shared.shape[1:], device=shared.device).tril(-1) > 0
    return 1.0 - (repeats & surer).any(dim=2).to(shared.dtype)

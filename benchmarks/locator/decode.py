"""From the network's maps to boxes, in operations that ONNX has for any batch size."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from locator.contract import STRIDE
from locator.network import Locator, Maps

#: Boxes per picture. More seals than this do not fit on a sheet side by side; the rest score zero.
MOST_BOXES = 24

#: IoU from which the less sure one of two boxes is the same seal seen twice.
SAME_IOU = 0.6

#: Share of the less sure box inside the surer one from which it is a part of it. PaddleX drops
#: such boxes too, if the pipeline asks it to (`layout_merge_bboxes_mode: large`).
PART_SHARE = 0.9


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
        classes, scores, boxes = decode(self.network(image), side=image.shape[-1])
        scale = scale_factor.flip(1).repeat(1, 2).unsqueeze(1)
        rows = torch.cat([classes.unsqueeze(2), scores.unsqueeze(2), boxes / scale], dim=2)
        counts = torch.full_like(scale_factor[:, 0], MOST_BOXES, dtype=torch.int32)
        return rows.reshape(-1, 6), counts


def decode(maps: Maps, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """Turn maps into boxes, the surest first.

    Args:
        maps: What the network said of n pictures.
        side: Side of the pictures, in pixels.

    Returns:
        classes: (n, MOST_BOXES) float, class ids.
        scores: (n, MOST_BOXES) float, 0..1; zero for a seal seen twice.
        boxes: (n, MOST_BOXES, 4) float: x1, y1, x2, y2 in input pixels, inside the picture.
    """
    scores, classes = maps.heat.sigmoid().max(dim=1)
    peaks = scores * (scores == functional.max_pool2d(scores, 3, stride=1, padding=1))
    best, cells = peaks.flatten(1).topk(MOST_BOXES)
    boxes = boxes_of(maps.sides).flatten(2).transpose(1, 2)
    chosen = boxes.gather(1, cells.unsqueeze(2).expand(-1, -1, 4)).clamp(0, side)
    labels = classes.flatten(1).gather(1, cells).to(best.dtype)
    return labels, best * _seen_first(chosen), chosen


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


def _seen_first(boxes: Tensor) -> Tensor:
    """Say which of (n, k, 4) boxes no surer one repeats: (n, k) float, one or zero."""
    corner = torch.maximum(boxes.unsqueeze(2)[..., :2], boxes.unsqueeze(1)[..., :2])
    opposite = torch.minimum(boxes.unsqueeze(2)[..., 2:], boxes.unsqueeze(1)[..., 2:])
    shared = (opposite - corner).clamp(min=0).prod(dim=3)
    areas = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0.01).prod(dim=2)
    union = areas.unsqueeze(2) + areas.unsqueeze(1) - shared
    repeats = (shared > SAME_IOU * union) | (shared > PART_SHARE * areas.unsqueeze(2))
    surer = torch.ones(boxes.shape[1], boxes.shape[1], device=boxes.device).tril(-1) > 0
    return 1.0 - (repeats & surer).any(dim=2).to(boxes.dtype)

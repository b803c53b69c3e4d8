"""What the network should say of a picture: its maps, from the boxes on it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from locator.contract import IGNORE, LABELS, NOTHING, STRIDE

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

#: Spread of a centre's bell, as a share of the box's sides: 0.54 / 6, as in TTFNet (Liu and others,
#: 2020, arXiv:1909.00700), whose training on all cells near a centre is used here too.
SPREAD = 0.09

#: Least spread, in cells: the smallest seals still teach the cells beside their centre.
LEAST_SPREAD = 0.4

#: Height of the bell from which a cell learns the box.
TAUGHT = 0.1

#: Seals, marks and regions to be left out of which a picture tells the judge, at most.
MOST_THINGS = 24


class Targets(NamedTuple):
    """What to learn from one picture.

    Attributes:
        heat: (3, g, g) float32, per class: 1 in the cell of a centre, falling off around it.
        asked: (g, g) float32, 0 where the picture says neither yes nor no, else 1.
        boxes: (4, g, g) float32: x1, y1, x2, y2 in input pixels of the box that the cell names.
        weights: (g, g) float32: how much the cell's box counts; all cells of one box sum to 1.
        things: (MOST_THINGS, 5) float32: class id or `IGNORE`, x1, y1, x2, y2 of what is on the
            picture; `NOTHING` in the rows that are left.
    """

    heat: Floats
    asked: Floats
    boxes: Floats
    weights: Floats
    things: Floats


def make_targets(boxes: Floats, labels: Ints, side: int) -> Targets:
    """Draw the maps of a picture.

    Args:
        boxes: (n, 4) x1, y1, x2, y2 in input pixels.
        labels: (n,) class ids or `IGNORE`.
        side: Side of the picture, in pixels.
    """
    grid = side // STRIDE
    targets = Targets(
        np.zeros((len(LABELS), grid, grid), np.float32),
        np.ones((grid, grid), np.float32),
        np.zeros((4, grid, grid), np.float32),
        np.zeros((grid, grid), np.float32),
        _listed(boxes, labels),
    )
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for index in np.argsort(-areas):  # a small seal on a large one has the last word
        if labels[index] == IGNORE:
            _leave_out(targets, boxes[index])
        else:
            _teach(targets, boxes[index], int(labels[index]))
    return targets


def _listed(boxes: Floats, labels: Ints) -> Floats:
    things = np.full((MOST_THINGS, 5), NOTHING, np.float32)
    count = min(len(boxes), MOST_THINGS)
    things[:count, 0], things[:count, 1:] = labels[:count], boxes[:count]
    return things


def _leave_out(targets: Targets, box: Floats) -> None:
    x1, y1 = np.floor(box[:2] / STRIDE).astype(int)
    x2, y2 = np.ceil(box[2:] / STRIDE).astype(int)
    targets.asked[y1:y2, x1:x2] = 0.0


def _teach(targets: Targets, box: Floats, label: int) -> None:
    bell = _bell(box, targets.asked.shape[0])
    np.maximum(targets.heat[label], bell, out=targets.heat[label])
    taught = bell > TAUGHT
    targets.boxes[:, taught] = box[:, None]
    targets.weights[taught] = bell[taught] / bell[taught].sum()
    targets.asked[bell == 1.0] = 1.0


def _bell(box: Floats, grid: int) -> Floats:
    cells = np.arange(grid, dtype=np.float32)
    spread_x, spread_y = np.maximum((box[2:] - box[:2]) / STRIDE * SPREAD, LEAST_SPREAD)
    column, row = centre_cell(box, grid)
    across = np.exp(-((cells - column) ** 2) / (2 * spread_x**2))
    down = np.exp(-((cells - row) ** 2) / (2 * spread_y**2))
    bell: Floats = np.outer(down, across).astype(np.float32)
    return bell


def centre_cell(box: Floats, grid: int) -> tuple[int, int]:
    """Return column and row of the cell that holds the middle of a box in input pixels."""
    column, row = ((box[:2] + box[2:]) / (2 * STRIDE)).astype(int)
    return min(int(column), grid - 1), min(int(row), grid - 1)

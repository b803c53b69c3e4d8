"""From a sheet and the way it was taken to the truth in the image's pixels."""

from __future__ import annotations

import math

import numpy as np

from sealbench import geometry
from sealbench.capture import Shot
from sealbench.design import Arc, Columns, Design, Line
from sealbench.geometry import Matrix, Points
from sealbench.marks import Stamped
from sealbench.sheet import Sheet
from sealbench.truth import DistractorTruth, SealTruth, TextTruth

#: Share of a seal's area from which on it counts as whole.
WHOLE = 0.98
#: Share of a seal's area below which a splinter at the edge is no seal to anybody.
SPLINTER = 0.02


def page_truth(
    sheet: Sheet, shot: Shot
) -> tuple[tuple[SealTruth, ...], tuple[DistractorTruth, ...]]:
    """Return what of the sheet's seals, and of what looks like them, is in the image."""
    seals = [_seal(stamped, sheet, shot) for stamped in sheet.stamped]
    lookalikes = (
        (lookalike.kind, _visible(lookalike.outline, sheet, shot)) for lookalike in sheet.lookalikes
    )
    distractors = [
        DistractorTruth(kind, geometry.bounds(seen)) for kind, seen in lookalikes if len(seen)
    ]
    return tuple(seal for seal in seals if seal is not None), tuple(distractors)


def _seal(stamped: Stamped, sheet: Sheet, shot: Shot) -> SealTruth | None:
    seen = _visible(stamped.part, sheet, shot)
    inverse: Matrix = np.linalg.inv(shot.matrix).astype(float)
    back = geometry.moved(seen, inverse) if len(seen) else seen
    share = min(1.0, geometry.area(back) / geometry.area(stamped.outline))
    if share < SPLINTER:
        return None
    seal, whole = stamped.seal, share >= WHOLE
    right, scale = _local_frame(shot.matrix, stamped.centre)
    return SealTruth(
        seal_id=seal.seal_id,
        label=seal.label if whole or seal.label == "tax_mark" else "cut",
        box=geometry.bounds(seen),
        polygon=geometry.as_polygon(seen),
        shape=seal.design.shape,
        ink=seal.ink,
        rotation=round((seal.rotation + right + 180) % 360 - 180, 2),
        visible=round(share, 4),
        position=_position(stamped, whole=whole),
        texts=tuple(
            TextTruth(role, text, round(height * sheet.scale * scale, 2))
            for role, text, height in _texts(seal.design)
        ),
        flaws=seal.flaws,
    )


def _visible(outline: Points, sheet: Sheet, shot: Shot) -> Points:
    """Return what of a convex outline lies on the sheet and in the image, in its pixels."""
    on_sheet = geometry.clipped(outline, sheet.frame)
    if len(on_sheet) == 0:
        return on_sheet
    height, width = shot.image.shape[:2]
    return geometry.clipped(
        geometry.moved(on_sheet, shot.matrix), geometry.rectangle(0, 0, width, height)
    )


def _local_frame(matrix: Matrix, centre: tuple[float, ...]) -> tuple[float, float]:
    """Return how a homography turns (degrees counter-clockwise) and scales things near a point."""
    here = np.array(centre)
    start, right, down = geometry.moved(here + np.array([(0, 0), (1, 0), (0, 1)], float), matrix)
    east, south = right - start, down - start
    turned = -math.degrees(math.atan2(east[1], east[0]))
    return turned, math.sqrt(abs(float(east[0] * south[1] - east[1] * south[0])))


def _position(stamped: Stamped, *, whole: bool) -> tuple[str, ...]:
    found = list(stamped.habits)
    if stamped.seal.straddling:
        found.append("straddling")
    elif not whole:
        found.append("edge")
    return tuple(found) or ("plain",)


def _texts(design: Design) -> list[tuple[str, str, float]]:
    """Return role, text and height in millimetres of all that is to be read on a seal."""
    found = []
    for element in design.elements:
        if isinstance(element, Arc | Line):
            found.append((element.role, element.text, element.letters.height))
        if isinstance(element, Columns):
            tallest = max(len(column) for column in element.columns)
            found.append((element.role, "".join(element.columns), element.size[1] / tallest))
    return found

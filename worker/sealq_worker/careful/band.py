"""How deep into the ring a name reaches, from its own ink."""

from __future__ import annotations

from sealq_worker.careful.outline import Points
from sealq_worker.careful.unwrap import Strip, unwrapped
from sealq_worker.careful.views import SealViews

#: Depth down to which the ring is looked at, as a share of the shorter half axis, and pixels that
#: show it.
_DEEPEST, _ROWS = 0.6, 120

#: Share of the ink in its fullest rows below which a row is no part of the text.
_NOTHING = 0.2

#: Share of the text's height left on either side.
_MARGIN = 0.1


def text_band(seal: SealViews, part: Strip) -> tuple[float, float]:
    """Return the depth of a text's outer and inner edge, as shares of the shorter half axis.

    Args:
        seal: Round or oval.
        part: Where the text is, and about how deep.
    """
    short = seal.geometry.axes[1]
    strip = Strip(part.start, part.span, 0.0, _DEEPEST * short)
    dark = 1 - unwrapped(seal.clean[..., :1], seal.geometry, strip, _ROWS) / 255.0
    profile = dark.reshape(_ROWS, -1).mean(axis=1)
    first, last = (depth / strip.inner * _ROWS for depth in (part.outer, part.inner))
    top, bottom = text_rows(profile, round(first), round(last))
    margin = _MARGIN * (bottom - top)
    outer, inner = ((row / _ROWS) * _DEEPEST for row in (top - margin, bottom + margin))
    return max(0.0, outer), min(_DEEPEST, inner)


def text_rows(profile: Points, first: int, last: int) -> tuple[int, int]:
    """Return the rows that a text takes: from its middle on, as far as there is ink.

    Args:
        profile: (rows,) ink in each.
        first: About where the text begins; it may begin half its height earlier or later.
        last: About where it ends, likewise.
    """
    reach = (last - first) // 3
    middle = profile[first + reach : last - reach]
    least = _NOTHING * float(middle.max()) if middle.size else 0.0
    top = first + reach
    while top > max(0, first - reach // 2) and profile[top - 1] > least:
        top -= 1
    bottom = last - reach
    while bottom < min(len(profile), last + reach // 2) and profile[bottom] > least:
        bottom += 1
    return top, bottom

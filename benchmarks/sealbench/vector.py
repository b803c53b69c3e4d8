"""Pages of a PDF whose text and lines are paths, and whose seals may live in signature fields."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont
from numpy.typing import NDArray

from sealbench.glyphs import BASELINE, advance
from sealbench.marks import Colour, Curve, Inked, Mark, Print
from sealbench.pdf import POINTS_PER_INCH, Pdf
from sealbench.sheet import Sheet

Number = float
#: The print flag of an annotation.
_PRINTED = 4


def vector_page(pdf: Pdf, sheet: Sheet, *, signed: bool) -> None:
    """Add a sheet as a page drawn by paths.

    Args:
        pdf: File to add to.
        sheet: What to draw.
        signed: Whole seals live in the appearances of signature fields, not on the page.
    """
    height, width = sheet.image.shape[:2]
    unit = POINTS_PER_INCH / sheet.dpi
    # From here on everything is in the sheet's pixels, y down.
    parts = [f"{unit:.6f} 0 0 {-unit:.6f} 0 {height * unit:.3f} cm".encode()]
    images: list[int] = []
    widgets: list[str] = []
    for mark in sheet.marks:
        if isinstance(mark, Inked):
            images.append(_ink_image(pdf, mark))
            if signed and mark.seal is not None and mark.seal.label == "seal":
                widgets.append(_widget(pdf, mark, images[-1], (unit, height), len(widgets)))
            else:
                parts.append(_placed(mark, len(images) - 1))
        else:
            parts.append(_drawn(mark))
    named = " ".join(f"/I{i} {number} 0 R" for i, number in enumerate(images))
    resources = f"/XObject << {named} >> /ExtGState << /M << /BM /Multiply >> >>"
    pdf.add_page((width * unit, height * unit), b"\n".join(parts), resources, widgets)


def _drawn(mark: Mark) -> bytes:
    match mark:
        case Print():
            return _printed(mark)
        case Curve(points, width, colour):
            path = " ".join(_steps(points.tolist()))
            end = f"{_rgb(colour)} rg {path} f"
            if width is not None:
                end = f"{_rgb(colour)} RG {width:.2f} w 1 J 1 j {path} S"
            return end.encode()
        case _:
            raise AssertionError(mark)


def _printed(mark: Print) -> bytes:
    x, y = mark.corner[0], mark.corner[1] + round(BASELINE * mark.size)
    parts = [f"{_rgb(mark.colour)} rg"]
    for char in mark.text:
        path, em = _glyph_path(mark.face, char)
        zoom = mark.size / em
        if path:
            parts.append(f"q {zoom:.6f} 0 0 {-zoom:.6f} {x} {y} cm {path} f Q")
        x += advance(mark.face, char, mark.size) + mark.gap
    return "\n".join(parts).encode()


def _ink_image(pdf: Pdf, mark: Inked) -> int:
    """Add an image of one colour, its alpha as a soft mask."""
    height, width = mark.alpha.shape
    size = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8"
    mask = pdf.add(f"{size} /ColorSpace /DeviceGray", mark.alpha.tobytes())
    flat: NDArray[np.uint8] = np.empty((height, width, 3), np.uint8)
    flat[:] = mark.colour[::-1]
    return pdf.add(f"{size} /ColorSpace /DeviceRGB /SMask {mask} 0 R", flat.tobytes())


def _placed(mark: Inked, number: int) -> bytes:
    height, width = mark.alpha.shape
    x, y = mark.corner
    return f"q /M gs {width} 0 0 {-height} {x} {y + height} cm /I{number} Do Q".encode()


def _widget(pdf: Pdf, mark: Inked, image: int, frame: tuple[float, int], number: int) -> str:
    """Return a signature field whose appearance is the seal."""
    unit, sheet_height = frame
    height, width = mark.alpha.shape
    box = f"/BBox [0 0 {width} {height}]"
    resources = f"/Resources << /XObject << /I {image} 0 R >> >>"
    look = pdf.add(
        f"/Type /XObject /Subtype /Form {box} {resources}",
        f"q {width} 0 0 {height} 0 0 cm /I Do Q".encode(),
    )
    left, top = mark.corner[0] * unit, (sheet_height - mark.corner[1]) * unit
    rect = f"{left:.3f} {top - height * unit:.3f} {left + width * unit:.3f} {top:.3f}"
    return (
        f"/Type /Annot /Subtype /Widget /FT /Sig /T (Signature{number + 1}) /F {_PRINTED} "
        f"/Rect [{rect}] /AP << /N {look} 0 R >>"
    )


def _rgb(colour: Colour) -> str:
    return " ".join(f"{channel / 255:.3f}" for channel in colour[::-1])


def _steps(points: list[list[float]]) -> Iterator[str]:
    for i, (x, y) in enumerate(points):
        yield f"{x:.2f} {y:.2f} {'l' if i else 'm'}"


class _PathPen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """Writes an outline down in PDF's syntax."""

    def __init__(self, glyphs: object) -> None:
        super().__init__(glyphs)
        self.parts: list[str] = []

    def _moveTo(self, pt: tuple[Number, Number]) -> None:  # noqa: N802  # fontTools' name
        self.parts.append(f"{pt[0]:.0f} {pt[1]:.0f} m")

    def _lineTo(self, pt: tuple[Number, Number]) -> None:  # noqa: N802  # fontTools' name
        self.parts.append(f"{pt[0]:.0f} {pt[1]:.0f} l")

    def _curveToOne(  # noqa: N802  # fontTools' name
        self,
        pt1: tuple[Number, Number],
        pt2: tuple[Number, Number],
        pt3: tuple[Number, Number],
    ) -> None:
        steps = " ".join(f"{x:.0f} {y:.0f}" for x, y in (pt1, pt2, pt3))
        self.parts.append(f"{steps} c")

    def _closePath(self) -> None:  # noqa: N802  # fontTools' name
        self.parts.append("h")


@lru_cache(maxsize=8)
def _opened(face: Path) -> TTFont:
    return TTFont(face)


@lru_cache(maxsize=10_000)
def _glyph_path(face: Path, char: str) -> tuple[str, int]:
    """Return a character's outline and the em that it is drawn in."""
    font = _opened(face)
    glyphs = font.getGlyphSet()
    pen = _PathPen(glyphs)
    glyphs[font.getBestCmap().get(ord(char), ".notdef")].draw(pen)
    return " ".join(pen.parts), font["head"].unitsPerEm

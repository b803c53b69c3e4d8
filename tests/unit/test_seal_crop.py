"""A cut-out of one seal is read whole; whatever may be a page is not."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sealq_worker.seal_crop import is_seal_crop

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

# BGR, as inks really look on paper.
RED: Colour = (48, 40, 214)
BLUE: Colour = (180, 70, 40)
PURPLE: Colour = (150, 40, 110)
BLACK: Colour = (25, 25, 25)
GREY: Colour = (90, 90, 90)
OLD_PAPER: Colour = (190, 225, 240)


def paper(width: int, height: int, colour: Colour = (255, 255, 255)) -> Image:
    return np.full((height, width, 3), colour, np.uint8)


def draw_glyph(image: Image, x: float, y: float, side: float, colour: Colour) -> None:
    """Draw what has the weight of a Chinese character: three bars and a post."""
    thickness = max(1, round(side / 9))
    left, right = round(x - side / 2), round(x + side / 2)
    for share in (-0.4, 0, 0.4):
        row = round(y + share * side)
        cv2.line(image, (left, row), (right, row), colour, thickness)
    middle, top, bottom = round(x), round(y - side / 2), round(y + side / 2)
    cv2.line(image, (middle, top), (middle, bottom), colour, thickness)


def draw_text(
    image: Image, box: tuple[int, int, int, int], side: int, colour: Colour = BLACK
) -> None:
    left, top, right, bottom = box
    for y in range(top + side, bottom, 2 * side):
        for x in range(left + side, right - side // 2, round(1.2 * side)):
            draw_glyph(image, x, y, side, colour)


def draw_seal(
    image: Image,
    centre: tuple[int, int],
    axes: tuple[int, int],
    colour: Colour = RED,
    gap: int = 0,
) -> None:
    """Draw a round or oval company seal: ring, text along it, star, text below.

    Args:
        image: To draw on.
        centre: Pixels.
        axes: Half width and half height of the ring's outer edge.
        colour: Of the ink.
        gap: Degrees of the ring that are worn off.
    """
    x, y = centre
    across, down = axes
    ring = max(2, round(down * 0.05))
    cv2.ellipse(image, centre, (across - ring // 2, down - ring // 2), 0, gap, 360, colour, ring)
    for degrees in range(150, 391, 24):
        angle = math.radians(degrees)
        at = (x + 0.75 * across * math.cos(angle), y + 0.75 * down * math.sin(angle))
        draw_glyph(image, *at, down * 0.22, colour)
    cv2.fillPoly(image, [star(x, y, down * 0.28)], colour)
    for step in (-1.5, -0.5, 0.5, 1.5):
        draw_glyph(image, x + step * across * 0.24, y + down * 0.55, down * 0.2, colour)


def star(x: float, y: float, radius: float) -> NDArray[np.int32]:
    points = []
    for corner in range(10):
        length = radius * (1 if corner % 2 == 0 else 0.38)
        angle = math.pi * corner / 5
        points.append((x + length * math.sin(angle), y - length * math.cos(angle)))
    return np.array(points, np.float64).round().astype(np.int32)


def round_crop(
    side: int = 400,
    colour: Colour = RED,
    background: Colour = (255, 255, 255),
    share: float = 0.96,
    gap: int = 0,
) -> Image:
    """Return a round seal that takes the given share of the picture's sides."""
    image = paper(side, side, background)
    radius = round(share * side / 2)
    draw_seal(image, (side // 2, side // 2), (radius, radius), colour, gap)
    return image


def oval_crop() -> Image:
    image = paper(450, 310)
    draw_seal(image, (225, 155), (215, 145))
    return image


def square_crop() -> Image:
    """A name chop of four characters."""
    image = paper(200, 200)
    cv2.rectangle(image, (8, 8), (192, 192), RED, 10)
    for x in (60, 140):
        for y in (60, 140):
            draw_glyph(image, x, y, 70, RED)
    return image


def over_black_text() -> Image:
    """As cut from a contract: the seal lies on text that runs out of the picture."""
    image = paper(300, 300)
    draw_text(image, (-20, 90, 320, 250), 26)
    draw_seal(image, (150, 150), (145, 145))
    return image


CROPS = {
    "round": round_crop(),
    "largest": round_crop(side=1000),
    "small": round_crop(side=80),
    "blue": round_crop(colour=BLUE),
    "purple": round_crop(colour=PURPLE),
    "on old paper": round_crop(background=OLD_PAPER),
    "with a margin": round_crop(share=0.84),
    "worn": round_crop(gap=40),
    "over black text": over_black_text(),
    "oval": oval_crop(),
    "square": square_crop(),
}


@pytest.mark.parametrize("image", [pytest.param(image, id=name) for name, image in CROPS.items()])
def test_a_seal_that_fills_the_picture_is_a_crop(image: Image) -> None:
    assert is_seal_crop(image)


def letter(width: int, height: int) -> Image:
    """A page with a red letterhead and its line, black text, and a seal at the bottom."""
    image = paper(width, height)
    draw_text(image, (width // 6, height // 20, 5 * width // 6, height // 8), width // 16, RED)
    rule = height // 6
    cv2.line(image, (width // 20, rule), (19 * width // 20, rule), RED, max(1, width // 160))
    draw_text(image, (width // 10, height // 5, 9 * width // 10, 17 * height // 20), width // 40)
    radius = width // 8
    draw_seal(image, (7 * width // 10, 8 * height // 10), (radius, radius))
    return image


def invoice(width: int, height: int, rule: int) -> Image:
    """A VAT invoice: a table of red lines that fills the page, red words, a seal."""
    image = paper(width, height)
    left, right, top, bottom = width // 25, width - width // 25, height // 8, height - height // 30
    for step in range(9):
        y = top + (bottom - top) * step // 8
        cv2.line(image, (left, y), (right, y), RED, rule)
        x = left + (right - left) * step // 8
        cv2.line(image, (x, top), (x, bottom), RED, rule)
    draw_text(image, (width // 3, 0, 2 * width // 3, height // 8), width // 22, RED)
    draw_seal(image, (3 * width // 4, 3 * height // 4), (height // 9, height // 9))
    return image


def certificate(width: int, height: int, border: int) -> Image:
    """A thick red frame, a red title, black text, a seal."""
    image = paper(width, height)
    corner = (width - 4 - border // 2, height - 4 - border // 2)
    cv2.rectangle(image, (4 + border // 2, 4 + border // 2), corner, RED, border)
    draw_text(image, (width // 4, height // 8, 3 * width // 4, height // 4), width // 14, RED)
    draw_text(image, (width // 8, height // 3, 7 * width // 8, 3 * height // 4), width // 40)
    draw_seal(image, (7 * width // 10, 4 * height // 5), (width // 9, width // 9))
    return image


def red_form(width: int, height: int) -> Image:
    """A form printed all in red: framed as a square seal is, but in the shape of a page."""
    image = paper(width, height)
    draw_text(image, (10, 10, width - 10, height - 10), 24, RED)
    cv2.rectangle(image, (6, 6), (width - 6, height - 6), RED, 4)
    return image


def pages() -> Iterator[tuple[str, Image]]:
    """Pages in full and as thumbnails of several sizes."""
    for width, height in ((2000, 2800), (700, 1000), (500, 700), (250, 350), (120, 168)):
        yield f"letter {width}", letter(width, height)
    for width, height in ((1000, 620), (700, 450), (600, 600), (500, 700), (400, 280)):
        yield f"invoice {width} x {height}", invoice(width, height, 2)
    yield "form", red_form(420, 300)
    for border in (3, 10, 30, 45):
        yield f"certificate {border}", certificate(500, 700, border)
        yield f"square certificate {border}", certificate(600, 600, border)


@pytest.mark.parametrize("image", [pytest.param(image, id=name) for name, image in pages()])
def test_a_page_is_no_crop_at_any_size(image: Image) -> None:
    assert not is_seal_crop(image)


def text_only() -> Image:
    image = paper(400, 300)
    draw_text(image, (10, 10, 390, 290), 24)
    return image


def red_text_only(width: int, height: int) -> Image:
    image = paper(width, height)
    draw_text(image, (10, 10, width - 10, height - 10), 24, RED)
    return image


def photo() -> Image:
    """Soft areas of many colours."""
    coarse = np.random.default_rng(7).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (640, 480), interpolation=cv2.INTER_CUBIC), np.uint8)


def noise() -> Image:
    return np.random.default_rng(7).integers(0, 256, (400, 400, 3), dtype=np.uint8)


def disc() -> Image:
    image = paper(300, 300)
    cv2.circle(image, (150, 150), 140, RED, -1)
    return image


def pen_circle() -> Image:
    image = paper(400, 400)
    cv2.circle(image, (200, 200), 190, RED, 3)
    return image


def two_seals() -> Image:
    image = paper(600, 400)
    draw_seal(image, (155, 200), (145, 145))
    draw_seal(image, (445, 200), (145, 145))
    return image


def long_oval() -> Image:
    image = paper(600, 300)
    draw_seal(image, (300, 150), (290, 145))
    return image


NO_CROPS = {
    "blank": paper(400, 400),
    "all red": paper(400, 400, RED),
    "one pixel": paper(1, 1, RED),
    "text": text_only(),
    "red text": red_text_only(400, 300),
    "square of red text": red_text_only(400, 400),
    "photo": photo(),
    "noise": noise(),
    "disc": disc(),
    "circle of a pen": pen_circle(),
    "two seals": two_seals(),
    "too long": long_oval(),
    "too large": round_crop(side=1001),
    "too small": round_crop(side=47),
    "wide margin": round_crop(share=0.5),
    "grey": round_crop(colour=GREY),
}


@pytest.mark.parametrize(
    "image", [pytest.param(image, id=name) for name, image in NO_CROPS.items()]
)
def test_what_is_no_seal_or_not_only_one_is_no_crop(image: Image) -> None:
    assert not is_seal_crop(image)

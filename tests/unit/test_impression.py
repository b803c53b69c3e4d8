"""Rules of impressions: what makes two of them the same, alike, or neither."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sealq_storage.impressions import NewImpression
from sealq_storage.readings import NewRegion
from sealq_worker.impression import impression_of, with_impressions

Image = NDArray[np.uint8]

RED, BLACK = (40, 40, 210), (30, 30, 30)


def page(*, size: int = 600) -> Image:
    return np.full((size, size, 3), 255, np.uint8)


def stamp(
    picture: Image, x: int, y: int, words: str = "SEAL ONE", colour: tuple[int, int, int] = RED
) -> Image:
    """Draw a seal of 200 pixels with its corner there."""
    cv2.circle(picture, (x + 100, y + 100), 97, colour, 5, cv2.LINE_AA)
    for row, word in enumerate(words.split()):
        place = (x + 30, y + 85 + 50 * row)
        cv2.putText(picture, word, place, cv2.FONT_HERSHEY_SIMPLEX, 1.6, colour, 6, cv2.LINE_AA)
    return picture


def box(x: int, y: int, off: tuple[int, int, int, int] = (0, 0, 0, 0)) -> NewRegion:
    """Return the region that a locator makes of that seal, off at each edge by so much."""
    left, top, right, bottom = off
    corners = (x + left, y + top, x + 200 + right, y + 200 + bottom)
    return NewRegion("page", tuple(map(float, corners)), 0.9, ())  # type: ignore[arg-type]


def seen(picture: Image, region: NewRegion) -> NewImpression:
    (found,) = with_impressions([region], picture)
    assert found.impression is not None
    return found.impression


def distance(one: NewImpression, other: NewImpression) -> int:
    return (one.look ^ other.look).bit_count()


@pytest.mark.parametrize("colour", [RED, BLACK])
def test_a_pasted_seal_is_the_same_wherever_it_lies_and_however_the_box(
    colour: tuple[int, int, int],
) -> None:
    one = seen(stamp(page(), 20, 30, colour=colour), box(20, 30))
    other = seen(stamp(page(), 301, 277, colour=colour), box(301, 277, (-6, 4, 5, -3)))
    assert one == other


def test_print_between_the_ink_is_not_the_seals() -> None:
    printed = page()
    cv2.putText(printed, "total 9.00", (310, 425), cv2.FONT_HERSHEY_SIMPLEX, 0.4, BLACK, 1)
    over, alone = (seen(stamp(paper, 250, 250), box(250, 250)) for paper in (printed, page()))
    assert over == alone


def test_a_scan_of_it_is_alike_and_not_the_same() -> None:
    one = stamp(page(), 20, 30)
    packed = cv2.imencode(".jpg", one, [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    scanned = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    first, second = seen(one, box(20, 30)), seen(scanned, box(20, 30))
    assert first.pixels_sha256 != second.pixels_sha256
    assert distance(first, second) <= 4


def test_a_seal_of_another_size_is_alike() -> None:
    one = stamp(page(), 20, 30)
    larger = np.asarray(cv2.resize(one, None, fx=1.3, fy=1.3), np.uint8)
    region = NewRegion("page", (26.0, 39.0, 286.0, 299.0), 0.9, ())
    assert distance(seen(one, box(20, 30)), seen(larger, region)) <= 4


def test_another_seal_is_neither() -> None:
    one = seen(stamp(page(), 20, 30), box(20, 30))
    other = seen(stamp(page(), 20, 30, "XIV W"), box(20, 30))
    assert one.pixels_sha256 != other.pixels_sha256
    assert distance(one, other) > 10


def test_a_turned_seal_is_not_recognised() -> None:
    """As docs/find.md says: nothing undoes a turn."""
    one = stamp(page(), 20, 30)
    turned = np.ascontiguousarray(one[::-1, ::-1])
    assert distance(seen(one, box(20, 30)), seen(turned, box(380, 370))) > 10


@pytest.mark.parametrize(
    "crop",
    [
        page(size=20),  # too small to tell anything
        page(size=300),  # bare paper
        page(size=0),
        np.full((1, 500, 3), 9, np.uint8),
    ],
)
def test_where_there_is_no_ink_to_speak_of_there_is_no_impression(crop: Image) -> None:
    assert impression_of(crop) is None


@pytest.mark.parametrize(
    ("corners", "off"),
    [((-50.0, -50.0, 150.0, 150.0), False), ((500.0, 500.0, 900.0, 900.0), True)],
)
def test_a_box_beyond_the_page_does_no_harm(
    corners: tuple[float, float, float, float], *, off: bool
) -> None:
    region = NewRegion("page", corners, 0.9, ())
    (found,) = with_impressions([region], stamp(page(), 0, 0))
    assert (found.impression is None) == off


def test_only_seals_that_lie_on_the_page_have_one() -> None:
    picture, corners = stamp(page(), 20, 30), (20.0, 30.0, 220.0, 230.0)
    regions = (
        NewRegion("page", corners, 0.9, (), label="tax_mark"),
        NewRegion("prepared", corners, 0.9, ()),
    )
    assert with_impressions(regions, picture) == regions

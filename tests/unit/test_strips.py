"""Rules of strips: what is bent becomes straight, and each strip belongs to its line."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sealq_storage.readings import NewRegion
from sealq_worker.careful.observation import Candidate, Geometry, Observation
from sealq_worker.evidence import with_plain
from sealq_worker.strips import KeptStrips, careful_strips, strip_pictures, unwrapped

Pixels = NDArray[np.uint8]


def ring(centre: float, inner: float, outer: float, count: int = 40) -> NDArray[np.float64]:
    """Return the upper half of a ring as an outline: along the outer edge, back along the inner."""
    angles = np.linspace(np.pi, 2 * np.pi, count)
    way = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return centre + np.concatenate([way * outer, way[::-1] * inner])


def painted_ring() -> Pixels:
    """Return a crop: left quarter of the ring red, right quarter blue, the outer edge darker."""
    y, x = np.mgrid[0:200, 0:200] - 100.0
    crop = np.zeros((200, 200, 3), np.uint8)
    crop[x < 0] = (0, 0, 200)
    crop[x >= 0] = (200, 0, 0)
    crop[np.hypot(x, y) > 80] //= 4
    return crop


def seal(*lines: tuple[str, NDArray[np.float64]]) -> dict[str, object]:
    return {
        "dt_polys": [polygon.tolist() for _, polygon in lines],
        "rec_polys": [polygon.tolist() for _, polygon in lines],
        "rec_texts": [text for text, _ in lines],
    }


def square(at: float) -> NDArray[np.float64]:
    return np.array([[at, at], [at + 8, at], [at + 8, at + 8], [at, at + 8]])


def strip(shade: int) -> Pixels:
    return np.full((4, 9, 3), shade, np.uint8)


def test_a_ring_becomes_a_strip_that_runs_along_it() -> None:
    """Left stays left, the outer edge is on top, characters keep their proportions."""
    straight = unwrapped(painted_ring(), ring(100, 60, 100))
    height, width = straight.shape[:2]
    assert width == pytest.approx(height * np.pi * 80 / 40, rel=0.05)
    left, right = straight[:, : width // 3], straight[:, -width // 3 :]
    assert left[..., 2].mean() > 100 > left[..., 0].mean()
    assert right[..., 0].mean() > 100 > right[..., 2].mean()
    assert straight[4].max() < 60 < straight[-4].max()


def test_what_stands_along_the_bottom_is_turned_upright() -> None:
    polygon = tuple((float(x), float(y)) for x, y in ring(100, 60, 100))
    found = {}
    for place in ("ring", "bottom"):
        line = Candidate(place, "x", 0.9, polygon, "strip", (0.9,))
        seen = Observation(Geometry("round", (100, 100), (90, 90), 0), "red", ((line,),), 1, 0.1)
        ((cut,),) = careful_strips([seal(("x", np.array(polygon)))], [(painted_ring(), seen)])
        found[place] = cut[1]
    assert (found["bottom"] == found["ring"][::-1, ::-1]).all()


def test_strips_are_numbered_as_the_lines_with_texts_are() -> None:
    seals = [
        seal(("甲", square(0)), ("", square(10)), ("乙", square(20))),
        seal(),
        seal(("丙", square(0))),
    ]
    cuts = [
        [(square(0), strip(1)), (square(10), strip(2)), (square(20), strip(3))],
        [(square(0), strip(4))],
    ]
    pictures = strip_pictures(seals, cuts)
    assert {name: picture.getpixel((0, 0)) for name, picture in pictures.items()} == {
        "region1_line1": (1, 1, 1),
        "region1_line2": (3, 3, 3),
        "region3_line1": (4, 4, 4),
    }


def test_strips_that_were_cut_are_kept_until_they_are_taken() -> None:
    kept = KeptStrips(lambda _crop, polygons: [strip(len(polygons))] * len(polygons))
    assert len(kept(strip(0), [square(0), square(9)])) == 2
    kept(strip(0), [square(0)])
    assert [len(cuts) for cuts in kept.take()] == [2, 1]
    assert kept.take() == []


def test_plain_pictures_are_the_page_and_its_regions_as_they_are() -> None:
    """Red in BGR stays red; a region that is not on the page has no picture."""
    page = np.zeros((40, 60, 3), np.uint8)
    page[10:20, 30:50] = (0, 0, 255)
    there = NewRegion("page", (30.7, 10.2, 50.0, 20.0), 0.9, ())
    unwarped = NewRegion("prepared", (0.0, 0.0, 9.0, 9.0), 0.9, ())
    drawn = {"layout_det_res": Image.new("RGB", (1, 1))}
    pictures = with_plain(drawn, page, [there, unwarped])
    assert list(pictures) == ["layout_det_res", "page", "region1"]
    assert pictures["page"].size == (60, 40)
    assert pictures["region1"].size == (20, 10)
    assert pictures["region1"].getpixel((0, 0)) == (255, 0, 0)


def test_where_no_pictures_are_wanted_there_are_none() -> None:
    assert with_plain({}, np.zeros((4, 4, 3), np.uint8), []) == {}

"""A ring is read whole wherever it is cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealq_worker.careful.around import Found, joined, opened
from sealq_worker.careful.ink import InkPicture
from sealq_worker.careful.models import Polygon, Recognised
from sealq_worker.careful.observation import Geometry, Image
from sealq_worker.careful.ring import RingText, evened, off_top, rotation_of, top_of
from sealq_worker.careful.scoring import Mark, Placed, candidate
from sealq_worker.careful.unwrap import Strip, outline_of_strip
from sealq_worker.careful.views import SealViews

SPAN = 1.03
ROUND = Geometry("round", (50.0, 50.0), (40.0, 40.0), 0.0)
OVAL = Geometry("oval", (50.0, 50.0), (40.0, 28.0), 20.0)


def reading(text: str, places: list[float], *, start: float, score: float = 0.9) -> Placed:
    """Return a strip of the whole ring on which characters were read, places as `along`."""
    line = Recognised(
        text=text,
        characters=(score,) * len(text),
        at=tuple(min(0.999, (place - start) / SPAN) for place in places),
        matrix=np.zeros((1, 1), np.float32),
        alphabet=("",),
    )
    return Placed(line, start, SPAN)


def text_of(marks: list[Mark]) -> str:
    return "".join(mark.char for mark in marks)


def test_a_name_that_the_first_cut_divides_is_whole() -> None:
    """Either reading misread the characters at its own cut."""
    places = [0.28 + 0.08 * i for i in range(4)] + [0.88 + 0.08 * i for i in range(6)]
    first = reading("口限公司北海岸市海口", places, start=0.25)
    second = reading("北海岸市海有限公司", [0.88 + 0.08 * i for i in range(9)], start=0.75)
    assert text_of(opened(joined(first, second))) == "北海岸市海有限公司"


def test_a_character_at_the_seam_counts_once() -> None:
    first = reading("市海", [0.9, 0.995], start=0.25, score=0.6)
    second = reading("海有", [1.005, 1.1], start=0.75, score=0.9)
    found = joined(first, second)
    assert text_of(found) == "市海有"
    assert found[1].score == 0.9


@given(shift=st.integers(0, 6))
def test_characters_begin_behind_the_widest_gap_wherever_they_are_counted_from(shift: int) -> None:
    ring = [Mark(0.1 * i, char, 0.9) for i, char in enumerate("海口市公安局的")]
    turned = [*ring[shift:], *(Mark(mark.at + 1, mark.char, 0.9) for mark in ring[:shift])]
    found = opened(turned)
    assert text_of(found) == "海口市公安局的"
    assert np.all(np.diff([mark.at for mark in found]) > 0)


def test_an_empty_ring_has_no_beginning() -> None:
    assert opened([]) == []


def test_only_readings_that_do_not_cut_a_name_speak_for_it() -> None:
    whole = (reading("海", [0.5], start=0.2), reading("海", [1.0], start=0.7))
    found = Found([], whole)
    part = Strip(start=1.1, span=0.3, outer=0.0, inner=1.0)
    assert [placed.start for placed in found.covering(part).values()] == [0.7]
    assert len(found.covering(Strip(0.3, 0.5, 0.0, 1.0))) == 1
    assert len(found.covering(Strip(0.8, 0.1, 0.0, 1.0))) == 2


@given(rotation=st.floats(-179, 179))
def test_a_seals_top_and_its_rotation_say_the_same(rotation: float) -> None:
    assert rotation_of(ROUND, top_of(ROUND, rotation)) == pytest.approx(rotation, abs=0.6)


@pytest.mark.parametrize("geometry", [ROUND, OVAL])
@pytest.mark.parametrize(
    # How far the strip is moved, in characters, and by how many its middle then is off the top.
    ("moved", "off"),
    [(0.0, 0.0), (0.5, 0.5), (-1.0, 1.0)],
)
def test_a_name_that_lacks_a_character_is_off_the_top(
    geometry: Geometry, moved: float, off: float
) -> None:
    rotation = 20.0
    top = top_of(geometry, rotation)
    strip = Strip(top - 0.3 + moved * 0.1, 0.6, 3.0, 12.0)
    marks = [Mark(0.0, char, 0.9) for char in "海口海关公司"]
    read = candidate("ring", marks, outline_of_strip(geometry, strip), "made")
    turned = Geometry(geometry.shape, geometry.centre, geometry.axes, geometry.tilt, rotation=20.0)
    assert off_top(turned, read) == pytest.approx(off, abs=0.15)
    assert off_top(geometry, read) == 0.0


class OneText:
    """A recogniser that reads the same on every strip, and remembers how many it was given."""

    def __init__(self, text: str) -> None:
        self.text, self.asked = text, 0

    def detect(self, image: Image, side: int | None = None) -> list[Polygon]:
        raise AssertionError(image.shape, side)

    def recognise(self, images: Sequence[Image]) -> list[Recognised]:
        self.asked += len(images)
        at = tuple((i + 0.5) / len(self.text) for i in range(len(self.text)))
        matrix = np.zeros((1, 1), np.float32)
        line = Recognised(self.text, (0.9,) * len(at), at, matrix, ("",))
        return [line for _ in images]


def paper() -> SealViews:
    """Return a round seal on which nothing is to be seen."""
    white = np.full((100, 100, 3), 255, np.uint8)
    ink = InkPicture(np.zeros((100, 100), np.float32), np.zeros((100, 100), np.uint8), "red")
    return SealViews(white, white, white, ink, ROUND)


def ring_text(text: str, start: float, span: float) -> RingText:
    strip = Strip(start, span, 3.0, 15.0)
    marks = [Mark(0.0, char, 0.9) for char in text]
    return RingText((candidate("ring", marks, outline_of_strip(ROUND, strip), "made"),), strip)


def test_a_name_that_stands_evenly_is_not_read_again() -> None:
    top, models = top_of(ROUND, 0.0), OneText("海口市公安局")
    name = ring_text("海口市公安局", top - 0.3, 0.6)
    assert evened(paper(), models, name, 0.0) is name
    assert models.asked == 0


def test_a_name_that_lacks_a_character_is_read_as_wide_as_its_longer_half() -> None:
    top, models = top_of(ROUND, 0.0), OneText("海口市公安局")
    found = evened(paper(), models, ring_text("口市公安局", top - 0.2, 0.5), 0.0)
    assert models.asked > 0
    assert [each.text for each in found.candidates] == ["海口市公安局", "口市公安局"]

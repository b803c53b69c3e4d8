"""Further looks are for what the first one left in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from sealq_worker.careful.bottom import read_bottom
from sealq_worker.careful.ink import InkPicture
from sealq_worker.careful.inner import Upright, read_inner
from sealq_worker.careful.models import Polygon, Recognised
from sealq_worker.careful.observation import Geometry, Image
from sealq_worker.careful.rectangle import read_block
from sealq_worker.careful.ring import RingText, evened, read_name, top_of
from sealq_worker.careful.scoring import Mark, candidate
from sealq_worker.careful.unwrap import Strip, outline_of_strip
from sealq_worker.careful.views import SealViews

ROUND = Geometry("round", (50.0, 50.0), (40.0, 40.0), 0.0)
LONG = Geometry("rectangle", (150.0, 50.0), (140.0, 40.0), 0.0)

SURE, UNSURE = 0.95, 0.85


class OneText:
    """A recogniser that reads the same on every strip, and counts what it was given."""

    def __init__(self, text: str, score: float) -> None:
        self.text, self.score, self.asked = text, score, 0

    def detect(self, image: Image, side: int | None = None) -> list[Polygon]:
        raise AssertionError(image.shape, side)

    def recognise(self, images: Sequence[Image]) -> list[Recognised]:
        self.asked += len(images)
        count = len(self.text)
        at = tuple((i + 0.5) / count for i in range(count))
        matrix = np.zeros((1, 1), np.float32)
        return [Recognised(self.text, (self.score,) * count, at, matrix, ("",)) for _ in images]


def seal(picture: Image, geometry: Geometry) -> SealViews:
    height, width = picture.shape[:2]
    ink = InkPicture(
        np.zeros((height, width), np.float32), np.zeros((height, width), np.uint8), "red"
    )
    return SealViews(picture, picture, picture, ink, geometry)


def ring_of_ink(radius: int = 34) -> SealViews:
    """Return a round seal; on its ring, or nearer to its middle, ink that is no character."""
    picture = np.full((100, 100, 3), 255, np.uint8)
    cv2.circle(picture, (50, 50), radius, (0, 0, 0), 4)
    return seal(picture, ROUND)


def name_at_the_top(text: str, span: float = 0.5) -> RingText:
    strip = Strip(top_of(ROUND, 0.0) - 0.25, span, 3.0, 15.0)
    marks = [Mark(0.0, char, 0.9) for char in text]
    return RingText((candidate("ring", marks, outline_of_strip(ROUND, strip), "made"),), strip)


# Of the whole ring two readings each; then of the name.
@pytest.mark.parametrize(("score", "looks"), [(SURE, 3), (UNSURE, 4)])
def test_a_name_is_read_in_one_view_if_that_surely_says_the_same(score: float, looks: int) -> None:
    models = OneText("海口市公安局", score)
    found = read_name(ring_of_ink(), models)
    assert found is not None
    assert found.candidates[0].text == "海口市公安局"
    assert models.asked == looks


# Else in both depths, in two views each.
@pytest.mark.parametrize(("score", "looks"), [(SURE, 1), (UNSURE, 4)])
def test_what_is_surely_read_along_the_bottom_is_read_once(score: float, looks: int) -> None:
    models = OneText("1201035263647", score)
    found = read_bottom(ring_of_ink(), models, name_at_the_top("海口市公安局"))
    assert found is not None
    assert found.candidates[0].text == "1201035263647"
    assert models.asked == looks


def test_a_number_with_more_digits_than_any_is_read_at_the_other_depth_too() -> None:
    models = OneText("900999984779999477", SURE)
    read_bottom(ring_of_ink(), models, name_at_the_top("海口市公安局"))
    assert models.asked == 2


def test_a_bottom_without_ink_is_not_read() -> None:
    models = OneText("1201035263647", SURE)
    assert read_bottom(ring_of_ink(radius=20), models, name_at_the_top("海口市公安局")) is None
    assert models.asked == 0


# As wide as the longer half in one view; else in both, and as narrow as the shorter half.
@pytest.mark.parametrize(("score", "looks"), [(SURE, 1), (UNSURE, 3)])
def test_an_uneven_name_is_read_anew_until_it_is_sure(score: float, looks: int) -> None:
    models = OneText("海口市公安局", score)
    found = evened(ring_of_ink(), models, name_at_the_top("口市公安局", span=0.4), 0.0)
    assert found.candidates[0].text == "海口市公安局"
    assert models.asked == looks


def upright_line(*, is_oval: bool = False, faint: bool = False) -> Upright:
    """Return a seal turned upright, with one line of ink, in two views, perhaps more below it."""
    picture, ink = np.full((480, 480, 3), 255, np.uint8), np.zeros((480, 480), np.uint8)
    for left in range(140, 340, 40):
        cv2.rectangle(ink, (left, 220), (left + 32, 260), (1,), 6)
    picture[330:390:3] = 200 if faint else 255
    views = {"sharp": picture, "clean": picture}
    return Upright(views, ink, np.zeros_like(ink), is_oval, np.eye(2, 3))


@pytest.mark.parametrize(("score", "looks"), [(SURE, 1), (UNSURE, 2)])
def test_a_line_that_is_surely_read_in_one_view_is_not_read_in_the_next(
    score: float, looks: int
) -> None:
    models = OneText("合同专用章", score)
    [group] = read_inner(upright_line(), models)
    assert group[0].text == "合同专用章"
    assert models.asked == looks


class TextByText(OneText):
    """Reads one text after the other, then nothing, and keeps what it was given."""

    def __init__(self, *texts: str) -> None:
        super().__init__("", SURE)
        self.left, self.given = list(texts), list[Image]()

    def recognise(self, images: Sequence[Image]) -> list[Recognised]:
        self.given += images
        read = []
        for image in images:
            self.text = self.left.pop(0) if self.left else ""
            read += super().recognise([image])
        return read


@pytest.mark.parametrize(
    ("is_oval", "number", "lines"),
    [
        (True, "440300192203821", ["发票专用章", "440300192203821"]),
        (True, "票专用", ["发票专用章"]),
        (False, "", ["发票专用章"]),
    ],
    ids=["oval", "no-number", "round"],
)
def test_an_ovals_number_is_read_across_its_middle_though_no_line_was_found(
    *, is_oval: bool, number: str, lines: list[str]
) -> None:
    models = TextByText("发票专用章", number)
    groups = read_inner(upright_line(is_oval=is_oval), models)
    assert [group[0].text for group in groups] == lines
    assert [image.shape[1] > 5 * image.shape[0] for image in models.given][1:] == [True] * is_oval


def test_what_an_invoice_seal_is_for_is_read_below_a_number_that_was_found() -> None:
    """Once: the number is not looked for again."""
    models = TextByText("440300192203821", "发票专用章")
    groups = read_inner(upright_line(is_oval=True), models)
    assert [group[0].text for group in groups] == ["440300192203821", "发票专用章"]


def test_across_a_latin_seal_stands_what_it_is_for() -> None:
    """Whatever day was printed there."""
    models = TextByText("2025.01.08", "OFFICIAL SEAL")
    groups = read_inner(upright_line(), models, latin=True)
    assert [group[0].text for group in groups] == ["2025.01.08", "OFFICIALSEAL"]


def test_a_latin_seal_whose_word_was_found_is_not_read_again() -> None:
    models = TextByText("CERTIFIED")
    [group] = read_inner(upright_line(), models, latin=True)
    assert group[0].text == "CERTIFIED"


@pytest.mark.parametrize("is_oval", [False, True], ids=["round", "oval"])
def test_what_a_seal_is_for_is_read_at_its_place_where_no_line_says_it(*, is_oval: bool) -> None:
    """Another seal, or print, lies across the line."""
    across = [""] * 2 * is_oval  # an oval's number, in two views
    models = TextByText("佛山", *across, "收货专用章")
    groups = read_inner(upright_line(is_oval=is_oval, faint=True), models)
    assert [group[0].text for group in groups] == ["佛山", "收货专用章"]


def test_where_nothing_is_printed_nothing_is_read() -> None:
    models = TextByText("佛山", "收货专用章")
    [group] = read_inner(upright_line(), models)
    assert group[0].text == "佛山"


def test_what_is_read_there_with_doubt_is_no_text() -> None:
    groups = read_inner(upright_line(faint=True), OneTextWhereInkIs("合同专用章", 0.7))
    assert len(groups) == 1


def test_an_oval_without_a_number_may_say_nothing_below_its_middle() -> None:
    models = TextByText("总务", "", "")
    [group] = read_inner(upright_line(is_oval=True), models)
    assert group[0].text == "总务"


class OneTextWhereInkIs(OneText):
    """The same; its detector finds nothing."""

    def detect(self, image: Image, side: int | None = None) -> list[Polygon]:
        assert (image.ndim, side is None) == (3, False)
        return []


@pytest.mark.parametrize(
    ("text", "score", "read"),
    [("7", 0.68, []), ("7", 0.85, ["7"]), ("甲乙", 0.68, ["甲乙"])],
    ids=["doubtful-character", "sure-character", "doubtful-word"],
)
def test_a_lone_character_is_a_text_only_if_it_is_sure(
    text: str, score: float, read: list[str]
) -> None:
    """A star in the middle looks like a 7 to a recogniser."""
    groups = read_inner(upright_line(), OneTextWhereInkIs(text, score))
    assert [group[0].text for group in groups] == read


def row_of_boxes(grey: int = 0) -> SealViews:
    picture = np.full((100, 300, 3), 255, np.uint8)
    for left in range(40, 260, 60):
        cv2.rectangle(picture, (left, 30), (left + 40, 70), (grey,) * 3, 6)
    return seal(picture, LONG)


def test_a_seal_that_surely_reads_as_it_stands_is_not_turned() -> None:
    models = OneText("现金收讫", SURE)
    found = read_block(row_of_boxes(), models)
    assert [group[0].text for group in found.groups] == ["现金收讫"]
    assert found.geometry == replace(LONG, rotation=0.0)
    assert models.asked == 1


def test_a_seal_that_reads_badly_is_turned_every_way() -> None:
    """As it stands, upside down, and on either side; at least one line each."""
    models = OneTextWhereInkIs("现金收讫", 0.6)
    read_block(row_of_boxes(), models)
    assert models.asked > 4


def test_a_seal_on_which_much_is_read_is_not_turned_however_much_is_in_doubt() -> None:
    models = OneText("现金收讫" * 5, 0.84)
    read_block(row_of_boxes(), models)
    assert models.asked == 2  # the second view


def test_faint_strokes_make_a_line_where_no_strong_ones_do() -> None:
    found = read_block(row_of_boxes(grey=170), OneTextWhereInkIs("现金收讫", 0.99))
    assert [group[0].text for group in found.groups] == ["现金收讫"]


@pytest.mark.parametrize("text", ["1141", "章111"])
def test_figures_never_tell_how_a_seal_stands(text: str) -> None:
    """Textures are read as such, and so surely."""
    models = OneTextWhereInkIs(text, 0.95)
    read_block(row_of_boxes(), models)
    assert models.asked > 4


class WordsAndDirt(OneTextWhereInkIs):
    """Reads a word, then figures with doubt, and so on."""

    def recognise(self, images: Sequence[Image]) -> list[Recognised]:
        read = []
        for image in images:
            even = self.asked % 2 == 0
            self.text, self.score = ("现金收讫", 0.99) if even else ("4)", 0.5)
            read += super().recognise([image])
        return read


def test_figures_in_doubt_do_not_keep_a_word_from_telling() -> None:
    picture = np.full((100, 300, 3), 255, np.uint8)
    for top in (22, 60):
        for left in range(40, 260, 60):
            cv2.rectangle(picture, (left, top), (left + 40, top + 20), (0, 0, 0), 6)
    models = WordsAndDirt("", SURE)
    read_block(seal(picture, LONG), models)
    assert models.asked == 3  # two lines, and the figures in the second view


def printed_over() -> SealViews:
    """Return a coloured row under print that fills the field in every view but the clean one."""
    row = row_of_boxes().crop
    print_ = row.copy()
    print_[::2] = 0
    ink = InkPicture(np.zeros((100, 300), np.float32), np.zeros((100, 300), np.uint8), "red")
    return SealViews(print_, row, print_, ink, LONG)


class OneTextOnPaper(OneTextWhereInkIs):
    """Reads a text where most of a picture is bare."""

    def recognise(self, images: Sequence[Image]) -> list[Recognised]:
        nothing = Recognised("", (), (), np.zeros((1, 1), np.float32), ("",))
        bare = [float((image > 200).mean()) > 0.5 for image in images]
        read = super().recognise(images)
        return [each if is_bare else nothing for each, is_bare in zip(read, bare, strict=True)]


def test_a_line_under_print_is_read_in_the_view_without_it() -> None:
    found = read_block(printed_over(), OneTextOnPaper("现金收讫", 0.99))
    assert [group[0].text for group in found.groups] == ["现金收讫"]


class OneTextOnLongLines(OneTextWhereInkIs):
    """Reads a text where a picture is much wider than high."""

    def recognise(self, images: Sequence[Image]) -> list[Recognised]:
        nothing = Recognised("", (), (), np.zeros((1, 1), np.float32), ("",))
        long = [image.shape[1] > 2.5 * image.shape[0] for image in images]
        read = super().recognise(images)
        return [each if is_long else nothing for each, is_long in zip(read, long, strict=True)]


def square_with_a_row(turn: float) -> SealViews:
    """Return a square that lies level, with a row of ink across it that is turned."""
    picture = np.full((200, 200, 3), 255, np.uint8)
    for left in range(42, 160, 30):
        cv2.rectangle(picture, (left, 88), (left + 24, 112), (0, 0, 0), -1)
    way = cv2.getRotationMatrix2D((100, 100), turn, 1.0)
    turned = cv2.warpAffine(picture, way, (200, 200), borderValue=(255, 255, 255))
    return seal(np.asarray(turned, np.uint8), Geometry("square", (100.0, 100.0), (90.0, 90.0), 0.0))


@pytest.mark.parametrize("turn", [45.0, -45.0])
def test_a_square_whose_text_stands_on_a_corner_is_a_diamond(turn: float) -> None:
    found = read_block(square_with_a_row(turn), OneTextOnLongLines("业务清讫", UNSURE))
    assert [group[0].text for group in found.groups] == ["业务清讫"]
    assert (found.geometry.shape, found.geometry.rotation) == ("diamond", turn)

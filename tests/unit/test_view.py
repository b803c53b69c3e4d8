"""Rules of page space: what PaddleX does to pixels is undone for points, by PaddleX's own code."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sealq_storage.readings import NewField
from sealq_worker.paddlex_env import import_paddlex
from sealq_worker.reader import SealReading
from sealq_worker.view import Transform, regions_of, transform_of

#: Sides of page images in pixels: a few, so that odd and even ones meet.
SIDES = st.integers(3, 40)
TURNS = st.sampled_from([0, 90, 180, 270])

#: A page that was not turned.
AS_IT_IS = Transform(0, unwarped=False, width=30, height=40)

Pixels = NDArray[np.float32]


@pytest.fixture(scope="module", autouse=True)
def paddlex() -> None:
    import_paddlex(None)


def turned(page: Pixels, angle: int) -> Pixels:
    """Turn an image as PaddleX does."""
    from paddlex.inference.pipelines.components.common.warp_image import rotate_image

    return np.asarray(rotate_image(page, angle), np.float32)


def cropped(prepared: Pixels, box: tuple[float, ...]) -> Pixels:
    """Cut a box out as PaddleX does."""
    from paddlex.inference.pipelines.components import CropByBoxes

    crops = CropByBoxes()(prepared, [{"cls_id": 0, "label": "seal", "coordinate": box}])
    return np.asarray(crops[0]["img"], np.float32)


def numbered(width: int, height: int) -> Pixels:
    """Return an image in which every pixel has a value of its own, none of them 0."""
    return np.arange(1, width * height + 1, dtype=np.float32).reshape(height, width)


def places(page: Pixels, value: float) -> tuple[float, float]:
    """Return x and y of the pixel with this value."""
    ((y, x),) = np.argwhere(page == value)
    return float(x), float(y)


def seal(*lines: str, polygon: Any = ((0, 0),)) -> dict[str, Any]:
    count = len(lines)
    return {"rec_texts": lines, "rec_scores": [0.5] * count, "rec_polys": [polygon] * count}


def careful_reading(owner: str, rotation: float | None = None) -> SealReading:
    fields = (NewField("owner", owner, 0.5, "read"),)
    return SealReading(fields, "oval", "red", rotation, passes=3, seconds=0.5)


def box(*coordinate: float, label: str = "seal", score: float = 0.75) -> dict[str, Any]:
    return {"label": label, "score": score, "coordinate": coordinate}


def located(boxes: list[dict[str, Any]], seals: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "model_settings": {"use_layout_detection": True},
        "layout_det_res": {"boxes": boxes},
        "seal_res_list": seals,
    }


def whole(*seals: dict[str, Any]) -> dict[str, Any]:
    return {"model_settings": {"use_layout_detection": False}, "seal_res_list": seals}


def prepared(**values: Any) -> dict[str, Any]:
    return {"doc_preprocessor_res": values}


class TestTransform:
    @given(SIDES, SIDES, TURNS, st.data())
    def test_undo_brings_every_pixel_back_to_where_it_was(
        self, width: int, height: int, angle: int, data: st.DataObject
    ) -> None:
        page = numbered(width, height)
        image = turned(page, angle)
        # Row and column 0 come from outside of the page: PaddleX shifts by a pixel.
        y = data.draw(st.integers(1, image.shape[0] - 1))
        x = data.draw(st.integers(1, image.shape[1] - 1))
        undone = Transform(angle, unwarped=False, width=width, height=height).undo((x, y))
        assert undone == places(page, image[y, x])

    def test_it_is_read_from_what_paddlex_says(self) -> None:
        res = prepared(angle=270, model_settings={"use_doc_unwarping": False})
        assert transform_of(res, 30, 40) == Transform(270, unwarped=False, width=30, height=40)

    @pytest.mark.parametrize(
        "res",
        [
            prepared(angle=-1, model_settings={}),  # the orientation was not asked for
            prepared(model_settings={}),
            {},  # no preprocessing at all
            {"doc_preprocessor_res": None},
        ],
    )
    def test_a_page_that_was_not_turned_stays_as_it_is(self, res: dict[str, Any]) -> None:
        transform = transform_of(res, 30, 40)
        assert transform.undo((3, 5)) == (3, 5)
        assert transform.frame == "page"

    def test_an_unwarped_page_stays_in_the_prepared_frame(self) -> None:
        res = prepared(angle=90, model_settings={"use_doc_unwarping": True})
        transform = transform_of(res, 30, 40)
        assert transform.frame == "prepared"
        assert transform.undo((3, 5)) == (3, 5)


class TestRegions:
    @given(SIDES, SIDES, TURNS, st.data())
    def test_a_polygon_lies_on_the_pixels_that_it_was_found_on(
        self, width: int, height: int, angle: int, data: st.DataObject
    ) -> None:
        """From a point of a crop of the turned page to the page, fractions of boxes included."""
        page = numbered(width, height)
        image = turned(page, angle)
        fraction = data.draw(st.floats(0, 0.99))
        left = data.draw(st.integers(1, image.shape[1] - 1))
        top = data.draw(st.integers(1, image.shape[0] - 1))
        corners = (left + fraction, top + fraction, float(image.shape[1]), float(image.shape[0]))
        crop = cropped(image, corners)
        y = data.draw(st.integers(0, crop.shape[0] - 1))
        x = data.draw(st.integers(0, crop.shape[1] - 1))
        res = located([box(*corners)], [seal("公章", polygon=[[x, y]])])
        transform = Transform(angle, unwarped=False, width=width, height=height)
        (region,) = regions_of(res, transform)
        assert region.lines[0].polygon == (places(page, crop[y, x]),)

    @given(SIDES, SIDES, TURNS, st.data())
    def test_a_box_is_ordered_and_spans_the_pixels_that_it_spanned(
        self, width: int, height: int, angle: int, data: st.DataObject
    ) -> None:
        page = numbered(width, height)
        image = turned(page, angle)
        top, bottom = sorted(data.draw(st.integers(1, image.shape[0] - 1)) for _ in range(2))
        left, right = sorted(data.draw(st.integers(1, image.shape[1] - 1)) for _ in range(2))
        transform = Transform(angle, unwarped=False, width=width, height=height)
        (region,) = regions_of(located([box(left, top, right, bottom)], [seal()]), transform)
        corners = [places(page, image[y, x]) for y in (top, bottom) for x in (left, right)]
        xs, ys = zip(*corners, strict=True)
        assert region.box == (min(xs), min(ys), max(xs), max(ys))

    def test_the_kth_seal_belongs_to_the_kth_box_of_a_seal(self) -> None:
        boxes = [
            box(1, 2, 3, 4, label="text"),
            box(5, 6, 7, 8, score=0.6),
            box(9, 9, 9, 9, label="image"),
            box(10, 11, 12, 13, score=0.7),
        ]
        res = located(boxes, [seal("一"), seal("二", "三")])
        first, second = regions_of(res, AS_IT_IS)
        assert (first.box, first.score) == ((5, 6, 7, 8), 0.6)
        assert (second.box, second.score) == ((10, 11, 12, 13), 0.7)
        assert [line.text for line in first.lines + second.lines] == ["一", "二", "三"]

    def test_what_is_not_read_comes_after_the_seals_with_its_label_and_no_lines(self) -> None:
        boxes = [
            box(1, 2, 3, 4, label="tax_mark", score=0.5),
            box(5, 6, 7, 8),
            box(9, 10, 11, 12, label="Cut_Seal", score=0.6),
            box(13, 14, 15, 16),
        ]
        found = regions_of(located(boxes, [seal("一"), seal("二")]), AS_IT_IS)
        assert [region.label for region in found] == ["seal", "seal", "tax_mark", "cut_seal"]
        assert [[line.text for line in region.lines] for region in found] == [
            ["一"],
            ["二"],
            [],
            [],
        ]
        assert [(region.box, region.score) for region in found[2:]] == [
            ((1, 2, 3, 4), 0.5),
            ((9, 10, 11, 12), 0.6),
        ]

    def test_what_is_not_read_lies_on_the_page_that_was_turned(self) -> None:
        """On its side a page of 30 x 40 is 40 x 30: (x, y) of it came from (30 - y, x)."""
        turned_page = Transform(90, unwarped=False, width=30, height=40)
        boxes = [box(5, 6, 7, 9, label="cut_seal")]
        (region,) = regions_of(located(boxes, []), turned_page)
        assert region.box == (21, 5, 24, 7)

    @pytest.mark.parametrize("label", ["text", "table", "image", "header_image", "doc_title"])
    def test_other_things_on_a_page_are_no_regions(self, label: str) -> None:
        assert regions_of(located([box(1, 2, 3, 4, label=label)], []), AS_IT_IS) == ()

    def test_a_region_says_how_it_was_found(self) -> None:
        boxes = [box(1, 2, 3, 4), box(5, 6, 7, 8, label="tax_mark")]
        by_layout = regions_of(located(boxes, [seal()]), AS_IT_IS)
        by_taking_it_whole = regions_of(whole(seal()), AS_IT_IS)
        assert [region.found_by for region in by_layout] == ["layout", "layout"]
        assert [region.found_by for region in by_taking_it_whole] == ["whole"]

    def test_what_a_second_look_found_says_so(self) -> None:
        boxes = [box(1, 2, 3, 4, label="tax_mark"), {**box(5, 6, 7, 8), "found_by": "second_look"}]
        found = regions_of(located(boxes, [seal()]), AS_IT_IS)
        assert [region.found_by for region in found] == ["second_look", "layout"]

    def test_what_a_careful_reader_says_belongs_to_the_kth_seal_and_to_nothing_else(self) -> None:
        boxes = [box(1, 2, 3, 4, label="tax_mark"), box(5, 6, 7, 8), box(9, 9, 10, 10)]
        said = [careful_reading("甲"), careful_reading("乙")]
        found = regions_of(located(boxes, [seal(), seal()]), AS_IT_IS, said)
        fields = [[field.text for field in region.fields] for region in found]
        assert fields == [["甲"], ["乙"], []]
        assert [region.shape for region in found] == ["oval", "oval", None]
        assert (found[0].ink, found[0].passes, found[0].seconds) == ("red", 3, 0.5)
        (alone,) = regions_of(whole(seal()), AS_IT_IS, said[:1])
        assert [field.text for field in alone.fields] == ["甲"]

    @pytest.mark.parametrize(
        ("angle", "unwarped", "rotation", "on_page"),
        [
            (0, False, 30, 30),
            (90, False, 30, -60),  # the page was turned by 90, and the seal with it
            (270, False, 30, 120),  # -240 is 120
            (180, False, 0, -180),
            (90, True, 30, 30),  # stays in the prepared frame
            (90, False, None, None),
        ],
    )
    def test_a_seal_s_rotation_is_given_in_its_frame(
        self, angle: int, *, unwarped: bool, rotation: float | None, on_page: float | None
    ) -> None:
        transform = Transform(angle, unwarped=unwarped, width=30, height=40)
        said = careful_reading("甲", rotation)
        (region,) = regions_of(located([box(5, 6, 7, 8)], [seal()]), transform, [said])
        assert region.rotation == on_page

    def test_boxes_and_seals_that_do_not_fit_together_are_refused(self) -> None:
        with pytest.raises(ValueError, match="shorter"):
            regions_of(located([box(1, 2, 3, 4)], []), AS_IT_IS)

    def test_lines_in_which_nothing_was_recognised_are_left_out(self) -> None:
        res = located([box(1, 2, 3, 4)], [seal("一", "", "三")])
        (region,) = regions_of(res, AS_IT_IS)
        assert [line.text for line in region.lines] == ["一", "三"]

    def test_a_seal_without_text_is_a_region_all_the_same(self) -> None:
        res = located([box(1, 2, 3, 4)], [seal()])
        (region,) = regions_of(res, AS_IT_IS)
        assert region.lines == ()

    def test_on_an_unwarped_page_boxes_and_polygons_stay_in_the_prepared_frame(self) -> None:
        res = located([box(5.5, 6.5, 7.5, 8.5)], [seal("公章", polygon=[[1, 2]])])
        (region,) = regions_of(res, Transform(90, unwarped=True, width=30, height=40))
        assert (region.frame, region.box) == ("prepared", (5.5, 6.5, 7.5, 8.5))
        assert region.lines[0].polygon == ((6, 8),)

    @pytest.mark.parametrize(
        ("transform", "spanned"),
        [
            (AS_IT_IS, (0, 0, 30, 40)),
            # In page space again.
            (Transform(90, unwarped=False, width=30, height=40), (0, 0, 30, 40)),
            (Transform(180, unwarped=True, width=30, height=40), (0, 0, 30, 40)),
            # The prepared image lies on its side.
            (Transform(270, unwarped=True, width=30, height=40), (0, 0, 40, 30)),
        ],
    )
    def test_a_picture_taken_whole_is_one_region_without_a_score(
        self, transform: Transform, spanned: tuple[float, ...]
    ) -> None:
        (region,) = regions_of(whole(seal("公章", polygon=[[0, 0]])), transform)
        assert (region.box, region.score) == (spanned, None)

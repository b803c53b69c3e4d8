"""What PaddleX prints is understood, and answers of two contestants are compared."""

from __future__ import annotations

import pytest

from speedbench.answers import answer_of, compare, difference
from speedbench.printed import printed_pages
from speedbench.values import Answer, PageName, Seal

#: As PaddleX 3.7.2 prints a page, in green, with arrays over several lines.
PRINTED = """\
\x1b[32mCreating model: ('PP-OCRv6_small_rec', '/m', 'onnxruntime')\x1b[0m
\x1b[32m{'res': {'input_path': 'b/a.pdf', 'model_settings': {}, 'layout_det_res': \
{'boxes': []}, 'seal_res_list': []}}\x1b[0m
\x1b[32m{'res': {'input_path': "b/it's.jpg", 'model_settings': {}, 'layout_det_res': {'boxes': \
[{'cls_id': 0, 'label': 'seal', 'score': 0.71, 'coordinate': [np.float32(233.68867), \
np.float32(521.2621), np.float32(-1e-05), np.float32(784.0)]}, {'cls_id': 2, 'label': 'tax_mark', \
'score': 0.9, 'coordinate': [np.float32(1.0), np.float32(2.0), np.float32(3.0), np.float32(4.0)]}, \
{'cls_id': 0, 'label': 'seal', 'score': 0.5, 'coordinate': [1.5, 2.0, 3.0, 4.0]}]}, \
'seal_res_list': [{'dt_polys': [array([[144,  29],
       ...,
       [142,  28]], shape=(49, 2))], 'rec_texts': ['某某有限公司', "it's [1], 'x'", ''], \
'rec_scores': array([0.99, ..., 0.99], shape=(3,))}, {'rec_texts': [], 'rec_scores': []}]}}\x1b[0m
"""


def _seal(text: str = "某某有限公司", left: float = 10.0) -> Seal:
    return Seal((left, 10.0, 90.0, 90.0), (text,))


def test_printed_pages_have_their_file_time_boxes_and_texts() -> None:
    lines = [(float(number), line) for number, line in enumerate(PRINTED.splitlines())]
    empty, sealed = printed_pages(lines)
    assert (empty.file, empty.at, empty.answer) == ("b/a.pdf", 1.0, ())
    assert (sealed.file, sealed.at) == ("b/it's.jpg", 2.0)
    first, second = sealed.answer
    assert first.box == (233.68867, 521.2621, -1e-05, 784.0)
    assert first.texts == ("某某有限公司", "it's [1], 'x'", "")
    assert second == Seal((1.5, 2.0, 3.0, 4.0), ())


def test_an_answer_holds_seals_only() -> None:
    boxes = [
        {"label": "tax_mark", "coordinate": [0, 0, 1, 1]},
        {"label": "seal", "coordinate": [10, 10, 90, 90]},
    ]
    result = {
        "layout_det_res": {"boxes": boxes},
        "seal_res_list": [{"rec_texts": ["某某有限公司"]}],
    }
    assert answer_of(result) == (_seal(),)


@pytest.mark.parametrize(
    ("theirs", "found"),
    [
        ((_seal(),), None),
        ((_seal(left=10.9),), None),  # one engine rounds otherwise than another
        ((_seal(left=12.0),), "seal 1 lies 2.0 pixels apart"),
        ((_seal("某某公司"),), "seal 1 says 某某有限公司, not 某某公司"),
        ((), "1 seals, not 0"),
    ],
)
def test_answers_differ_in_seals_boxes_or_texts(theirs: Answer, found: str | None) -> None:
    assert difference((_seal(),), theirs) == found


def test_only_pages_that_both_read_are_compared() -> None:
    one, two, three = (PageName(f"010-images/{name}.jpg", 1) for name in "abc")
    ours: dict[PageName, Answer] = {one: (_seal(),), two: (_seal(), _seal()), three: ()}
    agreement = compare(ours, {one: (_seal(),), two: ()})
    assert (agreement.pages, agreement.seals, agreement.differing_pages) == (2, 3, 1)
    assert agreement.differing == ("010-images/b.jpg page 1: 2 seals, not 0",)

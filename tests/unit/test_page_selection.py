"""Rules of page selections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealq_configs.errors import WrongUseError
from sealq_configs.page_selection import parse_page_selection

#: (first, last) of a range, last None: to the end.
RANGES = st.lists(
    st.tuples(st.integers(1, 60), st.none() | st.integers(0, 20)).map(
        lambda pair: (pair[0], None if pair[1] is None else pair[0] + pair[1])
    ),
    min_size=1,
    max_size=8,
)


def written(ranges: list[tuple[int, int | None]]) -> str:
    return ",".join(f"{first}-" if last is None else f"{first}-{last}" for first, last in ranges)


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("7", [7]),
        ("1-3,7", [1, 2, 3, 7]),
        ("8-", [8, 9, 10]),  # to the end
        (" 1 - 2 , 4 ", [1, 2, 4]),  # blanks do not matter
        ("7,1-3", [1, 2, 3, 7]),  # ascending however they are written
        ("1-3,2-4,3", [1, 2, 3, 4]),  # each page once
        ("9-20,15", [9, 10]),  # what the document lacks is left out
        ("11-", []),
        ("999999999", []),
    ],
)
def test_selection_names_these_pages_of_a_document_of_ten(text: str, pages: list[int]) -> None:
    assert list(parse_page_selection(text).pick(10)) == pages


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "neither a page nor a range"),
        ("1,,3", "neither a page nor a range"),
        ("-3", "neither a page nor a range"),  # to page 3, or third from the end: ambiguous
        ("a-b", "neither a page nor a range"),
        ("1-2-3", "neither a page nor a range"),
        ("1.5", "neither a page nor a range"),
        ("７", "neither a page nor a range"),  # a full-width digit, which int() would take
        ("9999999999999", "neither a page nor a range"),
        ("0", "counted from 1"),
        ("0-", "counted from 1"),
        ("5-0", "counted from 1"),
        ("7-5", "write 5-7"),
    ],
)
def test_what_is_no_selection_is_refused_with_reason_and_remedy(text: str, reason: str) -> None:
    with pytest.raises(WrongUseError) as caught:
        parse_page_selection(text)
    assert repr(text) in str(caught.value)
    assert reason in str(caught.value)
    assert "such as 1-3,7" in str(caught.value)


@given(RANGES)
def test_canonical_text_reads_back_as_the_same_selection(
    ranges: list[tuple[int, int | None]],
) -> None:
    selection = parse_page_selection(written(ranges))
    assert parse_page_selection(str(selection)) == selection


@given(RANGES, st.integers(0, 90))
def test_pick_yields_exactly_the_pages_that_some_range_holds(
    ranges: list[tuple[int, int | None]], page_count: int
) -> None:
    expected = [
        number
        for number in range(1, page_count + 1)
        if any(first <= number and (last is None or number <= last) for first, last in ranges)
    ]
    assert list(parse_page_selection(written(ranges)).pick(page_count)) == expected


@given(RANGES)
def test_selections_of_the_same_pages_have_one_text(ranges: list[tuple[int, int | None]]) -> None:
    page_by_page: list[tuple[int, int | None]] = []
    for first, last in reversed(ranges):
        if last is None:
            page_by_page.append((first, None))
        else:
            page_by_page.extend((page, page) for page in range(first, last + 1))
    assert str(parse_page_selection(written(page_by_page))) == str(
        parse_page_selection(written(ranges))
    )


def test_a_selection_to_the_end_costs_nothing_before_pages_are_taken() -> None:
    assert next(iter(parse_page_selection("1-").pick(10**12))) == 1

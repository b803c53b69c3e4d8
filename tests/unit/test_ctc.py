"""How probable a text is by probabilities per step, and by what a candidate read."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from looks import look
from numpy.typing import NDArray

from sealq_worker.careful.ctc import Columns, log_bounds, log_probabilities
from sealq_worker.careful.looks import look_of
from sealq_worker.careful.plain import normalised

CLASSES = "-ab"
STEPS = 5


def columns_of(rows: NDArray[np.float64]) -> Columns:
    """Return (steps, 3) probabilities of a blank, a and b as `ctc` asks for them."""
    return lambda symbols: rows[:, [0, *(CLASSES.index(symbol) for symbol in symbols)]]


def random_rows(seed: int) -> NDArray[np.float64]:
    """Return steps that say anything."""
    rows: NDArray[np.float64] = np.random.default_rng(seed).dirichlet([1, 1, 1], STEPS)
    return rows


def text_of(path: Sequence[int]) -> str:
    """Return the text of an alignment: repetitions and blanks left out."""
    return "".join(CLASSES[index] for index, _ in itertools.groupby(path) if index)


@given(st.integers(0, 1000))
def test_a_texts_probability_is_the_sum_over_all_its_alignments(seed: int) -> None:
    rows = random_rows(seed)
    sums: dict[str, float] = {}
    for path in itertools.product(range(3), repeat=STEPS):
        text = text_of(path)
        sums[text] = sums.get(text, 0.0) + float(np.prod(rows[range(STEPS), path]))
    del sums[""]
    found = np.exp(log_probabilities(columns_of(rows), list(sums)))
    assert found == pytest.approx(list(sums.values()), rel=1e-6)


@given(st.integers(0, 1000))
def test_the_order_of_characters_makes_no_difference_to_the_bound(seed: int) -> None:
    columns = columns_of(random_rows(seed))
    same = log_bounds(columns, ["aab", "aba", "baa"])
    assert same == pytest.approx(same[0])
    assert same[0] == pytest.approx(
        2 * log_bounds(columns, ["a"])[0] + log_bounds(columns, ["b"])[0]
    )


def test_a_long_text_keeps_its_probability() -> None:
    """The product of so many probabilities is smaller than any floating point number."""
    text = "ab" * 600
    rows = np.tile(
        [[0.5, 0.5, 1e-7], [1.0, 1e-7, 1e-7], [0.5, 1e-7, 0.5], [1.0, 1e-7, 1e-7]], (600, 1)
    )
    [found] = log_probabilities(columns_of(rows), [text])
    assert found == pytest.approx(len(text) * np.log(0.5), rel=0.01)


# What a candidate says of other texts than its own.


def log_of(text: str, read: str, doubts: Mapping[int, float] | None = None) -> float:
    """Return the logarithm of a text's probability by a candidate that read this or another."""
    [found] = log_probabilities(look_of(look(read, doubts=doubts)).columns, [text])
    return float(found)


def test_the_text_that_was_read_has_the_product_of_its_characters() -> None:
    # Less what may have been overlooked between them.
    expected = 2 * np.log(0.99) + np.log(0.5)
    assert log_of("abc", "abc", {1: 0.5}) == pytest.approx(expected, abs=0.1)


def test_the_less_sure_a_character_the_likelier_another_in_its_place() -> None:
    assert log_of("axc", "abc") < log_of("axc", "abc", {1: 0.5}) < log_of("abc", "abc", {1: 0.5})


@pytest.mark.parametrize("text", ["ac", "abxc", "xabc", "abcx"])
def test_a_character_too_many_or_too_few_is_improbable_not_impossible(text: str) -> None:
    assert -10 < log_of(text, "abc") < -3


def test_full_width_forms_are_plain_ones_and_spaces_are_nothing() -> None:
    read = look_of(look("（ 1 ）", doubts={1: 0.1, 2: 0.8}))
    assert (read.text, read.characters) == ("(1)", (0.99, 0.8, 0.99))


def test_normalising_takes_out_width_and_spaces_only() -> None:
    assert normalised("合同 专用章（１）Ａb") == "合同专用章(1)Ab"

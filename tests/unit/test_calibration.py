"""Scores: they rise with what speaks for a text, stay within bounds, and mean a share."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealbench.fitting import fitted, kept_promise, rising_table
from sealq_storage.readings import FieldName
from sealq_worker.careful.calibration import Curve, Features, curves, interpolated, probability

FIELD_NAMES: tuple[FieldName, ...] = ("owner", "purpose", "tax_id", "serial")

FEATURES = st.builds(Features, **{field.name: st.floats(-20, 3) for field in fields(Features)})

TABLES = st.lists(
    st.tuples(st.floats(-50, 50), st.floats(0, 1)), min_size=1, max_size=9, unique_by=lambda k: k[0]
).map(lambda knots: tuple(zip(*map(sorted, zip(*knots, strict=True)), strict=True)))


@given(st.sampled_from(FIELD_NAMES), FEATURES)
def test_a_score_is_above_0_and_below_1(name: FieldName, features: Features) -> None:
    """Nothing is certain, and nothing impossible."""
    assert 0 < probability(name, features) < 1


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_the_shipped_tables_rise(name: FieldName) -> None:
    sums, shares = zip(*curves()[name].table, strict=True)
    assert list(sums) == sorted(set(sums))
    assert list(shares) == sorted(shares)


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_every_field_has_a_weight_for_every_figure(name: FieldName) -> None:
    some = Features(**{field.name: -1.0 for field in fields(Features)})
    assert len(curves()[name].weights) == len(some.vector())


@pytest.mark.parametrize(("evidence", "left"), [(-0.01, 0.00995), (-0.1, 0.0952), (-5.0, 0.993)])
def test_what_the_evidence_leaves_is_a_figure_of_its_own(evidence: float, left: float) -> None:
    some = Features(**{field.name: 0.0 for field in fields(Features)} | {"evidence": evidence})
    assert math.exp(some.vector()[-1]) == pytest.approx(left, rel=0.01)


def test_beyond_a_certain_evidence_nothing_is_surer() -> None:
    sure, surer = (
        Features(**{f.name: 0.0 for f in fields(Features)} | {"evidence": e}) for e in (0, 1)
    )
    assert sure.vector()[-1] == surer.vector()[-1]


@given(TABLES, st.floats(-99, 99), st.floats(-99, 99))
def test_a_table_never_falls(table: tuple[tuple[float, float], ...], a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert interpolated(table, low) <= interpolated(table, high) + 1e-9


def test_between_two_knots_lies_a_straight_line_and_beyond_them_nothing_new() -> None:
    table = ((0.0, 0.2), (10.0, 0.8))
    assert [interpolated(table, at) for at in (-5, 0, 5, 10, 15)] == pytest.approx(
        [0.2, 0.2, 0.5, 0.8, 0.8]
    )


def test_a_curve_survives_json() -> None:
    curve = Curve((1.0, -2.0), 0.5, ((0.0, 0.1), (1.0, 0.9)))
    assert Curve.from_json(json.loads(json.dumps(asdict(curve)))) == curve


# The fit.


def made_cases(count: int, seed: int) -> tuple[list[list[float]], list[bool], list[float]]:
    """Return features, whether exact, and the probability by which that was drawn."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 3))
    true = 1 / (1 + np.exp(-(2 * x[:, 0] - x[:, 1] + 0.5)))
    return x.tolist(), (rng.random(count) < true).tolist(), true.tolist()


def test_fitted_scores_are_the_probabilities_by_which_the_cases_were_drawn() -> None:
    vectors, exact, _ = made_cases(4000, seed=1)
    curve = fitted(vectors, exact)
    others, _, true = made_cases(1000, seed=2)
    said = [curve.probability(vector) for vector in others]
    assert np.abs(np.array(said) - true).mean() < 0.04


def test_a_table_of_cases_that_fall_is_level() -> None:
    sums = np.linspace(0, 1, 100)
    table = rising_table(sums, (sums < 0.5).astype(float))
    assert len({share for _, share in table}) == 1


@given(st.integers(0, 100))
def test_a_fitted_table_rises_and_is_never_certain(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rising_table(rng.normal(size=200), (rng.random(200) < 0.9).astype(float))
    sums, shares = zip(*table, strict=True)
    assert list(sums) == sorted(sums)
    assert list(shares) == sorted(shares)
    assert shares[0] > 0
    assert shares[-1] < 1


def test_of_all_texts_with_nine_tenths_or_more_98_of_100_are_exact() -> None:
    vectors, exact, _ = made_cases(4000, seed=4)
    curve = fitted(vectors, exact)
    others, right, _ = made_cases(4000, seed=5)
    sure = [
        hit for vector, hit in zip(others, right, strict=True) if curve.probability(vector) >= 0.9
    ]
    assert len(sure) > 100
    assert sum(sure) / len(sure) >= 0.975  # chance allows for half a percent


def test_where_nothing_can_be_promised_no_score_reaches_nine_tenths() -> None:
    """A sum from which on 19 of 20 are exact, at most."""
    sums = np.linspace(0, 1, 2000)
    exact = (np.arange(2000) % 20 > 0).astype(float)
    table = kept_promise(rising_table(sums, exact), sums, exact)
    assert max(share for _, share in table) < 0.9


def test_a_feature_that_never_varies_does_no_harm() -> None:
    vectors, exact, _ = made_cases(500, seed=3)
    curve = fitted([[*vector, 7.0] for vector in vectors], exact)
    assert np.isfinite(curve.weights).all()

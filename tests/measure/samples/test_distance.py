"""Distances agree with SciPy on the bins, and two samples of one world do not lie apart."""

import numpy as np
import pytest
import scipy.spatial.distance as theirs
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from mainspring.measure.samples.distance import chi_squared, jensen_shannon, kolmogorov_smirnov, psi
from mainspring.measure.samples.multiplicity import benjamini_hochberg, holm

BINS = st.integers(2, 12).flatmap(
    lambda k: st.tuples(*(st.lists(st.integers(20, 500), min_size=k, max_size=k) for _ in range(2)))
)
P = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(BINS)
def test_chi_squared_is_that_of_the_contingency_table(counts: tuple[list[int], list[int]]) -> None:
    before, now = map(np.array, counts)
    real = scipy.stats.chi2_contingency(np.array([before, now]), correction=False)
    found = chi_squared(before, now)
    assert found.statistic == pytest.approx(real.statistic, rel=1e-9, abs=1e-9)
    assert found.p == pytest.approx(real.pvalue, rel=1e-6, abs=1e-12)


@given(BINS)
def test_kolmogorov_smirnov_is_that_of_the_bins_as_values(counts: tuple[list[int], list[int]]) -> None:
    before, now = map(np.array, counts)
    values = [np.repeat(np.arange(len(one)), one) for one in (before, now)]
    found = kolmogorov_smirnov(before, now)
    assert found.statistic == pytest.approx(scipy.stats.ks_2samp(*values, method="asymp").statistic, abs=1e-12)


@given(BINS)
def test_jensen_shannon_is_that_of_the_shares_less_chance(counts: tuple[list[int], list[int]]) -> None:
    before, now = map(np.array, counts)
    distance = jensen_shannon(before, now)
    assert 0 <= distance <= theirs.jensenshannon(before, now, base=2) + 1e-9
    assert jensen_shannon(before, before) == 0
    many = jensen_shannon(before * 10**9, now * 10**9)
    assert many == pytest.approx(theirs.jensenshannon(before, now, base=2), abs=1e-4)


def test_two_samples_of_one_world_lie_together_however_few_they_are() -> None:
    dice = np.random.default_rng(3)
    drawn = [jensen_shannon(dice.multinomial(10**6, [0.1] * 10), dice.multinomial(50, [0.1] * 10)) for _ in range(200)]
    assert np.mean(np.square(drawn)) < 0.02


def test_what_has_nothing_in_common_is_one_apart() -> None:
    assert jensen_shannon(np.array([10**6, 0]), np.array([0, 10**6])) == pytest.approx(1, abs=1e-3)
    assert psi(np.array([1000, 0]), np.array([0, 1000])) > 5


@pytest.mark.parametrize(
    "measure",
    [psi, jensen_shannon, lambda a, b: kolmogorov_smirnov(a, b).statistic, lambda a, b: chi_squared(a, b).statistic],
)
def test_nothing_lies_nowhere(measure) -> None:
    empty, full = np.array([0, 0]), np.array([5, 7])
    assert np.isfinite(measure(empty, full))
    assert measure(empty, empty) == 0


@given(P)
def test_benjamini_hochberg_is_scipys(p: list[float]) -> None:
    assert benjamini_hochberg(p) == pytest.approx(scipy.stats.false_discovery_control(p), abs=1e-12)


@given(P)
def test_holm_lies_between_none_and_bonferroni(p: list[float]) -> None:
    adjusted = holm(p)
    assert (adjusted >= np.array(p) - 1e-12).all()
    assert (adjusted <= np.minimum(np.array(p) * len(p), 1) + 1e-12).all()
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_no_tests_need_no_adjustment() -> None:
    assert len(benjamini_hochberg([])) == len(holm([])) == 0

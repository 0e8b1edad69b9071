"""Looking at every step, a confidence sequence errs as seldom as it says, and it closes in on the truth."""

import numpy as np
import pytest

from mainspring.measure.confidence_sequence import confidence_sequence

RUNS, LENGTH = 2000, 1500
WORLDS = {
    "coins": (lambda dice, shape: (dice.random(shape) < 0.5).astype(float), 0.5),
    "rare": (lambda dice, shape: (dice.random(shape) < 0.03).astype(float), 0.03),
    "even": (lambda dice, shape: dice.random(shape), 0.5),
}


@pytest.mark.parametrize("world", WORLDS)
def test_it_seldom_misses_at_any_moment(world: str) -> None:
    draw, mean = WORLDS[world]
    band = confidence_sequence(draw(np.random.default_rng(1), (RUNS, LENGTH)), 0.0, 1.0)
    ever = ((band.low > mean) | (band.high < mean)).any(axis=1)
    assert ever.mean() <= 0.05


def test_it_closes_in_on_the_truth() -> None:
    band = confidence_sequence(np.random.default_rng(2).random((50, 20_000)), 0.0, 1.0)
    width = (band.high - band.low).mean(axis=0)
    assert width[199] > 2 * width[1999] > 4 * width[19_999]
    assert width[19_999] < 0.02


def test_it_never_widens_and_holds_its_estimate() -> None:
    band = confidence_sequence(np.random.default_rng(3).random((20, 500)), 0.0, 1.0)
    assert (np.diff(band.low) >= 0).all()
    assert (np.diff(band.high) <= 0).all()


def test_units_do_not_matter() -> None:
    x = np.random.default_rng(4).random(300)
    plain, money = confidence_sequence(x, 0.0, 1.0), confidence_sequence(220 * x - 100, -100.0, 120.0)
    assert money.low == pytest.approx(220 * plain.low - 100)
    assert money.high == pytest.approx(220 * plain.high - 100)
    assert money.estimate == pytest.approx(220 * plain.estimate - 100)


def test_nothing_is_known_of_nothing() -> None:
    band = confidence_sequence(np.empty(0), 0.0, 1.0)
    assert len(band.low) == len(band.high) == 0


@pytest.mark.parametrize(
    ("values", "lowest", "highest"), [([2.0], 0, 1), ([0.5], 1, 0), ([0.5], 1, 1), ([np.nan], 0, 1)]
)
def test_what_is_out_of_bounds_is_refused(values: list, lowest: float, highest: float) -> None:
    with pytest.raises(ValueError):
        confidence_sequence(np.array(values), lowest, highest)

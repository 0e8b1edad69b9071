"""Labels that were exchanged are found, and right ones left alone."""

import numpy as np
import pytest

from mainspring.measure.doubts import doubts


def answered(n: int, classes: int, sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, classes, n)
    odds = dice.normal(size=(n, classes))
    odds[np.arange(n), truth] += sharpness
    chances = np.exp(odds)
    return chances / chances.sum(axis=1, keepdims=True), truth


@pytest.mark.parametrize("classes", [2, 5, 40])
def test_exchanged_labels_are_found(classes: int) -> None:
    chances, truth = answered(3000, classes, 6.0)
    wrong = np.arange(0, 3000, 30)
    given = truth.copy()
    given[wrong] = (given[wrong] + 1) % classes
    told = doubts(chances, given)
    found = set(told.places.tolist())
    # A probability is confident from the mean of its class on: of many classes, some wrong rows stay below.
    assert len(found & set(wrong.tolist())) > 0.5 * len(wrong)
    assert len(found - set(wrong.tolist())) < 0.1 * len(wrong)
    likely = dict(zip(told.places.tolist(), told.likely.tolist(), strict=True))
    assert np.mean([likely[i] == truth[i] for i in wrong.tolist() if i in likely]) > 0.95


def test_the_surest_come_first() -> None:
    chances = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9], [0.99, 0.01], [0.93, 0.07]])
    told = doubts(chances, np.array([0, 0, 1, 1, 1, 1]))
    assert told.places.tolist() == [4, 5]
    assert told.likely.tolist() == [0, 0]


def test_nothing_is_doubted_where_nothing_is_sure() -> None:
    assert not len(doubts(np.full((50, 4), 0.25), np.arange(50) % 4).places)
    assert not len(doubts(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)).places)


def test_a_class_with_one_row_is_no_trouble() -> None:
    chances, truth = answered(200, 3, 6.0)
    given = np.where(truth == 2, 1, truth)
    given[0] = 2
    told = doubts(chances, given)
    assert set(told.likely.tolist()) <= {0, 1, 2}

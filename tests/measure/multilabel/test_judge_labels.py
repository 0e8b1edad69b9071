"""Rates of labels are scikit-learn's, and thresholds do no worse than one half."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

from mainspring.measure.multilabel.agreement import all_rates, matrix_of, micro_f1, of_labels
from mainspring.measure.multilabel.thresholds import ENOUGH, best_thresholds


@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 10_000))
def test_rates_are_those_of_scikit_learn(rows: int, labels: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    true, found = dice.random((rows, labels)) < 0.4, dice.random((rows, labels)) < 0.4
    true[0] = True  # of labels without any support the macro means are taken otherwise
    found[0, 0] = True
    rates = all_rates(true, found)
    a, b = true.astype(int), found.astype(int)
    if labels == 1:
        a, b = np.column_stack([a, a]), np.column_stack([b, b])  # theirs takes one column for two classes
    for mean in ("micro", "macro"):
        precision, recall, f1, _ = theirs.precision_recall_fscore_support(a, b, average=mean, zero_division=0.0)
        told = [rates[f"{mean}_{name}"] for name in ("precision", "recall", "f1")]
        assert told == pytest.approx([precision, recall, f1])
    assert rates["subset_accuracy"] == pytest.approx(theirs.accuracy_score(a, b))
    assert rates["hamming_loss"] == pytest.approx(theirs.hamming_loss(a, b))
    each = of_labels(true, found, [str(k) for k in range(labels)])
    assert each[""].f1 == pytest.approx(rates["micro_f1"])
    told = theirs.precision_recall_fscore_support(a, b, average=None, zero_division=0.0)
    assert [each[str(k)].support for k in range(labels)] == told[3].tolist()[:labels]
    assert [each[str(k)].f1 for k in range(labels)] == pytest.approx(told[2].tolist()[:labels])


def test_what_nobody_knows_is_left_out_of_a_matrix() -> None:
    assert matrix_of([["a", "x"], [], ["b", "a"]], ["a", "b"]).tolist() == [[True, False], [False, False], [True, True]]
    assert matrix_of([], ["a"]).shape == (0, 1)


@given(st.integers(0, 10_000), st.integers(5, 80), st.integers(1, 5))
def test_chosen_thresholds_do_no_worse_than_any_shared_one(seed: int, rows: int, labels: int) -> None:
    dice = np.random.default_rng(seed)
    true = dice.random((rows, labels)) < dice.uniform(0.05, 0.6, labels)
    chances = np.clip(true * dice.uniform(0, 0.6) + dice.random((rows, labels)) * 0.6, 0, 1)
    chosen = best_thresholds(chances, true)
    assert ((chosen > 0) & (chosen < 1)).all()
    if true.any():
        reached = micro_f1(true, chances >= chosen)
        assert all(reached >= micro_f1(true, chances >= shared) - 1e-12 for shared in np.linspace(0.01, 0.99, 99))


def test_rare_labels_share_a_threshold() -> None:
    dice = np.random.default_rng(0)
    true = np.zeros((400, 4), bool)
    true[:200, 0], true[100:150, 1], true[: ENOUGH - 1, 2], true[:3, 3] = True, True, True, True
    chances = np.clip(true * 0.3 + dice.random(true.shape) * [0.8, 0.5, 0.4, 0.4], 0, 1)
    chosen = best_thresholds(chances, true)
    assert chosen[2] == chosen[3]
    assert chosen[0] != chosen[2] or chosen[1] != chosen[2]


def test_without_truths_the_threshold_is_one_half() -> None:
    assert best_thresholds(np.zeros((0, 2)), np.zeros((0, 2), bool)).tolist() == [0.5, 0.5]
    assert best_thresholds(np.ones((3, 1)), np.zeros((3, 1), bool)).tolist() == [0.5]

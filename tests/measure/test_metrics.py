"""Metrics agree with scikit-learn, weights included."""

import warnings

import numpy as np
import pytest
import sklearn.metrics as theirs
from hypothesis import given
from hypothesis import strategies as st

from mainspring.measure.gains import Gains
from mainspring.measure.metrics import METRICS, MOST_DRAWN, all_scores, interval, score
from mainspring.model import Question


@st.composite
def judged(draw: st.DrawFn, classes: int, weighted: bool):
    rows = draw(st.integers(classes, 60))
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = np.concatenate([np.arange(classes), dice.integers(0, classes, rows - classes)])
    # Coarse values make ties, which is where definitions differ.
    raw = np.round(dice.random((rows, classes)), draw(st.integers(1, 6))) + 0.01
    weights = dice.integers(0, 5, rows).astype(float) + 0.1 * weighted if weighted else None
    return truth, raw / raw.sum(axis=1, keepdims=True), weights


TWO = {
    "roc_auc": lambda t, p, w: theirs.roc_auc_score(t, p[:, 1], sample_weight=w),
    "average_precision": lambda t, p, w: theirs.average_precision_score(t, p[:, 1], sample_weight=w),
    "log_loss": lambda t, p, w: theirs.log_loss(t, p, sample_weight=w, labels=[0, 1]),
    "brier": lambda t, p, w: theirs.brier_score_loss(t, p[:, 1], sample_weight=w),
    "accuracy": lambda t, p, w: theirs.accuracy_score(t, p.argmax(1), sample_weight=w),
    "balanced_accuracy": lambda t, p, w: theirs.balanced_accuracy_score(t, p.argmax(1), sample_weight=w),
    "f1": lambda t, p, w: theirs.f1_score(t, p.argmax(1), sample_weight=w, zero_division=0),
    "f1_macro": lambda t, p, w: theirs.f1_score(t, p.argmax(1), sample_weight=w, average="macro", zero_division=0),
}


@pytest.mark.parametrize("name", TWO)
@given(data=st.data(), weighted=st.booleans())
def test_two_classes(name: str, data: st.DataObject, weighted: bool) -> None:
    truth, probabilities, weights = data.draw(judged(2, weighted))
    ours = score(name, truth, probabilities, positive=1, weights=weights)
    assert ours == pytest.approx(TWO[name](truth, probabilities, weights), abs=1e-9)


MANY = {
    "roc_auc": lambda t, p, w: theirs.roc_auc_score(t, p, multi_class="ovr", sample_weight=w),
    "log_loss": lambda t, p, w: theirs.log_loss(t, p, sample_weight=w),
    "brier": lambda t, p, w: theirs.brier_score_loss(t, p, sample_weight=w, scale_by_half=False),
    "accuracy": TWO["accuracy"],
    "balanced_accuracy": TWO["balanced_accuracy"],
    "f1_macro": TWO["f1_macro"],
}


@pytest.mark.parametrize("name", MANY)
@given(data=st.data(), weighted=st.booleans())
def test_many_classes(name: str, data: st.DataObject, weighted: bool) -> None:
    truth, probabilities, weights = data.draw(judged(4, weighted))
    ours = score(name, truth, probabilities, weights=weights)
    assert ours == pytest.approx(MANY[name](truth, probabilities, weights), abs=1e-9)


NUMBERS = {
    "rmse": theirs.root_mean_squared_error,
    "mae": theirs.mean_absolute_error,
    "r2": theirs.r2_score,
    "mape": theirs.mean_absolute_percentage_error,
}


@pytest.mark.parametrize("name", NUMBERS)
@given(rows=st.integers(2, 60), seed=st.integers(0, 2**32 - 1), weighted=st.booleans())
def test_numbers(name: str, rows: int, seed: int, weighted: bool) -> None:
    dice = np.random.default_rng(seed)
    truth, answers = dice.normal(3, 1, rows), dice.normal(3, 1, rows)
    weights = dice.random(rows) + 0.1 if weighted else None
    ours = score(name, truth, answers[:, None], weights=weights)
    assert ours == pytest.approx(NUMBERS[name](truth, answers, sample_weight=weights), rel=1e-9)


def test_every_metric_is_compared() -> None:
    assert {*TWO, *MANY, *NUMBERS, "profit"} == {
        name for name, metric in METRICS.items() if metric.question not in (Question.SPANS, Question.LABELS)
    }


def test_the_positive_class_may_be_the_first() -> None:
    truth, p = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.2, 0.8]])
    assert score("f1", truth, p, positive=0) == theirs.f1_score(truth, p.argmax(1), pos_label=0)
    assert score("roc_auc", truth, p, positive=0) == 0.75
    assert score("average_precision", truth, p, positive=0) == theirs.average_precision_score(truth == 0, p[:, 0])


def test_what_is_not_defined_is_nan_and_silent() -> None:
    truth, p = np.zeros(4, int), np.full((4, 2), 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(score("roc_auc", truth, p, positive=1))
        assert np.isnan(score("average_precision", truth, p, positive=1))
        assert np.isnan(score("r2", np.ones(4), np.ones((4, 1))))
        assert score("f1", truth, p, positive=1) == 0.0


def test_probabilities_of_none_cost_much_but_not_infinitely() -> None:
    assert 30 < score("log_loss", np.array([1]), np.array([[1.0, 0.0]])) < 40


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    dice = np.random.default_rng(0)
    truth, p = dice.integers(0, 2, 30), dice.dirichlet([1, 1], 30)
    counts = dice.integers(1, 4, 30)
    gains = Gains(("none", "offer"), ("no", "yes"), ((0, -100), (-20, 120)))
    weighted = all_scores(truth, p, Question.CLASS, positive=1, gains=gains, weights=counts.astype(float))
    repeated = all_scores(
        np.repeat(truth, counts), np.repeat(p, counts, axis=0), Question.CLASS, positive=1, gains=gains
    )
    assert weighted == pytest.approx(repeated)


def test_only_metrics_of_the_question_are_scored() -> None:
    p = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]])
    assert set(all_scores(np.array([1, 2, 0]), p, Question.CLASS)) == set(MANY)
    assert set(all_scores(np.ones(3), np.ones((3, 1)), Question.NUMBER)) == set(NUMBERS)


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(100):
        values = np.random.default_rng(seed).normal(size=80)
        low, high = interval(lambda rows, v=values: float(v[rows].mean()), 80, seed=seed)
        covered += low <= 0.0 <= high
    assert 87 <= covered <= 99


def test_the_interval_of_many_rows_is_as_wide_as_theory_says() -> None:
    rows = 8 * MOST_DRAWN
    values = np.random.default_rng(0).normal(size=rows)
    most = []

    def mean(drawn: np.ndarray) -> float:
        most.append(len(drawn))
        return float(values[drawn].mean())

    low, high = interval(mean, rows)
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(rows), rel=0.2)
    assert sorted(most)[-2] == MOST_DRAWN

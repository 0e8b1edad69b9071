"""Calibration: probabilities that mean what they say, and never worse than before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from mainspring.steps.learn.blend.calibrate import calibrate, fit
from mainspring.steps.learn.blend.calibration import Calibration


def drawn(count: int, classes: int, sharpness: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are too sharp or too dull by a factor of the log-odds, and truths drawn from the right ones."""
    dice = np.random.default_rng(seed)
    logs = dice.normal(size=(count, classes)) * 1.5
    right = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    truth = (right.cumsum(axis=1) < dice.random((count, 1))).sum(axis=1).clip(0, classes - 1)
    powers = np.exp(logs * sharpness)
    return powers / powers.sum(axis=1, keepdims=True), truth


@settings(max_examples=25, deadline=None)
@given(classes=st.integers(2, 4), sharpness=st.floats(0.2, 5), seed=st.integers(0, 2**32 - 1))
def test_new_rows_are_not_judged_worse(classes: int, sharpness: float, seed: int) -> None:
    probabilities, truth = drawn(1500, classes, sharpness, seed)
    fresh, fresh_truth = drawn(1500, classes, sharpness, seed + 1)
    calibration = calibrate(probabilities, truth, 0)
    labels = list(range(classes))
    before = log_loss(fresh_truth, fresh, labels=labels)
    after = log_loss(fresh_truth, calibration.apply(fresh), labels=labels)
    assert after <= before + 0.01


@pytest.mark.parametrize("classes", [2, 3])
def test_what_is_far_too_sure_is_mended(classes: int) -> None:
    probabilities, truth = drawn(2000, classes, 4.0, 0)
    calibration = calibrate(probabilities, truth)
    assert calibration.method != "none"
    assert log_loss(truth, calibration.apply(probabilities)) < 0.9 * log_loss(truth, probabilities)


def test_what_is_right_already_is_left_alone() -> None:
    assert calibrate(*drawn(3000, 2, 1.0, 0)) == Calibration()


def test_few_rows_are_left_alone() -> None:
    assert calibrate(*drawn(150, 2, 5.0, 0)) == Calibration()


def test_one_class_is_left_alone() -> None:
    assert calibrate(drawn(500, 2, 1.0, 0)[0], np.zeros(500, int)) == Calibration()


def test_a_perfect_separation_stays_finite() -> None:
    truth = np.array([0, 1] * 200)
    sure = np.column_stack([1.0 - truth, truth])
    for method in ("platt", "isotonic", "temperature"):
        answers = fit(method, sure, truth).apply(sure)
        assert np.isfinite(answers).all()
        assert (answers.argmax(axis=1) == truth).all()


@pytest.mark.parametrize(("method", "classes"), [("platt", 2), ("isotonic", 2), ("temperature", 2), ("temperature", 4)])
@given(seed=st.integers(0, 999))
def test_probabilities_stay_probabilities(method, classes: int, seed: int) -> None:
    probabilities, truth = drawn(300, classes, 2.0, seed)
    calibration = fit(method, probabilities, truth)
    edges = np.eye(classes)
    for answers in (calibration.apply(probabilities), calibration.apply(edges)):
        assert (answers >= 0).all()
        assert (answers <= 1).all()
        assert np.allclose(answers.sum(axis=1), 1.0, atol=1e-12)
    assert Calibration.from_dict(calibration.to_dict()) == calibration
    assert np.allclose(calibration.apply(probabilities[:1]), calibration.apply(probabilities)[:1], rtol=1e-13, atol=0)


@given(seed=st.integers(0, 999))
def test_the_order_of_rows_is_kept(seed: int) -> None:
    probabilities, truth = drawn(300, 2, 2.0, seed)
    order = np.argsort(probabilities[:, 1])
    for method in ("platt", "isotonic"):
        assert (np.diff(fit(method, probabilities, truth).apply(probabilities)[order, 1]) >= 0).all()


@pytest.mark.parametrize(("method", "classes"), [("platt", 2), ("isotonic", 2), ("temperature", 3)])
def test_a_row_of_weight_two_counts_as_two_rows(method, classes: int) -> None:
    probabilities, truth = drawn(300, classes, 3.0, 0)
    counts = np.random.default_rng(1).integers(1, 4, 300)
    weighted = fit(method, probabilities, truth, counts.astype(float))
    repeated = fit(method, np.repeat(probabilities, counts, axis=0), np.repeat(truth, counts))
    assert np.allclose(weighted.apply(probabilities), repeated.apply(probabilities), atol=1e-4)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_one_row_is_calibrated_as_many(method: str) -> None:
    probabilities, truth = drawn(300, 2, 3.0, 1)
    calibration = fit(method, probabilities, truth)
    ends = np.array([0.0, 1.0, *calibration.x]).clip(0, 1)
    rows = np.concatenate([probabilities, np.column_stack([1 - ends, ends])])
    many = calibration.apply(rows)
    for row, expected in zip(rows, many, strict=True):
        assert calibration.apply(row[None])[0] == pytest.approx(expected, rel=1e-13, abs=1e-15)

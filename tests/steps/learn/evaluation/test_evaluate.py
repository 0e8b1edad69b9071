"""Evaluate: how good a model is on rows no choice has seen."""

import json

import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics as theirs

from mainspring.automation.learn import Learn, Split
from mainspring.errors import QualityError
from mainspring.measure.gains import Gains
from mainspring.steps.learn.evaluation.evaluate import better, evaluate
from mainspring.steps.learn.goal import goal_of

GAINS = Gains(("none", "offer"), ("no", "yes"), ((0, -100), (-20, 120)))


@pytest.fixture
def judged(find, customers):
    declared = Learn(target="leaves", candidates=["linear"], exclude=["spent"], split=Split(folds=2))
    model = find(customers(), declared).model
    test = customers(300, seed=1)
    goal = goal_of(declared, test["leaves"], has_gains=False)
    truth = np.array([label == "yes" for label in test["leaves"].to_pylist()])
    return model, test, goal, truth, model.predict(test)["probability_yes"].to_numpy()


def test_metrics_stand_within_their_intervals(judged) -> None:
    model, test, goal, truth, probability = judged
    result = evaluate(model, test, goal)
    assert result.rows == 300
    assert result.metrics["roc_auc"]["value"] == pytest.approx(theirs.roc_auc_score(truth, probability))
    for metric in result.metrics.values():
        assert metric["low"] <= metric["value"] <= metric["high"]
    json.dumps(result.to_dict())


def test_the_pictures_agree_with_the_metrics(judged) -> None:
    model, test, goal, truth, probability = judged
    parts = evaluate(model, test, goal, gains=GAINS, threshold=0.3).to_dict()
    curve = np.array(parts["roc"])
    assert np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(theirs.roc_auc_score(truth, probability), abs=0.005)
    expected = theirs.confusion_matrix(truth, probability >= 0.3)
    assert parts["confusion"] == {"labels": ["no", "yes"], "counts": expected.tolist()}
    assert sum(bin["count"] for bin in parts["calibration"]) == 300
    assert parts["pr"][-1][0] == 1.0


def test_money_is_counted_against_simple_policies(judged) -> None:
    model, test, goal, truth, probability = judged
    parts = evaluate(model, test, goal, gains=GAINS, threshold=0.3).to_dict()
    acted = probability >= 0.3
    gain = float(np.where(acted, np.where(truth, 120, -20), np.where(truth, -100, 0)).sum())
    assert parts["baselines"]["mainspring"] == {"contacted": int(acted.sum()), "gain": gain}
    assert parts["baselines"]["nobody"] == {"contacted": 0, "gain": -100.0 * truth.sum()}
    assert parts["baselines"]["everybody"]["contacted"] == 300
    assert parts["chosen"]["gain"] == gain


def test_a_class_that_was_not_learned_is_counted_not_judged(judged) -> None:
    model, test, goal, _, _ = judged
    strange = test.set_column(3, "leaves", pa.array(["perhaps", *test["leaves"].to_pylist()[1:]]))
    result = evaluate(model, strange, goal)
    assert result.rows == 299
    assert result.to_dict()["unseen_classes"] == 1


def test_no_row_to_judge_is_refused(judged) -> None:
    model, test, goal, _, _ = judged
    with pytest.raises(QualityError, match="no row to evaluate on"):
        evaluate(model, test.slice(0, 0), goal)


def test_numbers_leave_their_residuals(find, customers) -> None:
    declared = Learn(target="spent", candidates=["least_squares"], exclude=["leaves"], split=Split(folds=2))
    model, test = find(customers(), declared).model, customers(50, seed=1)
    result = evaluate(model, test, goal_of(declared, test["spent"], has_gains=False))
    residuals = np.array(result.to_dict()["residuals"])
    assert residuals.shape == (50, 2)
    assert result.metrics["rmse"]["value"] == pytest.approx(np.sqrt(((residuals[:, 0] - residuals[:, 1]) ** 2).mean()))


def test_better_knows_which_way_a_metric_points() -> None:
    assert better("roc_auc", 0.9, 0.8)
    assert better("log_loss", 0.3, 0.4)
    assert not better("rmse", 1.0, 1.0)

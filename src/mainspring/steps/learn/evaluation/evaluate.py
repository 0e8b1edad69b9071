"""Evaluate: how good a model is on rows that no choice has seen, as numbers and as data for pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.measure.gains import Gains
from mainspring.measure.metrics import METRICS, all_scores, interval
from mainspring.model import Model, Question
from mainspring.steps.learn.evaluation.in_money import actions_alone, in_money
from mainspring.steps.learn.evaluation.judged import Floats, Ints, Judged, answers_of
from mainspring.steps.learn.learner import Goal

Decided = Callable[[pa.Table, Floats], Ints]
"""Rows (n) and the model's answers for them (n × classes) → the number of the action for each, by the whole decision."""

MOST_POINTS = 200
BINS = 10


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``parts`` hold what pictures are drawn from; :meth:`to_dict` has everything."""

    question: Question
    rows: int
    metrics: Mapping[str, Mapping[str, float]]
    """Metric → ``value`` with the ``low`` and ``high`` of a 95 % bootstrap interval."""
    parts: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "question": str(self.question),
            "rows": self.rows,
            "metrics": {n: dict(m) for n, m in self.metrics.items()},
            **self.parts,
        }


def evaluate(
    model: Model, test: pa.Table, goal: Goal, *,
    gains: Gains | None = None, threshold: float | None = None, decided: Decided | None = None,
) -> Evaluation:  # fmt: skip
    """Evaluate on raw rows with a cleaned target; ``threshold`` is for the probability of the positive class.

    With ``gains`` it is reckoned what the actions that are ``decided`` gain, and what those of the model alone do.

    Rows of a class that was not learned cannot be judged; they are left out, and counted in ``unseen_classes``.

    Raises:
        QualityError: no row can be judged.
    """
    judged = Judged.of(test, goal)
    truth, weights, positive = judged.truth, judged.weights, judged.positive
    answers = answers_of(model, judged.table)

    def measured(name: str) -> dict[str, float]:
        on = judged.measure(name, answers, gains)
        low, high = interval(on, len(truth), seed=goal.seed)
        return {"value": on(np.arange(len(truth))), "low": low, "high": high}

    names = all_scores(truth, answers, goal.question, positive=positive, gains=gains, weights=weights)
    metrics = {name: measured(name) for name in names if name != "profit"}
    parts: dict[str, Any] = {"unseen_classes": len(test) - len(truth)}
    if goal.question == Question.NUMBER:
        parts |= {"residuals": _sampled(np.column_stack([answers, truth.astype(np.float64)]), goal.seed)}
    else:
        parts |= {"classes": list(goal.classes), "positive": goal.positive, "threshold": threshold}
        parts |= _of_classes(truth.astype(np.int64), answers, goal, positive, threshold)
        if gains is not None:
            alone = actions_alone(answers, gains, positive, threshold)
            actions = alone if decided is None else decided(judged.table, answers)
            chance = None if positive is None or len(gains.actions) != 2 else answers[:, positive]
            parts |= in_money(truth.astype(np.int64), gains, (actions, alone), chance, weights)
    return Evaluation(goal.question, len(truth), metrics, parts)


def better(metric: str, ours: float, theirs: float) -> bool:
    """Whether ``ours`` is strictly better than ``theirs`` by this metric."""
    return ours > theirs if METRICS[metric].greater_is_better else ours < theirs


def _of_classes(
    truth: Ints, answers: Floats, goal: Goal, positive: int | None, threshold: float | None
) -> dict[str, Any]:
    guessed = answers.argmax(axis=1)
    if positive is None:
        return {"confusion": _confusion(truth, guessed, goal)}
    probability, is_positive = answers[:, positive], truth == positive
    if threshold is not None:
        guessed = np.where(probability >= threshold, positive, 1 - positive)
    return {
        "confusion": _confusion(truth, guessed, goal),
        "roc": _roc(is_positive, probability),
        "pr": _precision_recall(is_positive, probability),
        "calibration": _calibration(is_positive, probability),
    }


def _confusion(truth: Ints, guessed: Ints, goal: Goal) -> dict[str, Any]:
    size = len(goal.classes)
    counts = np.bincount(truth * size + guessed, minlength=size * size).reshape(size, size)
    return {"labels": [str(label) for label in goal.classes], "counts": counts.tolist()}


def _roc(is_positive: npt.NDArray[np.bool_], probability: Floats) -> list[list[float]]:
    order = np.argsort(-probability, kind="stable")
    hits = is_positive[order]
    ends = np.flatnonzero(np.concatenate([np.diff(probability[order]) != 0, [True]]))
    right, wrong = np.cumsum(hits)[ends], np.cumsum(~hits)[ends]
    points = np.column_stack([wrong / max(1, wrong[-1]), right / max(1, right[-1])])
    return _thinned(np.vstack([[0.0, 0.0], points]))


def _precision_recall(is_positive: npt.NDArray[np.bool_], probability: Floats) -> list[list[float]]:
    order = np.argsort(-probability, kind="stable")
    ends = np.flatnonzero(np.concatenate([np.diff(probability[order]) != 0, [True]]))
    right = np.cumsum(is_positive[order])[ends]
    return _thinned(np.column_stack([right / max(1, right[-1]), right / (ends + 1)]))


def _calibration(is_positive: npt.NDArray[np.bool_], probability: Floats) -> list[dict[str, float]]:
    """Bins of equal counts, so that each is judged by as many rows."""
    parts = np.array_split(np.argsort(probability, kind="stable"), min(BINS, len(probability)))
    return [
        {"predicted": float(probability[part].mean()), "observed": float(is_positive[part].mean()), "count": len(part)}
        for part in parts
        if len(part)
    ]


def _thinned(points: Floats) -> list[list[float]]:
    shown = np.unique(np.linspace(0, len(points) - 1, min(MOST_POINTS, len(points))).astype(int))
    return points[shown].tolist()


def _sampled(points: Floats, seed: int, most: int = 1000) -> list[list[float]]:
    chosen = np.random.default_rng(seed).permutation(len(points))[:most]
    return points[np.sort(chosen)].tolist()

"""Metrics: how good answers are. Truths are class numbers or values (n), answers probabilities (n × classes) or values (n)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.measure.gains import Gains, best_threshold
from mainspring.model import Question

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TINY = 1e-15
MOST_DRAWN = 20_000


@dataclass(frozen=True, slots=True)
class Metric:
    """``question`` is None where a metric judges both; ``needs_two`` classes; ``proxy`` is what a search follows in its stead.

    Thresholded metrics jump as single rows change sides, so a search that followed them would chase noise.
    """

    title: str
    question: Question | None
    greater_is_better: bool
    needs_two: bool = False
    proxy: str | None = None

    @property
    def sign(self) -> float:
        """What turns it so that greater is better."""
        return 1.0 if self.greater_is_better else -1.0


METRICS: Mapping[str, Metric] = {
    "profit": Metric("profit a row", Question.CLASS, True),
    "roc_auc": Metric("ROC AUC", Question.CLASS, True),
    "average_precision": Metric("average precision", Question.CLASS, True, needs_two=True),
    "log_loss": Metric("log loss", Question.CLASS, False),
    "brier": Metric("Brier score", Question.CLASS, False),
    "accuracy": Metric("accuracy", Question.CLASS, True, proxy="log_loss"),
    "balanced_accuracy": Metric("balanced accuracy", Question.CLASS, True, proxy="log_loss"),
    "f1": Metric("F1", Question.CLASS, True, needs_two=True, proxy="log_loss"),
    "f1_macro": Metric("macro F1", Question.CLASS, True, proxy="log_loss"),
    "rmse": Metric("RMSE", Question.NUMBER, False),
    "mae": Metric("MAE", Question.NUMBER, False),
    "r2": Metric("R²", Question.NUMBER, True),
    "mape": Metric("MAPE", Question.NUMBER, False),
    "entity_f1": Metric("entity F1", Question.SPANS, True),
    "micro_f1": Metric("micro F1", Question.LABELS, True),
}


def score(
    name: str, truth: npt.NDArray[np.generic], answers: Floats, *,
    positive: int | None = None, gains: Gains | None = None, weights: Floats | None = None,
) -> float:  # fmt: skip
    """The metric ``name``. ``positive`` is the number of the positive of two classes.

    ``profit`` is the mean gain a row of the answers alone: at the best threshold of these rows for one action, else by expected
    gains. What the whole decision gains, :class:`mainspring.measure.stakes.Stakes` says.
    """
    weight = np.ones(len(truth)) if weights is None else weights
    if name == "profit":
        return _profit(truth.astype(np.int64), answers, gains, positive, weight)
    if METRICS[name].question == Question.NUMBER:
        return _OF_NUMBERS[name](truth.astype(np.float64), answers.reshape(len(truth)), weight)
    return _OF_CLASSES[name](truth.astype(np.int64), answers, weight, positive)


def all_scores(
    truth: npt.NDArray[np.generic], answers: Floats, question: Question, *,
    positive: int | None = None, gains: Gains | None = None, weights: Floats | None = None,
) -> dict[str, float]:  # fmt: skip
    """Every metric that judges such answers."""
    return {
        name: score(name, truth, answers, positive=positive, gains=gains, weights=weights)
        for name, metric in METRICS.items()
        if metric.question == question and (positive is not None or not metric.needs_two)
        and (name != "profit" or gains is not None)
    }  # fmt: skip


def interval(
    measure: Callable[[Ints], float], rows: int, *, repeats: int = 200, seed: int = 0, share: float = 0.95
) -> tuple[float, float]:
    """A percentile bootstrap interval (Efron 1979) of ``measure``, which is given row numbers drawn with replacement.

    Of very many rows ``MOST_DRAWN`` are drawn at a time, and the spread around the value of all rows is scaled to their
    number (m out of n, Bickel, Götze & van Zwet 1997): it takes no longer than for fewer, and says as much.
    """
    dice = np.random.default_rng(seed)
    count = min(rows, MOST_DRAWN)
    drawn = np.array([measure(dice.integers(0, rows, count)) for _ in range(repeats)])
    if count < rows:
        value = measure(np.arange(rows))
        drawn = value + (drawn - value) * np.sqrt(count / rows)
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def _profit(truth: Ints, answers: Floats, gains: Gains | None, positive: int | None, weight: Floats) -> float:
    if gains is None:
        raise ValueError("profit needs gains")
    if positive is not None and len(gains.actions) == 2:
        return best_threshold(truth, answers[:, positive], gains, positive=positive, weights=weight).profit
    return float(np.average(gains.realised(gains.best_actions(answers), truth), weights=weight))


def roc_auc(is_positive: npt.NDArray[np.bool_], scores: Floats, weight: Floats) -> float:
    """The probability that a positive scores higher than a negative, ties counting half (Mann & Whitney 1947); NaN without both."""
    order = np.argsort(scores, kind="stable")
    ranked, positives, w = scores[order], is_positive[order], weight[order]
    w_pos, w_neg = w * positives, w * ~positives
    group = np.concatenate([[0], np.cumsum(ranked[1:] != ranked[:-1])])
    pos, neg = np.bincount(group, w_pos), np.bincount(group, w_neg)
    total = pos.sum() * neg.sum()
    below = np.concatenate([[0.0], np.cumsum(neg)[:-1]])
    return float((pos * (below + neg / 2)).sum() / total) if total > 0 else float("nan")


def _auc(truth: Ints, p: Floats, w: Floats, positive: int | None) -> float:
    if positive is not None:
        return roc_auc(truth == positive, p[:, positive], w)
    each = [roc_auc(truth == k, p[:, k], w) for k in range(p.shape[1])]
    return float(np.nanmean(each)) if np.isfinite(each).any() else float("nan")


def _average_precision(truth: Ints, p: Floats, w: Floats, positive: int | None) -> float:
    k = 1 if positive is None else positive
    order = np.argsort(-p[:, k], kind="stable")
    scores, hits, weights = p[order, k], (truth[order] == k) * w[order], w[order]
    ends = np.concatenate([scores[1:] != scores[:-1], [True]])
    found, seen = np.cumsum(hits)[ends], np.cumsum(weights)[ends]
    if not found[-1]:
        return float("nan")
    seen = np.where(seen > 0, seen, 1.0)
    return float((np.diff(np.concatenate([[0.0], found])) * found / seen).sum() / found[-1])


def _log_loss(truth: Ints, p: Floats, w: Floats, positive: int | None) -> float:  # noqa: ARG001
    chosen = p[np.arange(len(truth)), truth]
    return float(np.average(-np.log(np.clip(chosen, TINY, 1.0)), weights=w))


def _brier(truth: Ints, p: Floats, w: Floats, positive: int | None) -> float:
    if positive is not None:
        return float(np.average((p[:, positive] - (truth == positive)) ** 2, weights=w))
    return float(np.average(((p - np.eye(p.shape[1])[truth]) ** 2).sum(axis=1), weights=w))


def _accuracy(truth: Ints, p: Floats, w: Floats, positive: int | None) -> float:  # noqa: ARG001
    return float(np.average(p.argmax(axis=1) == truth, weights=w))


def _balanced_accuracy(truth: Ints, p: Floats, w: Floats, positive: int | None) -> float:  # noqa: ARG001
    right = np.bincount(truth, w * (p.argmax(axis=1) == truth), p.shape[1])
    total = np.bincount(truth, w, p.shape[1])
    return float(np.mean(right[total > 0] / total[total > 0]))


def _f1_each(truth: Ints, p: Floats, w: Floats) -> Floats:
    guessed, k = p.argmax(axis=1), p.shape[1]
    right = np.bincount(truth, w * (guessed == truth), k)
    both = np.bincount(truth, w, k) + np.bincount(guessed, w, k)
    return np.where(both > 0, 2 * right / np.where(both > 0, both, 1.0), np.nan)


def _f1(truth: Ints, p: Floats, w: Floats, positive: int | None) -> float:
    return float(np.nan_to_num(_f1_each(truth, p, w)[1 if positive is None else positive]))


def _f1_macro(truth: Ints, p: Floats, w: Floats, positive: int | None) -> float:  # noqa: ARG001
    each = _f1_each(truth, p, w)
    return float(np.nanmean(each)) if np.isfinite(each).any() else float("nan")


def _rmse(truth: Floats, answers: Floats, w: Floats) -> float:
    return float(np.sqrt(np.average((truth - answers) ** 2, weights=w)))


def _mae(truth: Floats, answers: Floats, w: Floats) -> float:
    return float(np.average(np.abs(truth - answers), weights=w))


def _r2(truth: Floats, answers: Floats, w: Floats) -> float:
    spread = np.average((truth - np.average(truth, weights=w)) ** 2, weights=w)
    return float(1.0 - np.average((truth - answers) ** 2, weights=w) / spread) if spread > 0 else float("nan")


def _mape(truth: Floats, answers: Floats, w: Floats) -> float:
    return float(np.average(np.abs(truth - answers) / np.maximum(np.abs(truth), np.finfo(float).eps), weights=w))


_OF_CLASSES: Mapping[str, Callable[[Ints, Floats, Floats, int | None], float]] = {
    "roc_auc": _auc, "average_precision": _average_precision, "log_loss": _log_loss, "brier": _brier, "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy, "f1": _f1, "f1_macro": _f1_macro,
}  # fmt: skip
_OF_NUMBERS: Mapping[str, Callable[[Floats, Floats, Floats], float]] = {
    "rmse": _rmse,
    "mae": _mae,
    "r2": _r2,
    "mape": _mape,
}

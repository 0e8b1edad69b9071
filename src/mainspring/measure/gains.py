"""Gains: what a right or wrong action is worth. One formula for choosing a model, deciding, and counting what was earned.

``matrix[a][c]`` is the gain of action ``a`` when the truth turns out to be class ``c``. Arrays of truths and actions hold indices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mainspring.decision import NO_ACTION
from mainspring.errors import SpecError, nearest
from mainspring.model import Label

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OUTCOMES = ("true_positive", "false_positive", "true_negative", "false_negative")
PLATEAU = 0.002
"""Thresholds whose profit is within this share of the range of all profits are as good as the best: the difference is noise."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Act from ``value`` on. ``profit`` is the mean gain a row so earned."""

    value: float
    profit: float


@dataclass(frozen=True, slots=True)
class Gains:
    """``actions`` start with ``none``; ``matrix`` is (actions × classes), in the declaration's money."""

    actions: tuple[str, ...]
    classes: tuple[Label, ...]
    matrix: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, declared: Mapping[str, Any], classes: Sequence[Label], positive: Label | None, action: str) -> Self:
        """From ``{true_positive: …}`` (two classes, one action) or ``{action: {class: gain}}``; what is not said gains nothing.

        Raises:
            SpecError: the outcomes need two classes; a class is unknown.
        """
        if set(declared) <= set(OUTCOMES):
            return cls._of_outcomes(declared, classes, positive, action)
        rows: dict[str, Mapping[str, float]] = {NO_ACTION: declared.get(NO_ACTION) or declared.get("skip") or {}}
        rows |= {name: row for name, row in declared.items() if name not in (NO_ACTION, "skip")}
        return cls(tuple(rows), tuple(classes), tuple(_row(row, classes, name) for name, row in rows.items()))

    @classmethod
    def _of_outcomes(
        cls, declared: Mapping[str, float], classes: Sequence[Label], positive: Label | None, action: str
    ) -> Self:
        if len(classes) != 2 or positive is None:
            raise SpecError(
                "true_positive and the like need a question with two classes", where="decide.gains",
                remedy="write the gains as action → class → gain",
            )  # fmt: skip
        acting, resting = (
            tuple(float(declared.get(hit if c == positive else miss, 0.0)) for c in classes)
            for hit, miss in (("true_positive", "false_positive"), ("false_negative", "true_negative"))
        )
        return cls((NO_ACTION, action), tuple(classes), (resting, acting))

    @property
    def array(self) -> Floats:
        return np.asarray(self.matrix, dtype=np.float64)

    def expected(self, probabilities: Floats) -> Floats:
        """Expected gain (n rows × actions) of probabilities (n rows × classes)."""
        return probabilities @ self.array.T

    def best_actions(self, probabilities: Floats) -> Ints:
        """The action with the highest expected gain, a row; doing nothing where it is as good."""
        return np.argmax(self.expected(probabilities), axis=1).astype(np.int64)

    def realised(self, actions: Ints, truth: Ints) -> Floats:
        """What each action (n) really gained, by what turned out to be true (n)."""
        return self.array[actions, truth]

    def break_even(self, positive: int) -> float | None:
        """The probability of class number ``positive`` from which acting pays, for one action and two classes.

        None where it does not exist: acting always pays, never pays, or pays at *low* probabilities.
        """
        if self.array.shape != (2, 2):
            return None
        advantage = self.array[1] - self.array[0]
        for_positive, for_negative = advantage[positive], advantage[1 - positive]
        if for_positive <= 0 or for_negative >= 0:
            return None
        return float(-for_negative / (for_positive - for_negative))


def _row(row: Mapping[str, float], classes: Sequence[Label], action: str) -> tuple[float, ...]:
    place = {spelling: i for i, label in enumerate(classes) for spelling in _spellings(label)}
    gains = [0.0] * len(classes)
    for name, gain in row.items():
        if str(name) not in place:
            known = [str(label) for label in classes]
            guess = nearest(str(name), known)
            raise SpecError(
                f"the gains of {action!r} speak of a class {name!r} that the target does not have", where="decide.gains",
                remedy=f"did you mean {guess!r}?" if guess else f"the classes are: {', '.join(known)}",
            )  # fmt: skip
        gains[place[str(name)]] = float(gain)
    return tuple(gains)


def _spellings(label: Label) -> set[str]:
    """A key of a declaration is a text, and so are ``true``, ``1`` and ``1.0`` there."""
    if isinstance(label, bool):
        return {str(label), str(label).lower()}
    return {str(label), str(int(label))} if isinstance(label, float) and label.is_integer() else {str(label)}


def best_threshold(
    truth: Ints, probability: Floats, gains: Gains, *, positive: int, weights: Floats | None = None
) -> Threshold:
    """The probability (n) of class number ``positive`` from which acting earns most on rows with known ``truth`` (n)."""
    resting, acting = gains.array[0][truth], gains.array[1][truth]
    return threshold_of(probability, resting, acting, gains.break_even(positive), weights=weights)


def threshold_of(
    probability: Floats, resting: Floats, acting: Floats, even: float | None, *,
    weights: Floats | None = None, most: float = 1.0,
) -> Threshold:  # fmt: skip
    """The probability (n) from which acting earns most, where each row is known to gain ``acting`` (n), or ``resting`` (n) else.

    ``weights`` (n) say how many rows each stands for; at ``most`` this share of them can be acted on. Profit as a function of the
    threshold is flat and noisy near its top, so where the break-even probability ``even`` lies on the top plateau it is taken,
    else the threshold of the plateau nearest to it: with calibrated probabilities that is where the best lies in truth.
    """
    order = np.argsort(-probability, kind="stable")
    weight = np.ones(len(order)) if weights is None else weights[order]
    descending = probability[order]
    ends = _last_of_ties(descending)
    whole = float(weight.sum())
    totals = np.cumsum((acting - resting)[order] * weight)[ends] + float(resting[order] @ weight)
    profit = np.concatenate([[float(resting[order] @ weight)], totals]) / whole
    possible = np.concatenate([[0.0], np.cumsum(weight)[ends]]) <= most * whole * (1 + 1e-9)
    # Of a cut that acts on too many none is better: the profit of those that can be carried out decides.
    profit = profit[possible]
    cuts = _cuts(descending)[possible]
    plateau = np.flatnonzero(profit >= profit.max() - PLATEAU * max(float(np.ptp(profit)), 1e-12))
    if even is not None:
        reached = int((descending[ends] >= even).sum())
        if reached in plateau:
            return Threshold(even, float(profit[reached]))
    wanted = cuts[np.argmax(profit)] if even is None else even
    chosen = plateau[np.argmin(np.abs(cuts[plateau] - wanted))]
    return Threshold(float(cuts[chosen]), float(profit[chosen]))


def _last_of_ties(descending: Floats) -> npt.NDArray[np.bool_]:
    return np.concatenate([descending[1:] != descending[:-1], [True]])


def _cuts(descending: Floats) -> Floats:
    """Thresholds that act on nobody, then on each further group of equal probabilities (from halfway to the next), then on all."""
    values = descending[_last_of_ties(descending)]
    halfway = (values[:-1] + values[1:]) / 2
    # Between neighbouring floats there is no halfway: it is rounded to one of the two, perhaps the wrong one.
    halfway = np.where(halfway > values[1:], halfway, values[:-1])
    # A row likelier than all that were seen is not acted on either, where acting on nobody is best.
    return np.concatenate([[np.nextafter(max(1.0, values[0]), np.inf)], halfway, [0.0]])


def profit_by_share(
    truth: Ints, score: Floats, gains: Gains, steps: int = 100, weights: Floats | None = None
) -> list[tuple[float, float]]:
    """(share contacted, total gain) pairs when the top share by ``score`` (n) gets the action and the others nothing."""
    order = np.argsort(-score, kind="stable")
    weight = np.ones(len(truth)) if weights is None else weights
    advantage = ((gains.array[1] - gains.array[0])[truth] * weight)[order]
    totals = np.concatenate([[0.0], np.cumsum(advantage)]) + float(gains.array[0][truth] @ weight)
    counts = np.unique(np.linspace(0, len(truth), steps + 1).astype(int))
    return [(float(n / max(len(truth), 1)), float(totals[n])) for n in counts]


def baselines(truth: Ints, score: Floats, gains: Gains, weights: Floats | None = None) -> dict[str, tuple[int, float]]:
    """What simple policies would have earned on the same rows: name → (rows acted on, total gain)."""
    count = len(truth)
    top = np.argsort(-score, kind="stable")[: -(-count // 10)]
    chosen = {"nobody": np.zeros(count, int), "everybody": np.ones(count, int), "top_decile": np.zeros(count, int)}
    chosen["top_decile"][top] = 1
    weight = np.ones(count) if weights is None else weights
    return {name: (int(a.sum()), float(gains.realised(a, truth) @ weight)) for name, a in chosen.items()}

"""Stakes: what a whole decision gains — the model's answer, the threshold, the rules, the capacity — by the one formula of gains.

Rows are those of one table, in its order; actions are numbers, 0 is doing nothing. An action that the gains do not speak of gains
what doing nothing does, and uses up capacity.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from mainspring.measure.gains import Gains, Threshold, threshold_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Later = Callable[[Ints, Floats, Ints, Floats], Ints]
"""Row numbers (n), the model's answers (n × classes), the actions chosen (n) and their gains over nothing (n) → the actions after
the rules that speak of the answer."""

ASKED = -1
"""Instead of an action that a rule takes: the model is asked."""
PARTS = 5
SPREAD = 0.25
"""A threshold that acts on a quarter more or fewer is one that other rows might have made the choice."""
STEPS = 9
TEMPERATURES = (0.5, 0.7, 1.0, 1.4, 2.0)
"""What log-probabilities are divided by, where the answers of several classes are calibrated."""
HEADROOM = 1.1
"""So much more than the capacity may want to act, that a period with fewer than usual uses it up too: of those that want, the best may."""
MOST_JUDGED = 20_000
"""Of more rows, so many tell one candidate from another well enough, evenly spread."""


@dataclass(frozen=True)
class Stakes:
    """``before`` (n) is the action that a rule takes without asking the model, or ``ASKED``; ``after`` (n × actions) what the rules
    make of each action that is chosen. Where some of these speak of probability, prediction or gain, ``after`` lacks them, and
    ``later`` does all of them.

    ``share`` of all rows can be acted on (None: all of them). ``threshold`` is one that was declared. ``positive`` is the number of
    the class sought, of two.
    """

    gains: Gains
    positive: int | None
    before: Ints
    after: Ints | None = None
    later: Later | None = None
    share: float | None = None
    threshold: float | None = None

    @classmethod
    def of(cls, gains: Gains, positive: int | None, rows: int) -> Self:
        """Of a model that decides alone."""
        return cls(gains, positive, np.full(rows, ASKED, dtype=np.int64))

    def some(self, rows: Ints) -> Self:
        """Of some of the rows, in that order."""
        later = self.later
        return replace(
            self, before=self.before[rows], after=None if self.after is None else self.after[rows],
            later=None if later is None else lambda at, answers, chosen, gain: later(rows[at], answers, chosen, gain),
        )  # fmt: skip

    @property
    def by_threshold(self) -> bool:
        """Whether one probability decides: for one action and two classes."""
        return self.positive is not None and len(self.gains.actions) == 2

    @cached_property
    def _money(self) -> Floats:
        """(actions × classes), also of actions that the gains do not speak of."""
        known = self.gains.array
        most = max(int(self.before.max(initial=0)), 0 if self.after is None else int(self.after.max(initial=0)))
        return np.vstack([known, np.repeat(known[:1], max(0, most + 1 - len(known)), axis=0)])

    def realised(self, actions: Ints, truth: Ints) -> Floats:
        """What each action (n) really gained, by what turned out to be true (n)."""
        return self.gains.realised(np.where(actions < len(self.gains.actions), actions, 0), truth)

    def decided(self, answers: Floats, threshold: float | None) -> Ints:
        """The action for each row (n) of answers (n × classes): rules, choice, rules, capacity, as a decision is made."""
        chosen, is_asked = self._chosen(answers, threshold), self.before == ASKED
        expected = self.gains.expected(answers)
        if self.later is not None:
            asked = np.flatnonzero(is_asked)
            chosen[asked] = self.later(asked, answers[asked], chosen[asked], _over(expected, chosen)[asked])
        elif self.after is not None:
            chosen = self.after[np.arange(len(chosen)), chosen]
        actions = np.where(is_asked, chosen, self.before)
        if self.share is None:
            return actions
        over = np.where(is_asked, _over(expected, actions), 0.0)
        acting = np.flatnonzero(actions > 0)
        first = acting[np.argsort(-over[acting], kind="stable")]
        actions[first[int(self.share * len(actions) + 1e-9) :]] = 0
        return actions

    def _chosen(self, answers: Floats, threshold: float | None) -> Ints:
        if self.by_threshold and threshold is not None:
            return (answers[:, self.positive] >= threshold).astype(np.int64)
        return self.gains.best_actions(answers)

    def best_threshold(self, truth: Ints, answers: Floats, weights: Floats | None = None) -> Threshold | None:
        """The threshold that earns most on rows with known ``truth`` (n), by rules and capacity; None where none decides.

        About as many reach it as the capacity allows (``HEADROOM``): then it matters little who comes first.
        """
        if not self.by_threshold:
            return None
        asked = np.flatnonzero(self.before == ASKED)
        if not len(asked):
            # Every row is decided by a rule: what the model's would do is what the gains alone say.
            return Threshold(self.gains.break_even(self.positive or 0) or 0.5, 0.0)
        resting, acting = self._by_choice(truth)
        weight = np.ones(len(truth)) if weights is None else weights
        return threshold_of(
            answers[asked, self.positive], resting[asked], acting[asked], self.gains.break_even(self.positive or 0),
            weights=weight[asked], most=min(1.0, HEADROOM * self._most(weight, asked)),
        )  # fmt: skip

    def earned(self, truth: Ints, answers: Floats, weights: Floats | None = None, *, smooth: bool = False) -> Floats:
        """What the whole decision gains, a row (n), no row having a say in the threshold (or the calibration) it is judged by.

        ``smooth``: not at the threshold chosen on the other rows, but on average over those that act on up to a quarter more or
        fewer. A single row that changes sides then moves the sum by little, and the sum can be followed.
        """
        weight = np.ones(len(truth)) if weights is None else weights
        # The parts are drawn the same for every candidate.
        part = np.random.default_rng(0).permutation(len(truth)) % min(PARTS, max(1, len(truth) // 2))
        if self.by_threshold:
            return self._by_threshold(truth, answers, weight, part, smooth=smooth)
        return self._by_expected(truth, answers, weight, part, smooth=smooth)

    def _by_threshold(self, truth: Ints, answers: Floats, weight: Floats, part: Ints, *, smooth: bool) -> Floats:
        resting, acting = self._by_choice(truth)
        probability, asked = answers[:, self.positive], self.before == ASKED
        most = self._most(weight, np.flatnonzero(asked))
        acted = np.zeros(len(truth))
        for k in range(int(part.max(initial=0)) + 1):
            mine = np.flatnonzero(asked & (part == k))
            others = np.flatnonzero(asked & (part != k)) if part.any() else mine
            if len(mine) and len(others):
                cuts = self.some(others)._thresholds(
                    truth[others], answers[others], weight[others], most, smooth=smooth
                )
                acted[mine] = np.searchsorted(cuts, probability[mine], side="right") / len(cuts)
        gained = resting + acted * (acting - resting)
        return self._with_rules(gained, truth, weight, float(acted @ weight))

    def _thresholds(self, truth: Ints, answers: Floats, weight: Floats, most: float, *, smooth: bool) -> Floats:
        """The one for these rows, all of which the model is asked about; where it is to be ``smooth`` with its neighbours, ascending."""
        probability = answers[:, self.positive]
        order = np.argsort(-probability, kind="stable")
        filled = np.cumsum(weight[order]) / weight.sum()
        if self.threshold is None:
            resting, acting = self._by_choice(truth)
            even = self.gains.break_even(self.positive or 0)
            chosen = threshold_of(probability, resting, acting, even, weights=weight, most=most).value
        else:
            can = int((filled <= most * (1 + 1e-9)).sum())
            chosen = max(self.threshold, float(probability[order][can - 1]) if can else np.inf)
        share = float(weight[probability >= chosen].sum() / weight.sum())
        reach = SPREAD * min(share, 1.0 - share)
        if not smooth or reach <= 0.0:
            return np.array([chosen])
        # Rows of equal probability are acted on together: a cut through them is none, and the chosen one stands in its place.
        ends = np.append(np.flatnonzero(np.diff(probability[order])), len(order) - 1)
        wanted = np.linspace(share - reach, share + reach, STEPS)
        place = ends[np.searchsorted(filled[ends], wanted, side="left").clip(0, len(ends) - 1)]
        possible = filled[place] <= min(share + reach + 1.0 / len(order), most) * (1 + 1e-9)
        cuts = np.where(possible, probability[order][place], chosen)
        cuts[STEPS // 2] = chosen
        return np.sort(cuts)

    def _by_expected(self, truth: Ints, answers: Floats, weight: Floats, part: Ints, *, smooth: bool) -> Floats:
        """For several actions or classes: by expected gains, of probabilities calibrated on the other rows."""
        logs = np.log(np.clip(answers, 1e-6, 1.0))
        tempered = [_softmax(logs / t) for t in TEMPERATURES]
        losses = np.array([-np.log(p[np.arange(len(truth)), truth].clip(1e-15)) * weight for p in tempered])
        total = losses.sum(axis=1)
        gained = np.zeros(len(truth))
        for k in range(int(part.max(initial=0)) + 1):
            mine = np.flatnonzero(part == k)
            rest = total - losses[:, mine].sum(axis=1) if part.any() else total
            best = int(np.argmin(rest))
            near = range(max(0, best - 1), min(len(TEMPERATURES), best + 2)) if smooth else (best,)
            own = replace(self.some(mine), later=None)
            each = [own.realised(own.decided(tempered[i][mine], None), truth[mine]) for i in near]
            gained[mine] = np.mean(each, axis=0)
        return gained

    def _by_choice(self, truth: Ints) -> tuple[Floats, Floats]:
        """What each row gains (n) when nothing is chosen for it, and when the action is."""
        rows = np.arange(len(truth))
        if self.after is None:
            return self._money[0][truth], self._money[1][truth]
        return self._money[self.after[rows, 0], truth], self._money[self.after[rows, 1], truth]

    def _most(self, weight: Floats, asked: Ints) -> float:
        """Of the rows that the model is asked about, the share that can be acted on."""
        return (
            1.0 if self.share is None else min(1.0, self.share * float(weight.sum() / max(1e-300, weight[asked].sum())))
        )

    def _with_rules(self, gained: Floats, truth: Ints, weight: Floats, used: float) -> Floats:
        """Rows that a rule decides gain what its action does, as far as the model's actions left capacity."""
        ruled = np.flatnonzero(self.before != ASKED)
        acting = self.before[ruled] > 0
        left = 1.0
        if self.share is not None:
            wanted = float(weight[ruled[acting]].sum())
            left = min(1.0, max(0.0, self.share * float(weight.sum()) - used) / max(wanted, 1e-12))
        rested, done = self._money[0][truth[ruled]], self._money[self.before[ruled], truth[ruled]]
        gained[ruled] = rested + left * (done - rested)
        return gained


def _over(expected: Floats, actions: Ints) -> Floats:
    """The expected gain (n) of each action over doing nothing; 0 where the gains do not speak of it."""
    known = np.where(actions < expected.shape[1], actions, 0)
    return expected[np.arange(len(actions)), known] - expected[:, 0]


def _softmax(logs: Floats) -> Floats:
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def surely_more(some: Floats, others: Floats, folds: Ints, weights: Floats | None = None) -> bool:
    """Whether the gains ``some`` (n) are on average more than ``others`` (n) by more than a standard error of the difference.

    That is told from the rows, and where there are three ``folds`` (n, numbers) or more from these too: the larger holds.
    """
    weight = np.ones(len(some)) if weights is None else weights / weights.mean()
    difference = (some - others) * weight
    mean = float(difference.mean())
    error = float(difference.std()) / np.sqrt(max(1, len(difference)))
    means = [float(difference[folds == fold].mean()) for fold in np.unique(folds)]
    if len(means) >= 3:
        error = max(error, float(np.std(means, ddof=1)) / np.sqrt(len(means)))
    return mean > error and mean > 0.0

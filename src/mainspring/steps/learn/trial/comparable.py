"""Comparable: on how many folds candidates are compared, and which of them therefore can be blended."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from mainspring.steps.learn.blend.select import Room, mixed, select
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.judge import Judge

Floats = npt.NDArray[np.float64]
Answered = Callable[[Sequence[Try], Judge], Floats]
ENOUGH = 3
"""So many candidates a blend wants to choose among, before more folds are wanted to choose by."""
WORTH = 0.5
"""The share of the best one's advantage over an answer that is the same for all rows that another has at least, to be one of them."""
FEW_ROWS = 3_000
"""So many rows judge a blend well enough, if there is a better one among candidates that had time for no more folds."""
AMONG = 12
"""So many of the best by themselves such a blend is made of: of hundreds choosing takes seconds."""
DRAWS, SURELY = 40, 2.0
"""Draws that tell how far chance moves a difference, and the standard deviations by which one is surely ahead."""


def comparable(tries: Sequence[Try], judge: Judge) -> tuple[dict[str, Try], Judge]:
    """Those that can be blended, and the judge of the folds that all of them went through.

    More folds judge better, but a blend wants some to choose among, and none that is surely behind one that had no time for more; nor is
    their blend to be surely behind one that still is judged by rows enough.
    """
    good = [t for t in tries if t.why_not is None and t.whole]
    scout = judge.first(1)
    worth = _worth(good, scout)
    wanted = min(ENOUGH, len(worth))
    least = next((folds for folds in range(1, judge.folds) if len(judge.first(folds).rows) >= FEW_ROWS), judge.folds)
    judged = [t for t in good if t.whole >= least]
    for folds in range(judge.folds, 1, -1):
        through = [t for t in good if t.whole >= folds]
        enough = sum(t in worth for t in through) >= wanted
        behind = not through or _surely_behind(through, good, scout, _best)
        if enough and not behind and not (folds > least and _surely_behind(through, judged, scout, _blended)):
            return {t.learner.name: t for t in through}, judge.first(folds)
    return {t.learner.name: t for t in good}, scout


def _worth(good: Sequence[Try], scout: Judge) -> Sequence[Try]:
    """Those that a blend may want: what they know of the first fold is at least a share of what the best does."""
    if len(good) < ENOUGH:
        return good
    answers = [scout.answers(t.results) for t in good]
    values = [scout.surer(of_one) for of_one in answers]
    best = int(np.argmax(values))
    knows_nothing = scout.surer(np.broadcast_to(answers[best].mean(axis=0), answers[best].shape))
    least = knows_nothing + WORTH * (values[best] - knows_nothing)
    if not values[best] > knows_nothing:  # nor where either is not a number
        return good
    return [t for t, value in zip(good, values, strict=True) if value >= least]


def _surely_behind(some: Sequence[Try], others: Sequence[Try], scout: Judge, answered: Answered) -> bool:
    """Whether what the others answered is better on the first fold than what some did, by more than chance (bootstrap, Efron 1979)."""
    if len(some) == len(others):
        return False
    one, other = answered(some, scout), answered(others, scout)
    dice, rows = np.random.default_rng(0), len(scout.rows)
    ahead: list[float] = []
    for _ in range(DRAWS):
        drawn = dice.integers(0, rows, rows)
        measure = scout.drawn(drawn)
        ahead.append(measure(other[drawn]) - measure(one[drawn]))
    defined = [value for value in ahead if np.isfinite(value)]
    return bool(defined) and float(np.mean(defined)) > SURELY * float(np.std(defined))


def _best(tries: Sequence[Try], scout: Judge) -> Floats:
    return max((scout.answers(t.results) for t in tries), key=scout.surer)


def _blended(tries: Sequence[Try], scout: Judge) -> Floats:
    answers = {t.learner.name: scout.answers(t.results) for t in tries}
    best = {name: answers[name] for name in sorted(answers, key=lambda name: -scout.surer(answers[name]))[:AMONG]}
    room = Room({t.learner.name: t.latency_ms["p95"] for t in tries if t.learner.name in best})
    return mixed(best, select(best, scout.surer, room))

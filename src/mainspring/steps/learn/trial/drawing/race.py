"""Race: how far drawn candidates go: to the next fold while they are among the best, or better than what they were drawn near."""

from collections.abc import Callable

from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.drawing.draws import Draws
from mainspring.steps.learn.trial.judge import Judge

AMONG = 6
"""So many of the best are worth further folds: as many as a blend may want to choose among."""
DROPPED = "it was drawn near {parent}, and on {folds} of the folds not among the best"
IN_VAIN = 24
"""After so many in a row that came to nothing, no more are drawn."""

Job = tuple[Try, int]


class Race:
    """``tries`` are all; what is drawn is added to them, as ``begin`` makes it of an entry's learner."""

    def __init__(self, tries: list[Try], judge: Judge, draws: Draws, begun: Callable[[Try, int], bool]) -> None:
        self._tries, self._judge, self._draws, self._begun = tries, judge, draws, begun
        self._running = [t for t in tries if t.parent is not None]
        self._values: dict[tuple[str, int], float] = {}
        self._vain, self._stopped = 0, False

    def stop(self) -> None:
        """Draw no more."""
        self._stopped = True

    def go_on(self) -> None:
        """Draw again."""
        self._stopped = False

    def next(self) -> Job | None:
        for attempt in list(self._running):
            fold = attempt.whole
            if attempt.why_not is None and fold < self._judge.folds:
                if self._begun(attempt, fold):
                    continue
                if not fold or self._holds(attempt, fold):
                    return attempt, fold
            self._leaves(attempt)
        return None if self._stopped or self._vain >= IN_VAIN else self._drawn()

    def _leaves(self, attempt: Try) -> None:
        self._running.remove(attempt)
        through = attempt.why_not is None and attempt.whole == self._judge.folds
        self._vain = 0 if through else self._vain + 1
        if not through and attempt.parent is not None:
            reason = DROPPED.format(parent=attempt.parent.learner.name, folds=attempt.whole)
            attempt.why_not = attempt.why_not or reason

    def _drawn(self) -> Job | None:
        known = [t for t in self._tries if t.why_not is None and t.whole == self._judge.folds]
        ranked = sorted(known, key=lambda t: -self._value(t, self._judge.folds))
        while (name := self._draws.parent([t.learner.name for t in ranked])) is not None:
            if (entry := self._draws.near(name)) is not None:
                made = Try(entry.learner(), parent=next(t for t in ranked if t.learner.name == name))
                self._tries.append(made)
                self._running.append(made)
                return made, 0
        return None

    def _holds(self, attempt: Try, folds: int) -> bool:
        value = self._value(attempt, folds)
        assert attempt.parent is not None
        if attempt.parent.whole >= folds and value > self._value(attempt.parent, folds):
            return True
        others = [t for t in self._tries if t is not attempt and t.why_not is None and t.whole >= folds]
        return sum(self._value(t, folds) >= value for t in others) < AMONG

    def _value(self, attempt: Try, folds: int) -> float:
        """How good its answers of the first so many folds are."""
        key = attempt.learner.name, folds
        if key not in self._values:
            judge = self._judge.first(folds)
            self._values[key] = judge.surer(judge.answers(attempt.results))
        return self._values[key]

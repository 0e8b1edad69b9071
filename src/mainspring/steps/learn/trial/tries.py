"""Tries: every learner on its way through the folds, on the workers of an executor, within the time."""

import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mainspring.errors import MainspringError
from mainspring.steps.learn.learner import Goal, Learner
from mainspring.steps.learn.terms import KillsWorkers, Terms
from mainspring.steps.learn.trial.fold import Allowance, FoldResult, learn_fold
from mainspring.steps.learn.trial.judge import Judge

ONE_LEARNER = 0.5
"""Share of the time left that the folds of one learner may take."""
SHORTEST = 2.0
"""Seconds that a fold may take at least."""
DIED = "its process died: out of memory, or killed"
OVERDUE = "it did not stop when its time was up"
POLL = 1.0
"""Seconds after which it is looked again who has begun."""


@dataclass(frozen=True, slots=True)
class Course:
    """``folds`` folds whose features are in ``folder``, to be run until ``until`` (``time.monotonic()`` seconds)."""

    folder: Path
    folds: int
    goal: Goal
    until: float


@dataclass
class Try:
    """A learner on its way. ``longest`` is what one of its folds may take, in seconds."""

    learner: Learner
    results: dict[int, FoldResult] = field(default_factory=dict[int, FoldResult])
    why_not: str | None = None
    longest: float | None = None

    @property
    def seconds(self) -> float:
        """Spent on all folds."""
        return sum(result.seconds for result in self.results.values())

    @property
    def tuned(self) -> dict[str, float]:
        """The mean of what early stopping found."""
        names = next(iter(self.results.values())).tuned
        return {name: float(np.mean([r.tuned[name] for r in self.results.values()])) for name in names}

    @property
    def latency_ms(self) -> dict[str, float]:
        return {q: float(np.median([r.latency_ms[q] for r in self.results.values()])) for q in ("p50", "p95")}


@dataclass
class _Job:
    attempt: Try
    fold: int
    allowance: Allowance
    alone: bool
    began: float | None = None

    def ends(self, now: float) -> float:
        """When it must have ended; counted from when it was first seen to have begun."""
        if self.began is None and self.allowance.mark.exists():
            self.began = now
        until = self.allowance.until
        return until if self.began is None else min(until, self.began + self.allowance.longest)


class Tries:
    """A worker's death takes all that is under way with it, so what was lost is run again alone: then the guilty one is known."""

    def __init__(self, learners: Sequence[Learner], course: Course, terms: Terms, judge: Judge) -> None:
        self.tries = [Try(learner) for learner in learners]
        self._course, self._terms, self._judge = course, terms, judge
        self._waiting = deque((attempt, fold) for attempt in self.tries for fold in range(course.folds))
        self._lost: deque[tuple[Try, int]] = deque()
        self._under_way: dict[Future[FoldResult], _Job] = {}
        self._workers = max(1, terms.workers)
        self._grace = min(2.0, max(0.5, 0.05 * terms.limits.time))
        self._total, self._begun, self._best = len(self._waiting), 0, ""

    def run(self) -> list[Try]:
        while self._workers and (self._waiting or self._lost or self._under_way):
            self._submit()
            if self._under_way:
                finished, _ = wait(self._under_way, timeout=POLL, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._take(future)
                self._end_overdue()
            self._tell()
        for attempt, _ in (*self._waiting, *self._lost):
            attempt.why_not = attempt.why_not or "no worker was left: others did not stop when their time was up"
        return self.tries

    def _submit(self) -> None:
        if self._lost:
            if not self._under_way:
                self._begin(self._lost, alone=True)
            return
        while self._waiting and len(self._under_way) < self._workers and not self._alone():
            self._begin(self._waiting, alone=self._workers == 1)

    def _alone(self) -> bool:
        return any(job.alone for job in self._under_way.values())

    def _begin(self, queue: deque[tuple[Try, int]], *, alone: bool) -> None:
        attempt, fold = queue.popleft()
        if attempt.why_not is not None:
            return
        until = self._course.until
        if attempt.longest is None:
            rounds = -(-self._course.folds // self._workers)
            attempt.longest = max(SHORTEST, (until - time.monotonic()) * ONE_LEARNER / rounds)
        self._begun += 1
        allowance = Allowance(attempt.longest, until, self._course.folder / f"begun-{self._begun}")
        future = self._terms.executor.submit(
            learn_fold, self._course.folder, fold, attempt.learner, self._course.goal, allowance
        )
        self._under_way[future] = _Job(attempt, fold, allowance, alone)

    def _take(self, future: Future[FoldResult]) -> None:
        job = self._under_way.pop(future)
        attempt = job.attempt
        try:
            result = future.result()
        except BrokenProcessPool:
            if job.alone:
                attempt.why_not = DIED
            else:
                self._lost.append((attempt, job.fold))
        except Exception as error:  # whatever a candidate throws is that candidate's failure, not the run's
            attempt.why_not = attempt.why_not or reason_of(error)
        else:
            attempt.results[job.fold] = result
            if not np.isfinite(result.scores).all():
                attempt.why_not = "its answers are not finite"
            elif len(attempt.results) == self._course.folds and attempt.why_not is None:
                self._best = self._best_so_far()

    def _end_overdue(self) -> None:
        now = time.monotonic()
        late = [f for f, job in self._under_way.items() if now > job.ends(now) + self._grace and not f.done()]
        if not late:
            return
        for future in late:
            job = self._under_way.pop(future)
            job.attempt.why_not = "its worker did not begin in time" if job.began is None else OVERDUE
        executor = self._terms.executor
        if not isinstance(executor, KillsWorkers):
            self._workers -= len(late)
            return
        innocent = [future for future in self._under_way if not future.done()]
        self._waiting.extendleft((job.attempt, job.fold) for job in map(self._under_way.pop, innocent))
        executor.kill_workers()

    def _best_so_far(self) -> str:
        whole = [t for t in self.tries if len(t.results) == self._course.folds and t.why_not is None]
        values = {t.learner.name: self._judge.of(self._judge.answers(t.results)) for t in whole}
        name = max(values, key=values.__getitem__)
        return f"{name} ({self._judge.text(values[name])})"

    def _tell(self) -> None:
        share = 1.0 - (len(self._waiting) + len(self._lost) + len(self._under_way)) / self._total
        now = next((f"{j.attempt.learner.name}, fold {j.fold + 1}" for j in self._under_way.values()), "")
        self._terms.progress(f"{now}; best so far: {self._best}" if self._best else now, 0.1 + 0.7 * share)


def reason_of(error: Exception) -> str:
    """A failure in a line."""
    return error.what if isinstance(error, MainspringError) else f"{type(error).__name__}: {error}"[:300]

"""Tries: every learner on its way through the folds, on the workers of an executor, within the time."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mainspring.errors import MainspringError, NotInTime
from mainspring.steps.learn.blend.select import Room, select
from mainspring.steps.learn.learner import Goal, Learner
from mainspring.steps.learn.terms import KillsWorkers, Standing, Terms
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.comparable import comparable
from mainspring.steps.learn.trial.drawing.draws import Draws
from mainspring.steps.learn.trial.fold import UP, Allowance, FoldResult, learn_fold
from mainspring.steps.learn.trial.judge import Judge
from mainspring.steps.learn.trial.kept import keep, kept
from mainspring.steps.learn.trial.order import Job, Order

SHORTEST = 2.0
"""Seconds that a fold may take at least."""
AGAIN = 1.5
"""What a further fold may take, in times of what the earlier ones took."""
PATIENCE = 0.02
"""What a further fold may take at least, as a share of the time left: where there is plenty, a machine that was busy cuts nothing."""
DRAWN = 4.0
"""What the first fold of a drawn candidate may take, in times of what one of its parent took: smaller steps are more of them."""
LONGER = 0.45
"""Share of the time left in which one of the promising learns again that was hurried."""
WORTH_BEGINNING = 0.7
"""A fold is not begun where less than this share of the seconds it should take is left: cut short, it would tell little."""
WORTH_GOING_ON = 2.0
"""Seconds more that make going on worth choosing a blend for."""
DIED = "its process died: out of memory, or killed"
OVERDUE = "it did not stop when its time was up"
EARLY = 0.4
"""Share of the time for folds in which waves of the portfolio come before further folds of those that did well."""
ALL_ROWS, MOST = 2.0, 4
"""What the members of a blend, the best so many of those chosen by the first fold and of those drawn, take on all rows, in times of what
one fold took them."""
MORE, MORE_OF_LEFT, WORTH_MORE = 2.0, 0.6, 1.2
"""What a fold may take that is begun again because it did not stop in time, in times of what it had and as a share of the time left; it is
begun only with so many times of what it had at least. Steps of a learner may be long, and a busy machine makes them longer."""
POLL = 1.0
"""Seconds after which it is looked again who has begun."""


@dataclass(frozen=True, slots=True)
class Course:
    """Folds to be run until ``until`` (``time.monotonic()`` seconds) less what learning the promising on all rows will take, but at
    least until ``soonest``; ``prepare`` puts the features of one into ``folder``.

    Each worker may take ``memory`` bytes.
    """

    folder: Path
    goal: Goal
    soonest: float
    until: float
    memory: int | None
    prepare: Callable[[int], None]


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

    def __init__(
        self, learners: Sequence[Learner], course: Course, terms: Terms, judge: Judge, draws: Draws | None = None
    ) -> None:
        self.tries = [Try(learner, kept(course.folder, learner)) for learner in learners]
        self.tries += [] if draws is None else _drawn_earlier(draws, self.tries, course.folder)
        self._course, self._terms, self._judge = course, terms, judge
        self._order = Order(self.tries, judge, draws, self._is_early)
        self._lost: deque[Job] = deque()
        self._under_way: dict[Future[FoldResult], _Job] = {}
        self._put_off: list[Job] = []
        self._more: dict[tuple[str, int], float] = {}
        self._later = 0.0
        self._workers = max(1, terms.workers)
        self._grace = min(2.0, max(0.5, 0.05 * terms.limits.time))
        self._total, self._begun, self._best, self._told = max(1, self._order.left), 0, "", 0.0
        self._since = time.monotonic()
        self._scores: dict[str, float] = {}

    @property
    def _until(self) -> float:
        """When the folds are to end: what is left then suffices to learn on all rows what a blend would take."""
        drawn = [t for t in self.tries if t.parent is not None and t.whole > 1]
        best = sorted((*self._order.chosen, *drawn), key=self._score)[-MOST:]
        seconds = [t.again_seconds for t in best]
        needed = self._on_all_rows(seconds) if seconds else np.inf
        return max(self._course.soonest, self._course.until - needed, self._later)

    def _is_early(self) -> bool:
        return time.monotonic() - self._since < EARLY * (self._course.soonest - self._since)

    def run(self) -> list[Try]:
        idle = False
        while self._workers and (not idle or self._lost or self._under_way):
            idle = not self._submit()
            if self._under_way:
                finished, _ = wait(self._under_way, timeout=POLL, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._take(future)
                self._end_overdue()
                idle = False
            elif idle and not self._lost:
                idle = not self._goes_on()
            self._tell()
        for attempt in self.tries:
            if not attempt.whole and attempt.why_not is None:
                attempt.why_not = NO_TIME if self._workers else NO_WORKER
        return self.tries

    def _goes_on(self) -> bool:
        """Whether what a blend of all that is known really takes leaves time for folds that were put off, which then are next."""
        if not self._put_off or self._course.until < time.monotonic() + WORTH_GOING_ON:
            return False
        known, judge = comparable(self.tries, self._judge)
        if not known:
            return False
        answers = {name: judge.answers(t.results) for name, t in known.items()}
        members = select(answers, judge.surer, Room({name: t.latency_ms["p95"] for name, t in known.items()}))
        until = self._course.until - self._on_all_rows([known[name].again_seconds for name in members])
        if until < max(self._until, time.monotonic()) + WORTH_GOING_ON:
            return False
        self._later = until
        while self._put_off:
            self._order.back(self._put_off.pop())
        self._order.draw_again()
        return True

    def _on_all_rows(self, seconds: Sequence[float]) -> float:
        """Seconds until those are learned on all rows that took so many on one fold."""
        return ALL_ROWS * max(sum(seconds) / max(1, self._workers), *seconds)

    def _submit(self) -> bool:
        """Keeps the workers busy; whether anything was begun."""
        began = self._begun
        if self._lost:
            if not self._under_way:
                self._begin(self._lost.popleft(), alone=True)
            return self._begun > began
        while len(self._under_way) < self._workers and not self._alone():
            job = self._order.take()
            if job is None:
                break
            if self._affordable(job):
                self._begin(job, alone=self._workers == 1)
                continue
            self._put_off.append(job)
            if job[0].parent is not None:
                self._order.draw_no_more()
        return self._begun > began

    def _alone(self) -> bool:
        return any(job.alone for job in self._under_way.values())

    def _affordable(self, job: Job) -> bool:
        attempt, fold = job
        left = self._until - time.monotonic()
        if fold in attempt.results:
            return left * LONGER > AGAIN * attempt.usual_seconds
        if beside := self._beside(attempt):
            return left > beside
        others = 1 if fold == 0 else 1 + self._order.lacking(fold) / self._workers
        return not any(t.results for t in self.tries) or left > WORTH_BEGINNING * attempt.expected_seconds * others

    def _begin(self, job: Job, *, alone: bool) -> None:
        attempt, fold = job
        if attempt.why_not is not None:
            return
        self._begun += 1
        self._course.prepare(fold)
        allowance = Allowance(
            self._longest(job), self._until, self._course.folder / f"begun-{self._begun}", self._course.memory
        )
        future = self._terms.executor.submit(
            learn_fold, self._course.folder, fold, attempt.learner, self._course.goal, allowance
        )
        self._under_way[future] = _Job(attempt, fold, allowance, alone)

    def _longest(self, job: Job) -> float:
        attempt, fold = job
        left = self._until - time.monotonic()
        if more := self._more.get((attempt.learner.name, fold)):
            return more
        if fold in attempt.results:
            return max(SHORTEST, LONGER * left)
        if beside := self._beside(attempt):
            return beside
        if attempt.expected_seconds:
            return max(SHORTEST, PATIENCE * left, (AGAIN if attempt.results else DRAWN) * attempt.expected_seconds)
        return max(SHORTEST, left * self._workers / max(2 * self._workers, self._order.scouting + self._workers))

    def _beside(self, attempt: Try) -> float:
        """The seconds that another fold of this one, which has ended none yet, may take at the same time; 0 without such."""
        if attempt.results:
            return 0.0
        return max((job.allowance.longest for job in self._under_way.values() if job.attempt is attempt), default=0.0)

    def _take(self, future: Future[FoldResult]) -> None:
        job = self._under_way.pop(future)
        attempt = job.attempt
        try:
            result = future.result()
        except BrokenProcessPool:
            if job.allowance.word.exists():
                attempt.why_not = job.allowance.word.read_text()
            elif job.alone:
                attempt.why_not = DIED
            else:
                self._lost.append((attempt, job.fold))
        except NotInTime as error:
            # What it learned on other folds stays; where it learned nothing yet, it is begun once more with more time.
            if self._may_have_more(job):
                self._order.after_scouts((attempt, job.fold))
            elif not attempt.whole and not self._beside(attempt):
                attempt.why_not = reason_of(error)
        except Exception as error:  # whatever a candidate throws is that candidate's failure, not the run's
            attempt.why_not = attempt.why_not or reason_of(error)
        else:
            if job.fold in attempt.results and not self._is_better(result, attempt.results[job.fold], job.fold):
                return
            attempt.results[job.fold] = result
            self._scores.pop(attempt.learner.name, None)
            if not np.isfinite(result.scores).all():
                attempt.why_not = "its answers are not finite"
            else:
                keep(self._course.folder, attempt.learner, job.fold, result)

    def _is_better(self, result: FoldResult, earlier: FoldResult, fold: int) -> bool:
        judge = self._judge.first(1)
        return fold == 0 and judge.surer(result.scores) > judge.surer(earlier.scores)

    def _end_overdue(self) -> None:
        now = time.monotonic()
        late = [f for f, job in self._under_way.items() if now > job.ends(now) + self._grace and not f.done()]
        if not late:
            return
        executor = self._terms.executor
        for job in map(self._under_way.pop, late):
            if isinstance(executor, KillsWorkers) and job.began is not None and self._may_have_more(job):
                self._order.after_scouts((job.attempt, job.fold))
            else:
                job.attempt.why_not = NOT_BEGUN if job.began is None else OVERDUE
        if not isinstance(executor, KillsWorkers):
            self._workers -= len(late)
            return
        innocent = [future for future in self._under_way if not future.done()]
        for job in map(self._under_way.pop, innocent):
            self._order.back((job.attempt, job.fold))
        executor.kill_workers()

    def _may_have_more(self, job: _Job) -> bool:
        """Whether a fold that did not stop in time is begun again, once, with more."""
        place, had = (job.attempt.learner.name, job.fold), job.allowance.longest
        more = min(MORE * had, MORE_OF_LEFT * (self._until - time.monotonic()))
        if place in self._more or more < WORTH_MORE * had:
            return False
        self._more[place] = more
        return True

    def _tell(self) -> None:
        standings = self._standings()
        self._terms.standings(standings)
        if standings and standings[0].score is not None:
            self._best = f"{standings[0].name} ({self._judge.metric} {standings[0].score:.4g})"
        done = 1.0 - (self._order.left + len(self._lost) + len(self._under_way)) / self._total
        gone = (time.monotonic() - self._since) / max(1e-6, self._until - self._since)
        self._told = max(self._told, min(1.0, max(done, gone)))
        now = next((f"{j.attempt.learner.name}, fold {j.fold + 1}" for j in self._under_way.values()), "")
        self._terms.progress(f"{now}; best so far: {self._best}" if self._best else now, 0.1 + 0.7 * self._told)

    def _standings(self) -> list[Standing]:
        """The best first, then those without a score in the order of the portfolio."""
        working = {id(job.attempt) for job in self._under_way.values()}
        scored = sorted(((self._score(t), t) for t in self.tries), key=lambda pair: -pair[0])
        return [self._standing(t, score, learning=id(t) in working) for score, t in scored]

    def _score(self, attempt: Try) -> float:
        if attempt.why_not is not None or not attempt.whole:
            return -np.inf
        name = attempt.learner.name
        if name not in self._scores:
            judge = self._judge.first(attempt.whole)
            self._scores[name] = judge.of(judge.answers(attempt.results))
        return self._scores[name]

    def _standing(self, attempt: Try, score: float, *, learning: bool) -> Standing:
        done = len(attempt.results) == self._judge.folds
        state = "left out" if attempt.why_not else "learning" if learning else "done" if done else "waiting"
        return Standing(
            attempt.learner.name, self._judge.unit(score) if np.isfinite(score) else None, attempt.seconds,
            len(attempt.results), self._judge.folds, state, attempt.why_not,
        )  # fmt: skip


def _drawn_earlier(draws: Draws, tries: Sequence[Try], folder: Path) -> list[Try]:
    """What was drawn before the search was interrupted, as far as it was learned."""
    made = {t.learner.name: t for t in tries}
    for entry, parent in draws.earlier:
        if parent in made:
            learner = entry.learner()
            made[entry.name] = Try(learner, kept(folder, learner), parent=made[parent])
    return list(made.values())[len(tries) :]


NO_TIME = "there was no time left for it"
NOT_BEGUN = "its worker did not begin in time"
TOO_LATE = (NO_TIME, NOT_BEGUN, UP, OVERDUE)
NO_WORKER = "no worker was left: others did not stop when their time was up"


def reason_of(error: Exception) -> str:
    """A failure in a line."""
    return error.what if isinstance(error, MainspringError) else f"{type(error).__name__}: {error}"[:300]

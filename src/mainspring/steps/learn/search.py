"""Search: try the portfolio on the same folds, blend the best within the limits, and learn the blend on all rows."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.automation.learn import Limits
from mainspring.errors import LearnError, MainspringError
from mainspring.measure.gains import Gains
from mainspring.measure.metrics import METRICS, all_scores, score
from mainspring.measure.profile import Profile
from mainspring.model import Kinds
from mainspring.steps.learn.finish import Finished, Finisher
from mainspring.steps.learn.fold import FoldResult, learn_fold, write_features
from mainspring.steps.learn.found import Candidate, Found
from mainspring.steps.learn.learner import Budget, Folds, Goal, Learner, Preparer, Progress
from mainspring.steps.learn.portfolio import chosen
from mainspring.steps.learn.tabular.lesson import truth_of

Floats = npt.NDArray[np.float64]
SEARCHING = 0.7
"""Share of the time for the folds; the rest learns the blend on all rows and measures it."""
ONE_FIT = 0.5
"""Share of the searching time that one fold of one learner may take."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a search goes by: limits, who does the work, who is told, and what is known of the data."""

    limits: Limits
    executor: Executor
    workers: int
    progress: Progress
    profile: Profile
    kinds: Kinds
    gains: Gains | None = None
    candidates: tuple[str, ...] = ()


@dataclass
class _Try:
    """A learner on its way through the folds."""

    learner: Learner
    results: dict[int, FoldResult] = field(default_factory=dict[int, FoldResult])
    why_not: str | None = None


def search(table: pa.Table, folds: Folds, goal: Goal, preparer: Preparer, terms: Terms) -> Found:
    """The best model for the goal, within the limits, learned from raw rows with a cleaned target.

    Every candidate sees the same folds, each prepared once by its own training rows. A candidate that fails, crashes its
    worker or does not finish in time is left out with the reason.

    Raises:
        LearnError: no candidate could be learned. LimitTooTight: none keeps a limit; the nearest that can be kept is named.
    """
    began = time.monotonic()
    end = began + terms.limits.time
    learners, unfit = chosen(goal, terms.profile, terms.candidates)
    if not learners:
        raise LearnError(
            "no candidate fits this goal", where=goal.target, remedy="; ".join(f"{k}: {v}" for k, v in unfit.items())
        )
    judge = _Judge(table, folds, goal, terms)
    with TemporaryDirectory(prefix="mainspring-") as name:
        folder = Path(name)
        for i, (train, valid) in enumerate(folds):
            terms.progress(f"preparing fold {i + 1} of {len(folds)}", 0.1 * i / len(folds))
            _prepare_fold(table, train, valid, preparer, goal, folder, i)
        searched_until = began + terms.limits.time * SEARCHING
        tries = _try_all(learners, len(folds), goal, folder, terms, judge, searched_until)
    done = {t.learner.name: t for t in tries if t.why_not is None}
    if not done:
        raise LearnError(
            "no candidate could be learned: " + "; ".join(f"{t.learner.name}: {t.why_not}" for t in tries),
            where=goal.target, remedy="give more time (learn.limits.time), or look at the reasons",
        )  # fmt: skip
    finisher = Finisher(
        {n: t.learner for n, t in done.items()}, {n: _tuned(t) for n, t in done.items()},
        {n: judge.answers(t.results) for n, t in done.items()}, {n: _latency(t) for n, t in done.items()},
        judge.truth, judge.of,
    )  # fmt: skip
    finished = finisher.finish(
        table, goal, preparer, terms.limits, terms.executor, terms.kinds, end, terms.progress, terms.workers
    )
    return _found(tries, unfit, judge, finished, goal, time.monotonic() - began)


class _Judge:
    """Puts fold results together, and says how good answers are."""

    def __init__(self, table: pa.Table, folds: Folds, goal: Goal, terms: Terms) -> None:
        self._goal, self._gains = goal, terms.gains
        self.rows = np.concatenate([np.asarray(valid) for _, valid in folds])
        self.truth = truth_of(table, goal)[self.rows]
        self._weights = (
            None if goal.weight is None else table.column(goal.weight).cast(pa.float64()).to_numpy()[self.rows]
        )
        self._positive = None if goal.positive is None else goal.classes.index(goal.positive)
        self._metric = METRICS[goal.metric].proxy or goal.metric
        self._sign = 1.0 if METRICS[self._metric].greater_is_better else -1.0

    @staticmethod
    def answers(results: Mapping[int, FoldResult]) -> Floats:
        return np.concatenate([results[i].scores for i in sorted(results)])

    def of(self, answers: Floats) -> float:
        """How good answers for :attr:`rows` are, by what the search follows; greater is better."""
        value = score(
            self._metric, self.truth, answers, positive=self._positive, gains=self._gains, weights=self._weights
        )
        return self._sign * value if np.isfinite(value) else -np.inf

    def metrics(self, answers: Floats) -> dict[str, float]:
        return all_scores(
            self.truth, answers, self._goal.question, positive=self._positive, gains=self._gains, weights=self._weights
        )

    def text(self, value: float) -> str:
        return f"{METRICS[self._metric].title} {self._sign * value:.4g}"


def _prepare_fold(
    table: pa.Table, train: Sequence[int], valid: Sequence[int], preparer: Preparer, goal: Goal, folder: Path, fold: int
) -> None:
    part = table.take(pa.array(train))
    prepared = preparer.fit(part)
    write_features(with_answers(prepared.train, part, goal), folder / f"train-{fold}.arrow")
    rest = table.take(pa.array(valid))
    write_features(with_answers(prepared.transform.apply(rest), rest, goal), folder / f"valid-{fold}.arrow")


def with_answers(features: pa.Table, rows: pa.Table, goal: Goal) -> pa.Table:
    """Features with the target (and weight) of their rows beside them."""
    for name in (goal.target, goal.weight):
        if name is not None:
            features = features.append_column(rows.schema.field(name), rows.column(name))
    return features.combine_chunks()


def _try_all(
    learners: Sequence[Learner], folds: int, goal: Goal, folder: Path, terms: Terms, judge: _Judge, until: float
) -> list[_Try]:
    tries = [_Try(learner) for learner in learners]
    waiting = [(t, fold) for t in tries for fold in range(folds)]
    under_way: dict[Future[FoldResult], tuple[_Try, int]] = {}
    total, best = len(waiting), ""
    longest = (until - time.monotonic()) * ONE_FIT
    while waiting or under_way:
        while waiting and len(under_way) < terms.workers:
            t, fold = waiting.pop(0)
            if t.why_not is None:
                budget = Budget(min(until, time.monotonic() + longest), 1)
                under_way[terms.executor.submit(learn_fold, folder, fold, t.learner, goal, budget)] = (t, fold)
        # A worker that does not mind its deadline is not waited for longer than this.
        finished, _ = wait(under_way, timeout=max(0.5, until + 2.0 - time.monotonic()), return_when=FIRST_COMPLETED)
        if under_way and not finished:
            for t, _ in under_way.values():
                t.why_not = "it did not stop when its time was up"
            break
        for future in finished:
            t, fold = under_way.pop(future)
            _take(t, fold, future)
            if len(t.results) == folds and t.why_not is None:
                best = _better(tries, folds, judge)
        share = 1.0 - (len(waiting) + len(under_way)) / total
        now = next((f"{t.learner.name}, fold {fold + 1}" for t, fold in under_way.values()), "")
        terms.progress(f"{now}; best so far: {best}" if best else now, 0.1 + 0.7 * share)
    return tries


def _take(t: _Try, fold: int, future: Future[FoldResult]) -> None:
    try:
        result = future.result()
    except BrokenProcessPool:
        t.why_not = "its process died: out of memory, or killed"
    except MainspringError as error:
        t.why_not = error.what
    except Exception as error:  # whatever a candidate throws is that candidate's failure, not the run's
        t.why_not = f"{type(error).__name__}: {error}"[:300]
    else:
        t.results[fold] = result
        if not np.isfinite(result.scores).all():
            t.why_not = "its answers are not finite"


def _better(tries: Sequence[_Try], folds: int, judge: _Judge) -> str:
    whole = {
        t.learner.name: judge.of(judge.answers(t.results))
        for t in tries
        if len(t.results) == folds and t.why_not is None
    }
    name = max(whole, key=whole.__getitem__)
    return f"{name} ({judge.text(whole[name])})"


def _tuned(t: _Try) -> dict[str, float]:
    names = next(iter(t.results.values())).tuned
    return {name: float(np.mean([r.tuned[name] for r in t.results.values()])) for name in names}


def _latency(t: _Try) -> dict[str, float]:
    return {q: float(np.median([r.latency_ms[q] for r in t.results.values()])) for q in ("p50", "p95")}


def _found(
    tries: Sequence[_Try], unfit: Mapping[str, str], judge: _Judge, finished: Finished, goal: Goal, seconds: float
) -> Found:
    candidates = [_candidate(t, judge, finished, goal) for t in tries]
    candidates += [Candidate(name, goal.metric, why_not=reason) for name, reason in unfit.items()]
    answers = finished.oof
    order = sorted(candidates, key=lambda c: (c.rank is None, -(c.rank or 0.0)))
    return Found(
        finished.model, tuple(order), answers, judge.truth, judge.rows, judge.metrics(answers), finished.kept, finished.calibration,
        goal.metric, METRICS[goal.metric].greater_is_better, seconds,
    )  # fmt: skip


def _candidate(t: _Try, judge: _Judge, finished: Finished, goal: Goal) -> Candidate:
    name = t.learner.name
    seconds = sum(r.seconds for r in t.results.values())
    if t.why_not is not None:
        return Candidate(name, goal.metric, seconds=seconds, why_not=t.why_not)
    answers = judge.answers(t.results)
    return Candidate(
        name, goal.metric, judge.metrics(answers), judge.of(answers), {q: v + finished.preparing_ms[q] for q, v in _latency(t).items()},
        seconds, finished.weights.get(name, 0.0), name in finished.allowed,
        None if name in finished.allowed else "alone it is slower than the latency limit",
    )  # fmt: skip

"""Again: the fits of a ledger on the same folds, each with the work it did then, however fast or slow this machine is."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from mainspring.errors import LearnError
from mainspring.steps.learn.learner import Learner
from mainspring.steps.learn.portfolio import reading_with
from mainspring.steps.learn.record.learners import learner_of
from mainspring.steps.learn.record.ledger import Fit
from mainspring.steps.learn.terms import Terms
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.fold import Allowance, FoldResult, learn_fold
from mainspring.steps.learn.trial.tries import DIED, Course

FOREVER = 1e8
"""Seconds that nothing here takes."""

Under = Mapping[Future[FoldResult], int]


def done_again(fits: Sequence[Fit], folds: int, course: Course, terms: Terms) -> list[Try]:
    """A try a candidate, in the order of the ledger, with what was measured then.

    Raises:
        LearnError: a fit failed that had not failed, or is of a fold that these rows do not make.
    """
    for fold in sorted({fit.fold for fit in fits}):
        if not 0 <= fold < folds:
            raise LearnError(f"the record has a fold {fold + 1}, these rows make {folds}", where="record")
        course.prepare(fold)
    results: dict[int, FoldResult] = {}
    lost = _learned(range(len(fits)), fits, course, terms, results)
    for number in lost:
        # A worker's death takes all that is under way with it; alone, the guilty one is known.
        if _learned([number], fits, course, terms, results):
            raise LearnError(DIED, where=_where(fits[number]), remedy="repeat with more memory")
    tries: dict[str, Try] = {}
    for number, fit in enumerate(fits):
        attempt = tries.setdefault(fit.candidate, Try(_learner(fit, terms)))
        attempt.results[fit.fold] = results[number]
    return list(tries.values())


def _learned(
    numbers: Sequence[int], fits: Sequence[Fit], course: Course, terms: Terms, results: dict[int, FoldResult]
) -> list[int]:
    """Those that were lost with a worker."""
    under: Under = {_begun(number, fits[number], course, terms): number for number in numbers}
    lost: list[int] = []
    for future in as_completed(under):
        fit = fits[under[future]]
        try:
            result = future.result()
        except BrokenProcessPool:
            lost.append(under[future])
            continue
        results[under[future]] = replace(result, **fit.measured)
        terms.progress(f"{_where(fit)} again", 0.1 + 0.7 * len(results) / len(fits))
    return sorted(lost)


def _begun(number: int, fit: Fit, course: Course, terms: Terms) -> Future[FoldResult]:
    mark = course.folder / f"again-{number}"
    allowance = Allowance(FOREVER, time.monotonic() + FOREVER, mark, course.memory, fit.work)
    return terms.executor.submit(learn_fold, course.folder, fit.fold, _learner(fit, terms), course.goal, allowance)


def _learner(fit: Fit, terms: Terms) -> Learner:
    return reading_with(terms.encoder, [learner_of(fit.learner or {})], terms.tuned_with)[0]


def _where(fit: Fit) -> str:
    return f"{fit.candidate}, fold {fit.fold + 1}"

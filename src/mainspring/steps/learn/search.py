"""Search: try the portfolio on the same folds, blend the best within the limits, and learn the blend on all rows."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.errors import LearnError
from mainspring.measure.metrics import METRICS
from mainspring.model import Question
from mainspring.steps.learn.blend.select import DRAWN
from mainspring.steps.learn.blend.select import JUDGED as BLENDS
from mainspring.steps.learn.export.kinds import only_exportable
from mainspring.steps.learn.facts import nine_facts
from mainspring.steps.learn.finish.finish import Finished, Finisher
from mainspring.steps.learn.found import Candidate, Found
from mainspring.steps.learn.learner import Folds, Goal, Learner, Preparer
from mainspring.steps.learn.portfolio import FOLD, chosen, only_readers, reading_with
from mainspring.steps.learn.tabular.lesson import with_answers
from mainspring.steps.learn.terms import LoadsBefore, Terms, kept_for_telling, of_time
from mainspring.steps.learn.text.kinds import encoders, refuse_unreadable
from mainspring.steps.learn.trial.again import FOREVER, done_again
from mainspring.steps.learn.trial.attempt import Try
from mainspring.steps.learn.trial.clocked import clocked, fits_of
from mainspring.steps.learn.trial.comparable import comparable
from mainspring.steps.learn.trial.drawing.draws import Draws
from mainspring.steps.learn.trial.fold import write_features
from mainspring.steps.learn.trial.judge import Judge
from mainspring.steps.learn.trial.kept import all_kept
from mainspring.steps.learn.trial.memory import share_of
from mainspring.steps.learn.trial.simple import only_readable, simple_of
from mainspring.steps.learn.trial.tries import TOO_LATE, Course, Tries

SEARCHING = 0.6
"""Share of the time for the folds, and more where the blend can be learned on all rows, and measured, in what is left then."""
MEASURING = (0.07, 4.5)
"""What is kept for measuring the blend: a share of the time, and the most seconds."""
RESCUE = 20.0
"""Seconds that the first candidates are given at most, where the time sufficed for none."""
SOON = 2.0
"""Seconds to learn on all rows what was rescued, where the time allows no more."""
JUDGED, FEWEST_FOLDS = 6_000, 2
"""So many rows, in so many folds, judge well enough; of more rows further folds cost time that further candidates use better."""
UNEVEN = 10.0
"""Where fewer than one row in so many is not of the commonest class, more rows are wanted."""


def search(table: pa.Table, folds: Folds, goal: Goal, preparer: Preparer, terms: Terms) -> Found:
    """The best model for the goal, within the limits, learned from raw rows with a cleaned target.

    Every candidate sees the same folds, each prepared once by its own training rows. A candidate that fails, crashes its
    worker or does not finish in time is left out with the reason.

    Raises:
        LearnError: no candidate could be learned; the encoder that is named is not there, or is of a kind that is not read.
        MissingExtra: what reads with it is not installed. LimitTooTight: none keeps a limit; the nearest that can be kept is named.
        QualityError: the weights are not weights; there is nothing to learn from.
    """
    began = time.monotonic() - _spent_before(terms)
    if terms.encoder is not None:
        # Who names one is told that it is not there before anything else is tried.
        encoders().Encoder.of(terms.encoder)
    if (teacher := terms.tuned_with.get("teacher")) is not None:
        refuse_unreadable(teacher)
    learners, unfit = chosen(goal, terms.profile, terms.candidates, terms.limits.time)
    learners = [*terms.learners, *learners]
    if terms.earlier is not None:
        learners, lost = terms.earlier.first(learners, goal, terms.profile)
        unfit |= lost
    learners = reading_with(terms.encoder, learners, terms.tuned_with)
    if terms.limits.runtime == "onnx":
        learners, lacking = only_exportable(learners)
        unfit |= lacking
    if terms.limits.interpretable:
        learners, unreadable = only_readable(learners)
        unfit |= unreadable
    elif not terms.candidates:
        learners, blind = only_readers(learners, terms.profile, goal.target)
        unfit |= blind
    if not learners:
        raise LearnError(
            "no candidate fits this goal", where=goal.target, remedy="; ".join(f"{k}: {v}" for k, v in unfit.items())
        )
    folds = _enough_folds(folds, table, goal)
    judge, end = Judge(table, folds, goal, terms), began + terms.limits.time - kept_for_telling(terms.limits)
    memory = share_of(terms.limits.training_memory, terms.workers)
    with TemporaryDirectory(prefix="mainspring-") as name:
        folder = terms.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        prepare = partial(_prepare, table, folds, preparer, goal, folder)
        soonest = began + terms.limits.time * SEARCHING
        measuring = of_time(MEASURING, terms.limits)
        # Choosing a blend by money reckons the whole decision at each step, which takes seconds that no fold foretells.
        latest = soonest if judge.follows_gain else max(soonest, end - measuring - BLENDS * judge.seconds(DRAWN))
        course = Course(folder, goal, soonest, latest, memory, prepare)
        if isinstance(terms.executor, LoadsBefore):
            terms.executor.load(sorted({FOLD, *(type(learner).__module__ for learner in learners)}))
        # What workers are copies of loads the learners' libraries meanwhile.
        terms.progress("preparing the first fold", 0.0)
        prepare(0)
        for _ in range(terms.workers):
            # Workers that are no copies load them now, when they receive the learners.
            terms.executor.submit(len, learners)
        tries, end = _tried(learners, course, terms, judge, end)
        terms.ledger.fits = fits_of(tries)
        done, judge = comparable(tries, judge)
        if not done:
            raise LearnError(
                "no candidate could be learned: " + "; ".join(f"{t.learner.name}: {t.why_not}" for t in tries),
                where=goal.target, remedy="give more time (learn.limits.time), or look at the reasons",
            )  # fmt: skip
        share = len(folds[0][0]) / len(table)
        finished = Finisher(done, judge, goal, terms, share, folder, began, end, memory).finish(table, preparer)
    candidates = [_candidate(t, judge, finished, goal) for t in tries]
    candidates += [Candidate(name, goal.metric, why_not=reason) for name, reason in unfit.items()]
    found = _found(candidates, judge, finished, goal, time.monotonic() - began)
    took_part, made = [t.learner.name for t in tries], finished.model.transform.output.names
    return replace(
        found,
        clocked=clocked(tries, len(folds), terms.ledger, by_latency=terms.limits.latency is not None),
        facts=nine_facts(goal, terms, memory, judge.folds, took_part, made),
        simple=simple_of({t.learner.name: t for t in tries}, judge, goal.metric, finished.oof, finished.weights),
    )


def _tried(
    learners: Sequence[Learner], course: Course, terms: Terms, judge: Judge, end: float
) -> tuple[list[Try], float]:
    """Every learner on its way, and when the search is to end (``time.monotonic()`` seconds)."""
    followed = terms.ledger.followed
    if followed is not None:
        return done_again(followed.fits, judge.folds, course, terms), time.monotonic() + FOREVER
    # Whoever names candidates wants those alone; what is drawn nobody may be able to read.
    draws = None if terms.candidates or terms.limits.interpretable else Draws(course.goal.seed, course.folder)
    tries = Tries(learners, course, terms, judge, draws).run()
    if all(t.why_not for t in tries) and (late := [t.learner for t in tries if t.why_not in TOO_LATE]):
        until = time.monotonic() + RESCUE
        course = replace(course, soonest=until, until=until)
        rescued = _rescued(late, course, terms, judge)
        among = [t.learner for t in rescued]
        tries = [*rescued, *(t for t in tries if t.learner not in among)]
        end = max(end, min(course.until, time.monotonic() + SOON))
    return tries, end


def _enough_folds(folds: Folds, table: pa.Table, goal: Goal) -> Folds:
    """The first folds, that judge enough; all where they do not learn from most rows each (by time, the first has the fewest)."""
    if len(folds[0][0]) < len(table) / 2:
        return folds
    wanted = float(JUDGED)
    if goal.question == Question.CLASS:
        counts = pc.value_counts(table.column(goal.target)).field("counts").to_numpy()
        wanted /= min(1.0, UNEVEN * max(1.0 - counts.max() / counts.sum(), 1e-9))
    judged = np.cumsum([len(valid) for _, valid in folds])
    return folds[: max(FEWEST_FOLDS, int((judged < wanted).sum()) + 1)]


def _rescued(late: Sequence[Learner], course: Course, terms: Terms, judge: Judge) -> list[Try]:
    """Whoever gave too little time wants an answer nevertheless, and soon: of the first that can be had, or else of any."""
    rescued = Tries(late[: terms.workers], course, terms, judge).run()
    if all(t.why_not for t in rescued):
        rescued = Tries(late, course, terms, judge).run()
    return rescued


def _spent_before(terms: Terms) -> float:
    """Seconds that the search took before it was interrupted; half of the time is left to it whatever it was."""
    if terms.folder is None:
        return 0.0
    return min(0.5 * terms.limits.time, sum(r.seconds for r in all_kept(terms.folder)) / max(1, terms.workers))


def _prepare(table: pa.Table, folds: Folds, preparer: Preparer, goal: Goal, folder: Path, fold: int) -> None:
    """Write the features of a fold, once."""
    if (folder / f"valid-{fold}.arrow").exists():
        return
    part, rest = (table.take(pa.array(rows)) for rows in folds[fold])
    prepared = preparer.fit(part)
    write_features(with_answers(prepared.train, part, goal), folder / f"train-{fold}.arrow")
    features = prepared.transform.apply(rest)
    write_features(with_answers(features, rest, goal), folder / f"valid-{fold}.arrow")


def _found(candidates: list[Candidate], judge: Judge, finished: Finished, goal: Goal, seconds: float) -> Found:
    answers = finished.oof
    metrics = judge.metrics(answers)
    defined = {name: value for name, value in metrics.items() if np.isfinite(value)}
    model = replace(finished.model, card=finished.model.card.with_metrics(defined))
    order = sorted(candidates, key=lambda c: (c.rank is None, -(c.rank or 0.0)))
    return Found(
        model, tuple(order), answers, judge.truth, judge.rows, metrics, finished.kept, finished.calibration,
        goal.metric, METRICS[goal.metric].greater_is_better, seconds,
    )  # fmt: skip


def _candidate(attempt: Try, judge: Judge, finished: Finished, goal: Goal) -> Candidate:
    name, seconds = attempt.learner.name, attempt.seconds
    if attempt.why_not is not None:
        return Candidate(name, goal.metric, seconds=seconds, why_not=attempt.why_not, settings=attempt.settings)
    if attempt.whole < judge.folds:
        judge = judge.first(attempt.whole)
    answers = judge.answers(attempt.results)
    return Candidate(
        name, goal.metric, judge.metrics(answers), judge.spread(attempt.results), judge.of(answers),
        _added(attempt.latency_ms, finished.preparing_ms), seconds, finished.weights.get(name, 0.0),
        name not in finished.left_out, finished.left_out.get(name), judge.folds, attempt.settings,
    )  # fmt: skip


def _added(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: value + other[name] for name, value in one.items()}

"""Window: from which row on to learn. Where the law has changed, rows from before teach what is no longer so.

All rows are learned from, unless a stretch up to the newest row does surely better on the newest of them, which are held back for
this question: since the version that decides began to err more (ADWIN, Bifet & Gavaldà 2007), or the new rows, or a part of
them. Each is learned by the heaviest member of the version before, alone, for a moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.errors import LearnError, QualityError
from mainspring.model import Model, Question
from mainspring.run.flow import Result
from mainspring.run.progress import RunProgress
from mainspring.run.retrain.apart import RecentApart
from mainspring.run.retrain.compare import Beside, Contender, compare, same_question
from mainspring.run.train.learn import Known, searched
from mainspring.run.train.prepare import Labelled, collected_rows, parted
from mainspring.run.train.stakes import capacity_of
from mainspring.steps.learn.evaluation.judged import Judged, answers_of
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.record.ledger import Ledger
from mainspring.steps.learn.split import Rows
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.prepare.expect import Expectations
from mainspring.steps.watch.online import changed

LEAST = 60
"""Rows, and of each class a tenth, that a stretch has at least."""
ASKED = 0.3
"""Share of the rows since the change, or of the new ones, that are held back for the question."""
SHARE = 0.15
"""Share of the time for learning that the question may take."""
STRETCHES = (1.0, 0.5, 0.25)
"""Parts of the new training rows, up to the newest, that are tried beside all rows."""
SURER = {Question.CLASS: "log_loss", Question.NUMBER: "rmse"}
"""What tells stretches apart: of money, few rows tell too little. Of other questions all rows are learned from."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The version that decides, the ``candidate`` that each stretch is asked of, where what is tried is left, and who is told."""

    champion: Contender
    candidate: str
    folder: Path
    progress: RunProgress


@dataclass(frozen=True, slots=True)
class _Question:
    automation: Automation
    backends: Backends
    goal: Goal
    reading: CleaningPlan
    rows: pa.Table
    asking: Asking

    def contender(self, numbers: Rows, name: str) -> Contender | None:
        """Learned from these rows; None where nothing can be."""
        rows = self.rows.take(pa.array(np.sort(numbers)))
        known = Known(rows, self.goal, self.reading, capacity_of(self.automation, rows))
        place = self.asking.folder / f"window-{name}"
        try:
            done = searched(self.automation, self.backends, known, place, self.asking.progress, (Ledger(), None))
        except (LearnError, QualityError):
            return None
        return Contender(cast(Model, done.found.model), done.policy)

    def beside(self, one: Contender, other: Contender, held: Rows) -> Beside:
        judged = self.rows.take(pa.array(np.sort(held)))
        return compare(one, other, judged, replace(self.goal, metric=SURER[self.goal.question]), share=None)

    def enough(self, numbers: Rows) -> bool:
        """Rows, and of each class."""
        if len(numbers) < LEAST or not self.goal.classes:
            return len(numbers) >= LEAST
        labels = self.rows.column(self.goal.target).take(pa.array(numbers)).to_pylist()
        return all(labels.count(label) >= LEAST // 10 for label in self.goal.classes)


def window(
    automation: Automation, backends: Backends, collected: Result, apart: RecentApart, asking: Asking
) -> Result:  # fmt: skip
    """``skipped``: how many of the oldest training rows to leave out; ``rows`` are left; ``told`` says why; ``asked`` whether a question
    was put at all."""
    declared = automation.learn
    assert declared is not None  # the caller asks only where there is something to learn
    seen: list[Labelled] = []

    def remembered(rows: Labelled, goal: Goal) -> tuple[Rows, Rows]:
        seen.append(rows)
        return apart(rows, goal)

    made = parted(automation, collected_rows(backends.lake, collected), declared, apart=remembered)
    order = apart.in_order(seen[0], made.train)
    whole = {"skipped": 0, "rows": len(order), "asked": False, "told": f"all {len(order):,} rows"}
    if made.goal.question not in SURER:
        return whole
    rows = made.reading.apply(made.rows)
    kept = Expectations(automation.prepare).judge(rows).kept
    usable = order[kept[order]]
    recent = usable[apart.recent(seen[0])[usable]]
    question = _Question(_hurried(automation, asking.candidate), backends, made.goal, made.reading, rows, asking)
    since = _change(question, recent)
    held = recent[len(recent) - round((len(recent) - since) * ASKED) :]
    older = np.setdiff1d(usable, held)
    newest = recent[: len(recent) - len(held)]
    stretches = {since, *(round(len(newest) * (1.0 - part)) for part in STRETCHES)}
    tried = [part for start in sorted(stretches) if len(part := newest[start:]) < len(older) and question.enough(part)]
    if not tried or len(held) < LEAST // 2:
        return whole
    return _chosen(question, older, tried, held, order) or {**whole, "asked": True}


def _change(question: _Question, recent: Rows) -> int:
    """From which of the recent rows, in their order, on the version that decides errs more; the first where it does not."""
    champion, goal = question.asking.champion, question.goal
    if len(recent) < LEAST or not same_question(champion.model.card, goal):
        return 0
    judged = Judged.of(question.rows.take(pa.array(recent)), goal)
    if len(judged.table) < len(recent):
        return 0  # a class that is new: rows do not stand where they stood
    answers = answers_of(champion.model, judged.table)
    if goal.question == Question.NUMBER:
        errors = np.abs(answers - judged.truth.astype(np.float64))
    else:
        errors = 1.0 - answers[np.arange(len(answers)), judged.truth.astype(np.int64)]
    found = changed(errors)
    return found.at if found is not None and found.after > found.before else 0


def _hurried(automation: Automation, candidate: str) -> Automation:
    declared = automation.learn
    assert declared is not None  # the caller has looked
    time = declared.limits.time * SHARE / (2 + len(STRETCHES))
    limits = declared.limits.model_copy(update={"time": time, "latency": None, "memory": None, "runtime": None})
    plain = {"limits": limits, "candidates": [candidate], "repeats": 1, "coverage": None}
    return automation.model_copy(update={"learn": declared.model_copy(update=plain)})


def _chosen(question: _Question, older: Rows, tried: Sequence[Rows], held: Rows, order: Rows) -> Result | None:
    """None where all rows are to be learned from."""
    everything = question.contender(older, "all")
    surer: list[tuple[Beside, Rows]] = []
    for number, rows in enumerate(tried if everything is not None else ()):
        made = question.contender(rows, str(number))
        if made is not None and everything is not None and (found := question.beside(everything, made, held)).better:
            surer.append((found, rows))
    if not surer:
        return None
    # The longest that is within a standard error of the best (Breiman et al. 1984): of the rest, chance chooses.
    best = max((found for found, _ in surer), key=lambda found: found.difference)
    near = best.difference - (best.high - best.low) / (2 * 1.96)
    found, rows = next((found, rows) for found, rows in surer if found.difference >= near)
    skipped = int(np.flatnonzero(order == rows[0])[0])
    told = f"the newest {len(order) - skipped:,} of {len(order):,} rows: beside learning from all, {found.told()}"
    return {"skipped": skipped, "rows": len(order) - skipped, "asked": True, "told": told}

"""Prepare: which rows learn and which test, what every column means, and which rows go to quarantine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation import Automation
from mainspring.automation.learn import Learn
from mainspring.backends.store.lake import Lake
from mainspring.errors import QualityError, SpecError, UnknownColumn, nearest
from mainspring.model import Question
from mainspring.run.flow import Result
from mainspring.run.labels.given import labelled
from mainspring.run.train.target.labels import blank_is_none, learned_labels, separated, separator_of
from mainspring.run.windows.table import look_back
from mainspring.steps.learn.goal import goal_of
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.split import Rows, hold_out
from mainspring.steps.learn.text.multilabel.columns import text_columns
from mainspring.steps.prepare.clean import CleaningPlan, plan
from mainspring.steps.prepare.duplicates import Distinct, distinct
from mainspring.steps.prepare.expect import Expectations

PART, PLACE = "_part", "_place"
TRAIN, TEST = "train", "test"
TEXTUAL = ("text", "category", "id")
"""What a column of texts may be taken for."""


def clean(automation: Automation, lake: Lake, collected: Result, run_id: str, apart: "Apart | None" = None) -> Result:
    """Drop repeated rows, keep test rows apart, tell from the training rows how to read every column, write ``<automation>.clean``.

    ``apart`` says which rows are which, where that is not to be told from the declaration alone; rows of neither part are left out.

    Raises:
        QualityError: no rows, no target, one class only.
    """
    raw = labelled(automation, lake, collected_rows(lake, collected))
    refuse_unfit(automation, raw)
    if automation.learn is None:
        key = _key(automation, raw)
        kept = distinct(raw, key, automation.prepare.duplicates)
        rows = kept.of(raw)
        repeated = len(raw) - len(rows)
        rows, reading = look_back(automation, rows, plan(rows, automation.prepare, target=None, key=key))
        written = _written(automation, lake, run_id, _telling(reading, kept), rows, parts=None)
        return written | {"duplicates": repeated, "unlabelled": 0}
    _refuse_odd_outcome(automation, raw)
    if automation.learn.repeats > 1:
        parted(automation, raw, automation.learn, automation.learn.repeats - 1)  # refused before the time is spent
    made = parted(automation, raw, automation.learn, apart=apart)
    used = np.union1d(made.train, made.test)
    parts = np.where(np.isin(used, made.test), TEST, TRAIN).astype(object)
    rows = made.rows if len(used) == len(made.rows) else made.rows.take(pa.array(used))
    written = _written(automation, lake, run_id, made.reading, rows, parts=parts)
    counts = {"duplicates": made.duplicates, "unlabelled": made.unlabelled}
    if automation.learn.unlabelled:
        written["raw"] = {name: collected[name] for name in ("table", "version")}
    return written | counts | {"goal": goal_to_plain(made.goal)}


def collected_rows(lake: Lake, collected: Result) -> pa.Table:
    """What a step of collecting wrote; in the order of their ``_place``, where it noted that: the lake itself keeps none."""
    raw = lake.read(collected["table"], collected["version"])
    if not collected.get("ordered"):
        return raw
    return raw.sort_by(PLACE).drop_columns([PLACE])


def refuse_unfit(automation: Automation, raw: pa.Table) -> None:
    """Raises QualityError: no rows, a column whose name is kept for us, or none of a name that is declared."""
    if not len(raw):
        raise QualityError(
            "there are no rows", where=automation.source.table or "source.sql",
            remedy="look at the source: the file may be empty or hold a header only",
        )  # fmt: skip
    if PART in raw.column_names:
        raise QualityError(f"the source has a column {PART!r}, a name kept for the test rows' mark", where=automation.name,
                           remedy="rename the column at the source")  # fmt: skip
    _refuse_unknown(automation, raw)


@dataclass(frozen=True, slots=True)
class Parted:
    """Labelled rows without repeats, the numbers of those to ``train`` and ``test`` on, and what the former tell of the columns."""

    rows: pa.Table
    train: Rows
    test: Rows
    reading: CleaningPlan
    goal: Goal
    duplicates: int
    unlabelled: int


class Apart(Protocol):
    """Tells training and test rows apart (their numbers, each ascending; a row may be neither)."""

    def __call__(self, rows: "Labelled", goal: Goal) -> tuple[Rows, Rows]: ...


@dataclass(frozen=True, slots=True)
class Labelled:
    """``raw`` rows that have a target, which stands cleaned in ``table``; of each, its ``place`` (n) among all that were collected."""

    raw: pa.Table
    table: pa.Table
    place: Rows
    key: str | None


def parted(automation: Automation, raw: pa.Table, learn: Learn, turn: int = 0, apart: Apart | None = None) -> Parted:
    """Each ``turn`` is another split of the same raw rows; ``apart`` splits them in its own way.

    Raises:
        QualityError: no row has a target, or one class only; the rows do not make so many splits.
    """
    raw = blank_is_none(learn, raw)
    automation = paired(verbatim(automation, raw), raw)
    key = _key(automation, raw)
    kept = distinct(raw, key, automation.prepare.duplicates)
    rows = kept.of(raw)
    repeated = len(raw) - len(rows)
    separator = separator_of(learn, raw)
    answers = separated(_reading_of_target(automation, rows, learn.target), separator).apply(rows)
    labelled = np.flatnonzero(answers.column(learn.target).is_valid().to_numpy(zero_copy_only=False))
    unlabelled = len(rows) - len(labelled)
    everything = rows
    rows, target = rows.take(pa.array(labelled)), answers.column(learn.target).take(pa.array(labelled))
    goal = goal_of(learn, target, has_gains=_has_gains(automation))
    told = rows.set_column(rows.column_names.index(learn.target), learn.target, target)
    if apart is not None:
        train, test = apart(Labelled(rows, told, kept.rows[labelled], key), goal)
    else:
        train, test = hold_out(told, goal, learn.split, time_column=automation.source.time, key=key, turn=turn)
    goal = learned_labels(goal, told.take(pa.array(train)))
    reading = plan(rows.take(pa.array(train)), automation.prepare, target=learn.target, key=key)
    reading = separated(reading, separator)
    if automation.prepare.windows:
        # Rows without an outcome came before others, too.
        everything, reading = look_back(automation, everything, reading)
        rows = everything.take(pa.array(labelled))
    return Parted(
        rows, train, test, _telling(reading, kept), replace(goal, seed=goal.seed + turn), repeated, unlabelled
    )


def unlabelled_texts(automation: Automation, lake: Lake, raw: Result | None, reading: CleaningPlan) -> list[str]:
    """The texts of the rows in a ``raw`` table that have no target; none where that is not known."""
    learn = automation.learn
    if raw is None or learn is None:
        return []
    rows = lake.read(raw["table"], raw["version"])
    answers = _reading_of_target(automation, rows, learn.target).apply(rows).column(learn.target)
    bare = reading.apply(rows.filter(answers.is_null()))
    columns = [name for name in reading.texts if name not in learn.exclude and name in bare.column_names]
    return [str(text) for name in columns for text in bare.column(name).to_pylist() if text]


def verbatim(automation: Automation, raw: pa.Table) -> Automation:
    """Where spans or labels are asked for, what is read is kept letter for letter, and the target is read as lists of those."""
    learn = automation.learn
    if learn is None or learn.question not in (Question.SPANS, Question.LABELS):
        return automation
    texts = [
        f.name for f in raw.schema if pa.types.is_string(f.type) and f.name not in (automation.source.key, learn.target)
    ]
    if learn.question == Question.LABELS:
        out = {*learn.exclude, automation.source.time, learn.split.column}
        texts = _read(raw.select([name for name in texts if name not in out]), automation, learn.target)
    types = dict.fromkeys(texts, "verbatim") | automation.prepare.types | {learn.target: str(learn.question)}
    return automation.model_copy(update={"prepare": automation.prepare.model_copy(update={"types": types})})


def _read(texts: pa.Table, automation: Automation, target: str) -> Sequence[str]:
    """Which of the columns of texts are read to tell labels; the others are features like numbers."""
    declared = [name for name, kind in automation.prepare.types.items() if kind in ("text", "verbatim")]
    return text_columns(texts, target, declared) if texts.num_columns else ()


def paired(automation: Automation, raw: pa.Table) -> Automation:
    """Where two columns are to be read together, they are texts, however short they are.

    Raises:
        QualityError: one of them holds something else.
    """
    learn = automation.learn
    if learn is None or learn.pair is None:
        return automation
    seen = plan(raw.select(learn.pair), automation.prepare.model_copy(update={"types": {}}), target=None, key=None)
    for column in seen.columns:
        kind = column.reading.kind
        written = column.type in ("string", "large_string")
        if not written or kind not in TEXTUAL or not _varied(raw.column(column.name)):
            held = "no text" if not written or kind not in TEXTUAL else "one text only, or none"
            raise QualityError(f"{column.name!r} is one of the pair to be read together, and holds {held}", where="learn.pair",
                               remedy="name two columns of texts")  # fmt: skip
    types = automation.prepare.types | dict.fromkeys(learn.pair, "text")
    return automation.model_copy(update={"prepare": automation.prepare.model_copy(update={"types": types})})


def _varied(texts: pa.ChunkedArray) -> bool:
    return len(pc.unique(texts.drop_null())) > 1


def _written(
    automation: Automation, lake: Lake, run_id: str, reading: CleaningPlan, rows: pa.Table, *, parts: Any
) -> Result:
    cleaned = reading.apply(rows)
    if parts is not None:
        cleaned = cleaned.append_column(PART, pa.array(parts, pa.string()))
    table = f"{automation.name}.clean"
    version = lake.write(table, cleaned, mode="overwrite", once=(f"{run_id}:clean", 1))
    return {
        "table": table,
        "version": version,
        "rows": len(cleaned),
        "plan": reading.to_json(),
        "changes": list(reading.changes),
    }


def _telling(reading: CleaningPlan, kept: Distinct) -> CleaningPlan:
    """The plan that also says which rows are alike and were kept of our own accord."""
    if not kept.alike:
        return reading
    told = (
        f"{kept.alike:,} rows repeat another and are kept: so few values make rows alike by chance"
        " (prepare.duplicates: drop drops them)"
    )
    return replace(reading, changes=(told, *reading.changes))


def expect(automation: Automation, lake: Lake, cleaned: Result, run_id: str) -> Result:
    """Move the rows that break an expectation from ``<automation>.clean`` to ``<automation>.quarantine``, each with its reasons."""
    rows = lake.read(cleaned["table"], cleaned["version"])
    judged = Expectations(automation.prepare).judge(rows)
    kept = rows.filter(pa.array(judged.kept))
    quarantine = f"{automation.name}.quarantine"
    version = cleaned["version"]
    if len(judged.quarantine) or lake.exists(quarantine):
        lake.write(quarantine, judged.quarantine, mode="overwrite", once=(f"{run_id}:quarantine", 1))
    if not len(kept):
        raise QualityError(
            "no row is left: every one breaks an expectation", where="prepare.expect",
            remedy=f"look at the reasons: mainspring sql \"select * from {automation.name}.quarantine\"",
        )  # fmt: skip
    if len(judged.quarantine):
        version = lake.write(cleaned["table"], kept, mode="overwrite", once=(f"{run_id}:expect", 1))
    parts: list[str] = kept.column(PART).to_pylist() if PART in kept.column_names else []
    return {
        "table": cleaned["table"],
        "version": version,
        "kept": len(kept),
        "quarantined": len(judged.quarantine),
        "train": parts.count(TRAIN),
        "test": parts.count(TEST),
    }


def part_of(kept: pa.Table, part: str) -> pa.Table:
    """Of the rows that :func:`expect` kept those marked ``part``, without the mark."""
    return kept.filter(pc.equal(kept.column(PART), part)).drop_columns([PART])


def goal_to_plain(goal: Goal) -> Result:
    return {
        "question": str(goal.question), "target": goal.target, "metric": goal.metric, "classes": list(goal.classes),
        "positive": goal.positive, "weight": goal.weight, "seed": goal.seed, "framework": goal.framework,
        "pair": goal.pair,
    }  # fmt: skip


def goal_from_plain(plain: Result) -> Goal:
    question, classes = Question(plain["question"]), tuple(plain["classes"])
    return Goal(
        question, plain["target"], plain["metric"], classes, plain["positive"], plain["weight"], plain["seed"], plain.get("framework"),
        None if not plain.get("pair") else (plain["pair"][0], plain["pair"][1]),
    )  # fmt: skip


def _refuse_odd_outcome(automation: Automation, raw: pa.Table) -> None:
    """What is to be assumed of silent decisions must be one of the target's values."""
    learn, feedback = automation.learn, automation.decide.feedback if automation.decide else None
    if learn is None or feedback is None or feedback.otherwise is None:
        return
    reading = _reading_of_target(automation, raw, learn.target)
    value = reading.apply_one({learn.target: feedback.otherwise})[learn.target]
    known = set(reading.apply(raw).column(learn.target).to_pylist()) - {None}
    if value is None or (value not in known and not isinstance(value, float)):
        guess = nearest(str(value), map(str, known))
        remedy = f"did you mean {guess!r}?" if guess else "write one of the target's values"
        raise SpecError(
            f"'otherwise' is no value of {learn.target!r}", where="decide.feedback.otherwise", remedy=remedy
        )


def _reading_of_target(automation: Automation, rows: pa.Table, target: str) -> CleaningPlan:
    """How the target alone is read, told from all rows."""
    types = {name: kind for name, kind in automation.prepare.types.items() if name == target}
    return plan(rows.select([target]), automation.prepare.model_copy(update={"types": types}), target=target, key=None)


def _has_gains(automation: Automation) -> bool:
    return automation.decide is not None and automation.decide.gains is not None


def _key(automation: Automation, raw: pa.Table) -> str | None:
    key = automation.source.key
    return key if key in raw.column_names else None


def _refuse_unknown(automation: Automation, raw: pa.Table) -> None:
    learn = automation.learn or Learn(target="")
    named = [
        automation.source.key,
        automation.source.time,
        learn.target or None,
        learn.weight,
        *learn.exclude,
        *(learn.pair or ()),
    ]
    for name in named:
        if name is not None and name not in raw.column_names and automation.prepare.protect.get(name) != "drop":
            raise UnknownColumn(name, automation.source.table or automation.name, raw.column_names)

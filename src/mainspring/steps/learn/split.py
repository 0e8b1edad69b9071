"""Split: rows kept apart, so that what is measured was not learned from."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit, TimeSeriesSplit

from mainspring.automation.learn import Split
from mainspring.errors import QualityError, UnknownColumn
from mainspring.measure.copies import copies
from mainspring.measure.multilabel.labels import read_labels
from mainspring.model import Question
from mainspring.steps.learn.learner import Folds, Goal

Rows = npt.NDArray[np.int64]
QUANTILES = 10
TEST, VALID = "test", "valid"
"""What a column says that tells the parts."""
FEWEST = 4
"""Rows below which nothing can be kept apart."""
DRAWS = 20
"""So many ways to part the groups are tried; taken is the one whose parts are most alike."""


def hold_out(
    table: pa.Table, goal: Goal, split: Split, *, time_column: str | None, key: str | None, turn: int = 0
) -> tuple[Rows, Rows]:
    """Row numbers (train, test), ascending. The test rows are for the evaluation alone; no choice may see them.

    Each ``turn`` is another split: another seed, or by time (a rolling origin, Tashman 2000) the test rows before those of
    the last turn, without any row that came later.

    By time the last rows are the test; by group all rows of a group are on one side, as evenly as the groups allow; else
    at random, with the classes (or the tenths of a number) in equal shares on both sides as far as their counts allow,
    and copies, which differ in the ``key`` only, on one side.

    Raises:
        QualityError: too few rows or groups. UnknownColumn: the column to split by is not there.
    """
    if len(table) < FEWEST:
        raise QualityError(f"there are {len(table)} rows with a {goal.target!r}: too few to learn from and test on",
                           where=goal.target, remedy=f"collect at least {FEWEST} rows; some hundreds make sense")  # fmt: skip
    by, column = _way(table, split, time_column, key)
    if by == "part":
        return _as_told(table, column)
    count = min(len(table) - 2, max(1, round(len(table) * split.test)))
    goal = replace(goal, seed=goal.seed + turn)
    if by == "time":
        order = _in_time(table, column)
        order = order[: len(order) - turn * count]
        if len(order) < count + 2:
            raise QualityError(
                f"{len(table)} rows do not make {turn + 1} test parts of {count} rows, one before the other, with rows to learn from",
                where="learn.repeats", remedy="repeat less often, or test on less (learn.split.test)",
            )  # fmt: skip
        return np.sort(order[:-count]), np.sort(order[-count:])
    if by == "group":
        return _sorted(_groups_held_out(_groups(table, column), _strata(table, goal), split.test, column, goal.seed))
    if (alike := copies(table, goal.target, (key, goal.weight))) is None:
        return _with_every_label(table, goal, _at_random(_strata(table, goal), goal, count))
    first = np.unique(alike, return_index=True)[1]
    count = min(len(first) - 2, max(1, round(len(first) * split.test)))
    test = _at_random(_strata(table.take(pa.array(first)), goal), goal, count)[1]
    apart = np.isin(alike, alike[first[test]])
    return _with_every_label(table, goal, (np.flatnonzero(~apart), np.flatnonzero(apart)))


def _with_every_label(table: pa.Table, goal: Goal, parts: tuple[Rows, Rows]) -> tuple[Rows, Rows]:
    """Of labels that stand on test rows only, the first such row goes to training: what was never seen is never said."""
    if goal.question != Question.LABELS:
        return parts
    train, test = parts
    told = [read_labels(value) or [] for value in table.column(goal.target).to_pylist()]
    known = {label for row in train.tolist() for label in told[row]}
    moved: list[int] = []
    for row in test.tolist()[: len(test) - 1]:
        if not known.issuperset(told[row]):
            moved.append(row)
            known.update(told[row])
    return np.sort(np.append(train, moved)).astype(np.int64), np.setdiff1d(test, moved)


def _as_told(table: pa.Table, column: str) -> tuple[Rows, Rows]:
    tested = np.array([str(told).strip().lower() == TEST for told in table.column(column).to_pylist()], np.bool_)
    if not tested.any() or tested.all():
        raise QualityError(
            f"{column!r} calls {'every' if tested.any() else 'no'} row {TEST!r}", where="learn.split",
            remedy=f"it is to hold train, valid or {TEST}, of each at least a row",
        )  # fmt: skip
    return np.flatnonzero(~tested), np.flatnonzero(tested)


def folds(table: pa.Table, goal: Goal, split: Split, *, time_column: str | None, key: str | None) -> Folds:
    """Row numbers (train, valid) a fold, kept apart the same way; by time each fold is validated on rows after its training.

    A fold whose training rows have one class only teaches nothing, and is left out.

    Raises:
        QualityError: no fold can be made. UnknownColumn: the column to split by is not there.
    """
    by, column = _way(table, split, time_column, key)
    made = _made(table, goal, (by, column, key), min(split.folds, len(table)))
    if goal.question == Question.CLASS:
        strata = _strata(table, goal)
        made = [(train, valid) for train, valid in made if len(np.unique(strata[train])) > 1]
    if not made:
        raise QualityError(
            f"the {len(table)} rows to learn from cannot be kept apart with two classes of {goal.target!r} in each part",
            where=goal.target, remedy="collect more rows of the rare class, or split by random",
        )  # fmt: skip
    return made


def _made(table: pa.Table, goal: Goal, way: tuple[str, str, str | None], count: int) -> list[tuple[Rows, Rows]]:
    by, column, key = way
    if count < 2:
        return []
    if by == "time":
        order = _in_time(table, column)
        parts = TimeSeriesSplit(max(2, min(count, len(table) - 1))).split(order) if len(table) > 2 else []
        return [_sorted((order[train], order[valid])) for train, valid in parts]
    if by == "group":
        groups = _groups(table, column)
        found = min(count, _several(groups, column))
        return [_sorted(part) for part in _group_folds(groups, _strata(table, goal), found, goal.seed)]
    if (alike := copies(table, goal.target, (key, goal.weight))) is None:
        part = _dealt(_strata(table, goal), count, goal.seed)
    else:
        first = np.unique(alike, return_index=True)[1]
        part = _dealt(_strata(table.take(pa.array(first)), goal), min(count, len(first)), goal.seed)[alike]
    return [(np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(count)]


def _groups_held_out(groups: Rows, strata: Rows, share: float, column: str, seed: int) -> tuple[Rows, Rows]:
    found = _several(groups, column)
    # Of three groups or more, two are left to learn from: of one alone no folds can be made.
    kept = max(1, min(found - 2, round(found * share)))
    draws = GroupShuffleSplit(DRAWS, test_size=kept, random_state=seed).split(groups, groups=groups)
    return min(draws, key=lambda parts: _unevenness([parts], strata, share))


def _group_folds(groups: Rows, strata: Rows, count: int, seed: int) -> list[tuple[Rows, Rows]]:
    seeds = np.random.default_rng(seed).integers(2**31, size=DRAWS).tolist()
    draws = (list(GroupKFold(count, shuffle=True, random_state=s).split(groups, groups=groups)) for s in seeds)
    return min(draws, key=lambda parts: _unevenness(parts, strata, 1 / count))


def _unevenness(parts: list[tuple[Rows, Rows]], strata: Rows, share: float) -> tuple[int, float]:
    """How many strata training lacks, and by how many rows the strata of each test are off their ``share`` of all."""
    everywhere = np.bincount(strata)
    tested = np.array([np.bincount(strata[test], minlength=len(everywhere)) for _, test in parts])
    return int((tested == everywhere).sum()), float(np.abs(tested - everywhere * share).sum())


def _at_random(strata: Rows, goal: Goal, count: int) -> tuple[Rows, Rows]:
    classes = len(np.unique(strata))
    if classes <= count and classes <= len(strata) - count and np.bincount(strata).min() >= 2:
        return _sorted(next(StratifiedShuffleSplit(1, test_size=count, random_state=goal.seed).split(strata, strata)))
    train, test = _sorted(next(ShuffleSplit(1, test_size=count, random_state=goal.seed).split(strata)))
    return _every_class_in_train(strata, train, test) if goal.question == Question.CLASS else (train, test)


def _dealt(strata: Rows, count: int, seed: int) -> Rows:
    """A part for each row: each stratum is shuffled and dealt out in turn, so that its shares differ by one row at most."""
    order = np.lexsort((np.random.default_rng(seed).random(len(strata)), strata))
    part = np.empty(len(strata), dtype=np.int64)
    part[order] = np.arange(len(strata)) % count
    return part


def _way(table: pa.Table, split: Split, time_column: str | None, key: str | None) -> tuple[str, str]:
    if split.by == "time" or (split.by == "auto" and time_column is not None):
        return "time", _known(table, split.column or time_column or "")
    if split.by == "part":
        return "part", _known(table, split.column or "part")
    if split.by == "group":
        return "group", _known(table, split.column or key or "")
    if split.by == "auto" and key is not None and key in table.column_names:
        column = table.column(key).drop_null()
        if pc.count_distinct(column).as_py() < len(column):
            return "group", key
    return "random", ""


def _known(table: pa.Table, column: str) -> str:
    if column not in table.column_names:
        raise UnknownColumn(column, "learn.split", table.column_names)
    return column


def _in_time(table: pa.Table, column: str) -> Rows:
    values = table.column(column)
    if pa.types.is_string(values.type):
        return np.argsort(np.array(values.fill_null("").to_pylist(), dtype=object), kind="stable").astype(np.int64)
    return pc.array_sort_indices(values.combine_chunks(), null_placement="at_start").to_numpy().astype(np.int64)


def _groups(table: pa.Table, column: str) -> Rows:
    values = table.column(column).combine_chunks().dictionary_encode()
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    codes = values.indices.fill_null(-1).to_numpy().astype(np.int64)
    # Rows without a group belong to none: each is its own.
    alone = codes < 0
    codes[alone] = np.arange(int(alone.sum())) + len(values.dictionary)
    return codes


def _several(groups: Rows, column: str) -> int:
    found = len(np.unique(groups))
    if found < 2:
        raise QualityError(
            f"all rows to be kept apart belong to one {column!r}", where=column, remedy="split by random or time"
        )
    return found


def _strata(table: pa.Table, goal: Goal) -> Rows:
    column = table.column(goal.target)
    if goal.question == Question.CLASS:
        number = {label: k for k, label in enumerate(goal.classes)}
        return np.unique([number[v] for v in column.to_pylist()], return_inverse=True)[1].astype(np.int64)
    if goal.question in (Question.SPANS, Question.LABELS):
        return np.zeros(len(table), np.int64)
    values = column.cast(pa.float64()).to_numpy()
    edges = np.quantile(values, np.linspace(0, 1, min(QUANTILES, max(1, len(values) // 10)) + 1)[1:-1])
    return np.unique(np.searchsorted(edges, values), return_inverse=True)[1].astype(np.int64)


def _every_class_in_train(strata: Rows, train: Rows, test: Rows) -> tuple[Rows, Rows]:
    lacking = [int(test[strata[test] == k][0]) for k in np.setdiff1d(strata[test], strata[train])]
    moved = np.array(lacking, dtype=np.int64)
    return np.sort(np.concatenate([train, moved])), np.setdiff1d(test, moved)


def _sorted(parts: tuple[Rows, Rows]) -> tuple[Rows, Rows]:
    return np.sort(parts[0]).astype(np.int64), np.sort(parts[1]).astype(np.int64)

"""Apart: the test rows of a learning anew: the newest that neither the version that decides nor the new one is trained on."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from mainspring.automation.learn import Split
from mainspring.errors import QualityError
from mainspring.run.train.prepare import Labelled
from mainspring.run.train.record.rows import SeenRows, hashes, subjects, without
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.split import Rows, hold_out
from mainspring.steps.prepare.clean import CleaningPlan

Flags = npt.NDArray[np.bool_]
TESTED = 0.3
"""Share of the new rows that test at most: the others are what can be learned of how things are now."""
FEWEST = 40
"""Of fewer new rows, those that the version before was tested on test too."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the version that decides has seen, by how it reads columns (``reading``); ``first`` is the number of the first collected row
    that is an outcome, ``subject`` the column that says which rows belong together, ``made`` are the columns made of other rows."""

    seen: SeenRows
    reading: CleaningPlan
    first: int
    subject: str | None
    made: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class RecentApart:
    """Tells the rows apart; the first ``skipped`` of the training rows, oldest first, are left out."""

    before: Before
    split: Split
    time_column: str | None
    skipped: int = 0

    def __call__(self, rows: Labelled, goal: Goal) -> tuple[Rows, Rows]:
        train, test = self.parted(rows, goal)
        return np.sort(self.in_order(rows, train)[self.skipped :]), test

    def parted(self, rows: Labelled, goal: Goal) -> tuple[Rows, Rows]:
        """All rows that may be trained on, and the test rows.

        Raises:
            QualityError: the version that decides was trained on all of them.
        """
        tested, recent = self._standing(rows)
        test = self._recent_test(rows, goal, recent)
        if len(test) < FEWEST:
            # What neither was trained on, though it is not new.
            test = np.union1d(test, np.flatnonzero(tested & ~recent))
        if not len(test):
            raise QualityError(
                "there is no row that the version that decides was not trained on", where="learn",
                remedy="collect new rows, tell outcomes with feedback, or learn cold: mainspring run --fresh",
            )  # fmt: skip
        told = subjects(rows.raw, self.before.subject)
        free = ~np.isin(told, told[test])
        if self._by_time(rows):
            order = self._positions(rows)
            free &= order < order[test].min()
        train = np.flatnonzero(free)
        if not len(train):
            raise QualityError("no row is left to learn from beside the new ones that test", where="learn.split",
                               remedy="collect more rows, or test on less (learn.split.test)")  # fmt: skip
        return train, test

    def in_order(self, rows: Labelled, numbers: Rows) -> Rows:
        """The oldest first: by the time column, else as they were collected and decided about."""
        return numbers[np.argsort(self._positions(rows)[numbers], kind="stable")]

    def recent(self, rows: Labelled) -> Flags:
        """Which rows (n) the version that decides has not seen, nor another row of whom it was trained on."""
        return self._standing(rows)[1]

    def _standing(self, rows: Labelled) -> tuple[Flags, Flags]:
        seen, read = self.before.seen, without(self.before.reading.apply(rows.raw), self.before.made)
        whom = subjects(read, self.before.subject)
        free = ~np.isin(whom, seen.trained)
        return free & np.isin(whom, seen.tested), free & ~np.isin(hashes(read), seen.known)

    def _recent_test(self, rows: Labelled, goal: Goal, recent: Flags) -> Rows:
        pool = np.flatnonzero(recent)
        count = min(round(len(rows.table) * self.split.test), round(len(pool) * TESTED))
        outcomes = pool[rows.place[pool] >= self.before.first]
        grouped = self.split.by == "group"
        if not self._by_time(rows) and not grouped and len(outcomes) * TESTED >= FEWEST:
            # No column tells the time, but the journal knows in which order it was decided.
            return np.sort(outcomes[-min(count, round(len(outcomes) * TESTED)) :])
        if count < 1 or len(pool) < 4:
            return np.empty(0, np.int64)
        split = self.split.model_copy(update={"test": min(0.89, count / len(pool))})
        some = rows.table.take(pa.array(pool))
        return np.sort(pool[hold_out(some, goal, split, time_column=self.time_column, key=rows.key)[1]])

    def _by_time(self, rows: Labelled) -> bool:
        return self._clock(rows) is not None

    def _clock(self, rows: Labelled) -> str | None:
        named = self.split.column if self.split.by == "time" else None
        column = named or self.time_column
        timed = self.split.by == "time" or (self.split.by == "auto" and self.time_column is not None)
        return column if timed and column in rows.table.column_names else None

    def _positions(self, rows: Labelled) -> Rows:
        column = self._clock(rows)
        if column is None:
            return np.argsort(np.argsort(rows.place, kind="stable"), kind="stable")
        # Rows of the same moment have the same place.
        times = pl.Series(rows.table.column(column))
        return times.rank("min").fill_null(0).to_numpy().astype(np.int64)

"""Affordable: how many of the rows an encoder has the time to read, and what reading will take."""

import time

import numpy as np

from mainspring.errors import NotInTime
from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.text.encoded.vectors import Vectors
from mainspring.steps.learn.text.lesson import TextLesson, taken

FEWEST = 100
"""Rows that are read at least."""
FIRST, MOST, QUICK = 16, 512, 0.25
"""Rows after which it is looked at the clock: so many at first, twice as many each time they took less than so many seconds."""
SAMPLE = 24
"""Rows that tell what the others will take."""


def affordable(
    lesson: TextLesson, known: Vectors, budget: Budget, share: float, *, all_of_them: bool = False
) -> TextLesson:
    """The lesson, or so many of its rows, drawn by chance, as the encoder reads in a share of the time that is left.

    Raises:
        NotInTime: ``all_of_them`` have to be read in the end, and there is not the time for that.
    """
    rows = len(lesson.rows)
    if rows <= FEWEST:
        return lesson
    order = np.random.default_rng(0).permutation(rows)

    def read() -> float:
        began, read, count = time.monotonic(), 0, FIRST
        until = began + share * budget.seconds
        while read < rows and ((now := time.monotonic()) < until or not read):
            _read(lesson, known, order[read : read + count].tolist())
            read += count
            count = min(MOST, 2 * count) if time.monotonic() - now < QUICK else count
        if all_of_them and (rows - read) / read * (time.monotonic() - began) > budget.seconds:
            raise NotInTime(f"its encoder has not the time to read {rows:,} texts", where="learn.limits.time",
                             remedy="give more time, or name a smaller encoder")  # fmt: skip
        return read

    some = max(FEWEST, int(budget.allowed(rows, read)))
    return lesson if some >= rows else taken(lesson, np.sort(order[:some]))


def seconds_a_row(lesson: TextLesson, known: Vectors) -> float:
    """What reading a row will take, as some tell that are read one by one: so they are asked anew, whoever has read them before."""
    rows = np.random.default_rng(1).permutation(len(lesson.rows))[:SAMPLE].tolist()
    _read(lesson, known, rows[:1])  # the first waits for the encoder itself
    began = time.monotonic()
    for row in rows:
        _read(lesson, known, [row])
    return (time.monotonic() - began) / len(rows)


def _read(lesson: TextLesson, known: Vectors, rows: list[int]) -> None:
    together = () if lesson.pair is None or known.own is None else lesson.pair
    for column, texts in enumerate(lesson.rows.texts):
        if column not in together:
            known.of([texts[i] for i in rows])
    if together:
        first, second = (lesson.rows.texts[column] for column in together)
        known.of_pairs([first[i] for i in rows], [second[i] for i in rows])

"""Reading: as many of the training rows as can be read in the time."""

import time

import numpy as np

from mainspring.steps.learn.learner import Budget
from mainspring.steps.learn.text.lesson import TextLesson, some_rows
from mainspring.steps.learn.text.reader import Reader

TRIED, FEWEST = 50, 300
"""Rows that tell how long reading takes, and so many that are always read."""
SHARE, SHARE_OF_FEW, FEW = 0.3, 0.6, 20
"""Of the time left, for reading; learning takes the rest, of so ``FEW`` classes less than reading does."""
COLLECTING = 2.0
"""What counting and weighing the words of a text takes, in times of reading it."""


def affordable_rows(lesson: TextLesson, budget: Budget, classes: int) -> TextLesson:
    """The lesson, or so many of its rows, evenly spread, as can be read in a share of the time that is left. It teaches so many
    ``classes``, or numbers (0).
    """
    rows = len(lesson.rows)
    if rows <= FEWEST:
        return lesson
    share = SHARE if classes > FEW else SHARE_OF_FEW
    wanted = budget.allowed(rows, lambda: share * budget.seconds / _seconds_a_row(lesson))
    return some_rows(lesson, max(FEWEST, int(wanted)))


def _seconds_a_row(lesson: TextLesson) -> float:
    reader = Reader(segments=False)
    began = time.monotonic()
    some = np.linspace(0, len(lesson.rows) - 1, TRIED).astype(np.int64)
    for texts in lesson.rows.texts:
        for i in some.tolist():
            reader.read(texts[i] or "")
    return COLLECTING * max(1e-6, (time.monotonic() - began) / TRIED)

"""Lesson: a feature table with texts, as what learners that read learn from."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.errors import QualityError
from mainspring.measure.profile import Profile
from mainspring.model import ModelCard, origin_of
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.tabular.lesson import Lesson, card_of, truth_of, weights_of
from mainspring.steps.learn.text.rows import Floats, Layout, Rows

NO_TEXT = "there is no column of free text"


@dataclass(frozen=True, slots=True)
class TextLesson:
    """``rows`` with their ``truth`` (n: class numbers or values) and ``weights`` (n), or None.

    ``places`` are the numeric features that were not made of a text, ``categories`` those of them (by their place there) that are codes.
    ``pair`` are the places of two among the text columns that are read together.
    """

    features: pa.Schema
    rows: Rows
    truth: npt.NDArray[np.float64] | npt.NDArray[np.int64]
    weights: Floats | None
    places: tuple[int, ...]
    categories: tuple[int, ...]
    pair: tuple[int, int] | None = None

    def card(self, kind: str, goal: Goal, target_type: pa.DataType) -> ModelCard:
        return card_of(kind, self.plain(self.rows.matrix), goal, target_type)

    def plain(self, matrix: Floats) -> Lesson:
        """The same truths with another matrix (n × whatever)."""
        return Lesson(self.features, matrix, self.truth, self.weights, ())

    def examples(self) -> tuple[list[str | tuple[str, str]], npt.NDArray[np.int64]]:
        """Texts that are not blank, of all columns, and the class number of each one's row; a pair's are one example."""
        together = () if self.pair is None else self.pair
        columns = [texts for column, texts in enumerate(self.rows.texts) if column not in together]
        texts: list[str | tuple[str, str]] = [text or "" for column in columns for text in column]
        if self.pair is not None:
            first, second = (self.rows.texts[column] for column in self.pair)
            texts += [(one or "", other or "") for one, other in zip(first, second, strict=True)]
        there = [i for i, text in enumerate(texts) if "".join(text).strip()]
        of = np.tile(self.truth.astype(np.int64), len(columns) + bool(together))
        return [texts[i] for i in there], of[there]


def text_lesson_of(table: pa.Table, goal: Goal) -> TextLesson:
    """What a feature table with its target (and weight) teaches those who read.

    Raises:
        QualityError: there is no text, or no row.
    """
    apart = {goal.target, goal.weight}
    features = pa.schema([field for field in table.schema if field.name not in apart])
    layout = Layout(features)
    if not layout.texts:
        raise QualityError(NO_TEXT, where=goal.target, remedy="declare one: prepare.types: {column: text}")
    if not len(table):
        raise QualityError("there is no row to learn from", where=goal.target, remedy="collect more rows")
    read = {origin_of(features.field(name)) for name in layout.texts}
    places = tuple(i for i, field in enumerate(layout.numbers) if origin_of(field) not in read)
    categories = tuple(j for j, i in enumerate(places) if pa.types.is_integer(layout.numbers.field(i).type))
    rows, pair = layout.rows(table), _pair(features, layout, goal)
    return TextLesson(features, rows, truth_of(table, goal), weights_of(table, goal), places, categories, pair)


def _pair(features: pa.Schema, layout: Layout, goal: Goal) -> tuple[int, int] | None:
    """Where the goal's pair stands among the text columns; None where there is none, or one of them is not there."""
    places = {origin_of(features.field(name)): place for place, name in enumerate(layout.texts)}
    if goal.pair is None or not all(name in places for name in goal.pair):
        return None
    return places[goal.pair[0]], places[goal.pair[1]]


def held_of(valid: pa.Table | None, goal: Goal) -> TextLesson | None:
    """What rows that are held back test; None where there are none."""
    return None if valid is None or not len(valid) else text_lesson_of(valid, goal)


def some_rows(lesson: TextLesson, most: int) -> TextLesson:
    """At most so many of the rows, evenly spread."""
    rows = len(lesson.rows)
    return lesson if most >= rows else taken(lesson, np.linspace(0, rows - 1, most).astype(np.int64))


def taken(lesson: TextLesson, rows: npt.NDArray[np.int64]) -> TextLesson:
    """Rows of the lesson, by their numbers."""
    return replace(
        lesson,
        rows=Rows(lesson.rows.matrix[rows], tuple([texts[i] for i in rows] for texts in lesson.rows.texts)),
        truth=lesson.truth[rows],
        weights=None if lesson.weights is None else lesson.weights[rows],
    )


def why_unread(profile: Profile, goal: Goal) -> str | None:
    """None where there is a text to read."""
    texts = any(column.kind == "text" and column.name != goal.target for column in profile.columns)
    return None if texts else NO_TEXT

"""Columns: which columns of a table have the texts."""

from collections.abc import Collection

import pyarrow as pa

from mainspring.measure.multilabel.labels import read_labels
from mainspring.measure.values.words import plain_text
from mainspring.steps.learn.text.rows import Text
from mainspring.steps.learn.text.tagging.column import text_column


def text_columns(table: pa.Table, target: str, declared: Collection[str]) -> tuple[str, ...]:
    """Those that are declared to be texts; else the one called ``text``, or the one whose texts are longest on the average.

    Raises:
        QualityError: there is no column of texts.
    """
    known = tuple(name for name in table.column_names if name in declared and name != target)
    return known or (text_column(table, target),)


def texts_of(table: pa.Table, columns: Collection[str]) -> list[list[Text]]:
    """Of each column the texts of all rows; a value that is no text stands for itself as one."""
    there = set(table.column_names)
    return [
        [as_text(value) for value in table.column(name).to_pylist()] if name in there else [None] * len(table)
        for name in columns
    ]


def as_text(value: object) -> Text:
    return value if isinstance(value, str) else plain_text(value)


def labels_of(table: pa.Table, target: str) -> list[list[str] | None]:
    """The labels of each row, as they are kept."""
    return [None if told is None else read_labels(told) for told in table.column(target).to_pylist()]

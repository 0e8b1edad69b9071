"""Choose: which features a cleaned column becomes, and what they are for the training rows."""

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.columns import LEVELS
from mainspring.measure.values.reading import ReadingKind
from mainspring.steps.prepare.features.categories import Categories, commonest
from mainspring.steps.prepare.features.dates import Dates
from mainspring.steps.prepare.features.feature import Feature
from mainspring.steps.prepare.features.numbers import Number
from mainspring.steps.prepare.features.target_means import Answers, by_answers, explains_as_names, fit_target_means
from mainspring.steps.prepare.features.texts import Texts
from mainspring.steps.prepare.features.wording import Wording

Made = tuple[Feature, list[pa.Array]]
"""A fitted feature and its output columns for the rows it was fitted on."""


def features_of(column: str, kind: ReadingKind, values: pa.Array, answers: Answers) -> list[Made]:
    """The features of one training column; none for ids, nested values, constants and columns without values."""
    if not _varies(values):
        return []
    if kind in ("number", "whole", "boolean"):
        return _of_numbers(column, values, answers)
    if kind == "date":
        return _made(Dates.fit(column, values), values)
    if kind == "text":
        return [*_made(Texts.fit(column, values), values), *_made(Wording(column, (f"{column} (text)",)), values)]
    if kind == "category":
        return _of_categories(column, values, answers)
    return []


def _made(feature: Feature, values: pa.Array) -> list[Made]:
    return [(feature, feature.many(values))]


def _of_numbers(column: str, values: pa.Array, answers: Answers) -> list[Made]:
    number = _made(Number(column, (column,)), values)
    if values.type == pa.bool_() or not explains_as_names(values, answers):
        return number
    return [*number, fit_target_means(column, values.cast(pa.float64()), answers)]


def _of_categories(column: str, values: pa.Array, answers: Answers) -> list[Made]:
    levels = by_answers(commonest(values, LEVELS), values, answers)
    codes = _made(Categories(column, (column,), levels), values)
    if pc.count_distinct(values).as_py() <= LEVELS:
        return codes
    return [*codes, fit_target_means(column, values, answers)]


def _varies(values: pa.Array) -> bool:
    distinct = len(pc.unique(values.drop_null()))
    return distinct > 1 or (distinct == 1 and values.null_count > 0)

"""Reasons: what features added to the answers of a line over texts and over the numbers beside them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from mainspring.model import ModelCard
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.text.rows import Floats, Layout, Rows, Text


class Line(Protocol):
    """``beside`` (designed columns × outputs) are weights, ``middle`` the average designed columns, ``usual`` (text columns × outputs)
    what the average training text adds; ``usual_joint`` (outputs) the same of two that are read together."""

    @property
    def beside(self) -> Floats: ...

    @property
    def middle(self) -> Floats: ...

    @property
    def usual(self) -> Floats: ...

    @property
    def usual_joint(self) -> Floats | None: ...


class OverTexts(Protocol):
    """A line whose ``design`` makes columns of the numbers at ``places``."""

    card: ModelCard
    layout: Layout
    design: Design
    places: tuple[int, ...]

    @property
    def line(self) -> Line: ...

    def of_texts(self, column: int, texts: Sequence[Text]) -> Floats:
        """What each text of a column adds (n × outputs)."""
        ...

    @property
    def pair(self) -> tuple[int, int] | None:
        """The text columns that are read together."""
        ...

    def of_pair(self, texts: Sequence[Sequence[Text]]) -> Floats:
        """What the two texts of each row add that are read together (n × outputs)."""
        ...

    def scores_of(self, rows: Rows) -> Floats: ...


def contributions(model: OverTexts, rows: Rows) -> Floats:
    """Weight times distance from the average training row (n × features), all of a text together, of a pair half to each."""
    line, layout = model.line, model.layout
    each = np.zeros((len(rows), len(model.card.input), line.beside.shape[1]))
    if model.places:
        parts = (model.design.apply(rows.matrix[:, model.places]) - line.middle)[:, :, None] * line.beside
        origins = layout.number_places[np.array(model.places)[model.design.origins]]
        np.add.at(each.transpose(1, 0, 2), origins, parts.transpose(1, 0, 2))
    for column, place in enumerate(layout.text_places):
        each[:, place] = model.of_texts(column, rows.texts[column]) - line.usual[column]
    if model.pair is not None and line.usual_joint is not None:
        # What two texts add only together is owed to each by half, as Shapley values are.
        half = 0.5 * (model.of_pair(rows.texts) - line.usual_joint)
        for column in model.pair:
            each[:, layout.text_places[column]] += half
    return answers.one_a_feature(model.card, each, lambda: model.scores_of(rows))


def explained(model: OverTexts, table: pa.Table) -> pa.Table:
    """The contributions to the answers of a table, a column a feature."""
    told = contributions(model, model.layout.rows(table))
    return pa.table({name: told[:, j] for j, name in enumerate(model.card.input.names)})

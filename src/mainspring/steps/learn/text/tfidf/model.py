"""A line over weighed words and parts of words, and over the numbers and categories beside them. Light: numpy alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.text.reasons import contributions, explained
from mainspring.steps.learn.text.rows import Floats, Layout, Rows, Text
from mainspring.steps.learn.text.tfidf.likeness import likeness_of
from mainspring.steps.learn.text.tfidf.vocabulary import Vocabulary

WEIGHTS, WORDS = "weights.npz", "words.json"
ARRAYS = ("weights", "beside", "intercept", "usual", "middle", "joint", "usual_joint")
"""Of a line."""


@dataclass(frozen=True)
class Line:
    """``weights`` (grams of all columns × outputs; 32 bits), those of the designed columns (``beside``), and ``intercept`` (outputs).

    ``usual`` (text columns × outputs) is what the average training text adds, ``middle`` the average designed columns.
    ``joint`` (numbers of likeness × outputs) and ``usual_joint`` (outputs) are the same of two texts that are read together.
    """

    weights: np.ndarray
    beside: Floats
    intercept: Floats
    usual: Floats
    middle: Floats
    joint: Floats | None = None
    usual_joint: Floats | None = None
    pair: tuple[int, int] | None = None

    def arrays(self) -> dict[str, np.ndarray]:
        """All that is there of it in arrays."""
        return {name: held for name, held in vars(self).items() if isinstance(held, np.ndarray)}


class TfidfModel:
    """``vocabularies``: one a text column. ``design`` makes the columns of the numbers at ``places`` among all numeric features.

    Contributions are exact: weight times distance from the average training row, all grams of a text together. ``again`` is how many
    seconds learning it once more would take, where that is known.
    """

    def __init__(
        self, card: ModelCard, vocabularies: Sequence[Vocabulary], design: Design, places: Sequence[int], line: Line,
        tuned: Mapping[str, float],
    ) -> None:  # fmt: skip
        self.card = card
        self.vocabularies = tuple(vocabularies)
        self.design, self.places = design, tuple(places)
        self.line = line
        self.tuned = dict(tuned)
        self.layout = Layout(card.input)
        self.pair = line.pair
        self.again: float | None = None
        self._firsts = np.cumsum([0, *map(len, self.vocabularies)]).tolist()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.vocabularies, self.design, self.places, self.line, self.tuned)

    def scores_of(self, rows: Rows) -> Floats:
        raw = self._of_numbers(rows.matrix) + self.line.intercept
        for column in range(len(self.vocabularies)):
            raw += self.of_texts(column, rows.texts[column])
        raw = raw if self.pair is None else raw + self.of_pair(rows.texts)
        return raw if self.card.question == Question.NUMBER else answers.probabilities(raw)

    def _of_numbers(self, matrix: Floats) -> Floats:
        if not self.places:
            return np.zeros((len(matrix), self.line.beside.shape[1]))
        return self.design.weigh(matrix[:, self.places], self.line.beside)

    def of_texts(self, column: int, texts: Sequence[Text]) -> Floats:
        """What each text adds (n × outputs)."""
        weights = self._weights(column)
        added = np.zeros((len(texts), weights.shape[1]))
        for i, text in enumerate(texts):
            places, values = self.vocabularies[column].vector(text)
            added[i] = values @ weights[places]
        return added

    def of_pair(self, texts: Sequence[Sequence[Text]]) -> Floats:
        """What the likeness of the two texts of each row adds (n × outputs)."""
        pair, weights = self.line.pair, self.line.joint
        assert pair is not None  # asked only of two texts that are read together
        assert weights is not None  # for which a line has weights
        told = likeness_of(self.vocabularies, pair, texts)
        return np.array([row @ weights for row in told]).reshape(len(told), weights.shape[1])

    def _weights(self, column: int) -> np.ndarray:
        return self.line.weights[self._firsts[column] : self._firsts[column + 1]]

    def contributions_of(self, rows: Rows) -> Floats:
        return contributions(self, rows)

    def words_of(self, record: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
        """By text feature its words with what all their grams add; together the text's contribution and what a usual text adds."""
        rows = self.layout.row(record)
        scores = self.scores_of(rows)[0]
        return {
            name: self.vocabularies[column].pushes(rows.texts[column][0], self._toward(column, scores))
            for column, name in enumerate(self.layout.texts)
        }

    def _toward(self, column: int, scores: Floats) -> Floats:
        """One weight a gram: to the positive or predicted class, or the target."""
        weights, card = self._weights(column).astype(np.float64), self.card
        if weights.shape[1] == 1:
            return weights[:, 0] if card.question == Question.NUMBER else answers.toward_positive(card, weights[:, 0])
        place = int(np.argmax(scores)) if card.positive is None else card.classes.index(card.positive)
        return weights[:, place]

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.answer_table(self.card, self.scores_of(self.layout.rows(table)))

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores_of(self.layout.row(record)))

    def explain(self, table: pa.Table) -> pa.Table:
        return explained(self, table)

    def save(self, folder: Path) -> None:
        np.savez(
            folder / WEIGHTS, **self.line.arrays(), places=np.array(self.places, dtype=np.int64),
            pair=np.array(self.pair or (), dtype=np.int64),
            **{f"idf_{i}": known.idf for i, known in enumerate(self.vocabularies)},
            **{f"design_{name}": values for name, values in self.design.to_arrays().items()},
        )  # fmt: skip
        plain = json.dumps([known.to_dict() for known in self.vocabularies], ensure_ascii=False)
        (folder / WORDS).write_text(plain, encoding="utf-8")
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        plain = json.loads((folder / WORDS).read_text(encoding="utf-8"))
        with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
            vocabularies = [Vocabulary.from_dict(one, arrays[f"idf_{i}"]) for i, one in enumerate(plain)]
            design = Design.from_arrays({n.removeprefix("design_"): arrays[n] for n in arrays.files if "design_" in n})
            pair = tuple(arrays["pair"].tolist()) if "pair" in arrays.files else ()  # models of before have none
            kept = {name: arrays[name] for name in ARRAYS if name in arrays.files}
            line = Line(**kept, pair=(pair[0], pair[1]) if pair else None)
            return cls(card, vocabularies, design, arrays["places"].tolist(), line, {})

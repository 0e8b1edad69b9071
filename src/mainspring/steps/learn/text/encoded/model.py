"""A line over the vectors that a frozen encoder makes of texts, and over the numbers and categories beside them. Light: no trainer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from mainspring.errors import Tampered
from mainspring.model import CARD, Kinds, ModelCard, Question
from mainspring.steps.learn.tabular import answers
from mainspring.steps.learn.tabular.linear.design import Design
from mainspring.steps.learn.text.encoded.line import Line
from mainspring.steps.learn.text.encoded.pairing import Pairing, alone
from mainspring.steps.learn.text.encoded.vectors import Vectors, lasting, vectors
from mainspring.steps.learn.text.reasons import contributions, explained
from mainspring.steps.learn.text.rows import Floats, Layout, Rows

WEIGHTS, ENCODER, OWN = "weights.npz", "encoder.json", "encoder"
PROBE = "A quick brown fox waits for the parcel: 快递还没有到。"
"""The vector of this text is kept with a model: weights of another encoder would answer at random."""
APART = 1e-3


class EncodedModel:
    """``vectors`` are those of an encoder that is named: its weights are not in the model's files, so that many models share them; or of
    one that was tuned for this model, and is, or of which the adapter is.

    Contributions are exact: weight times distance from the average training row, all of a text together; of what two texts that are
    read together add, each has half. ``again`` is how many seconds learning it once more would take, where that is known.
    """

    def __init__(
        self, card: ModelCard, vectors: Vectors, design: Design, places: Sequence[int], line: Line, tuned: Mapping[str, float],
    ) -> None:  # fmt: skip
        self.card = card
        self.vectors = vectors
        self.design, self.places = design, tuple(places)
        self.line = line
        self.tuned = dict(tuned)
        self.layout = Layout(card.input)
        self.pairing = line.pairing
        self.again: float | None = None
        self._alone = alone(line.pairing, len(self.layout.texts))

    @property
    def pair(self) -> tuple[int, int] | None:
        """The text columns that are read together."""
        return None if self.pairing is None else (self.pairing.first, self.pairing.second)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.card, self.vectors, self.design, self.places, self.line, self.tuned)

    def scores_of(self, rows: Rows) -> Floats:
        raw = self.line.intercept + np.zeros((len(rows), 1))
        if self.places:
            raw = raw + self.design.weigh(rows.matrix[:, self.places], self.line.beside)
        read = {column: self.vectors.of(rows.texts[column]) for column in self._alone}
        for column, told in read.items():
            raw = raw + _weighed(told, self.line.weights[column])
        raw = raw if self.pairing is None else raw + self._of_pair(rows.texts, read)
        return raw if self.card.question == Question.NUMBER else answers.probabilities(raw)

    def of_texts(self, column: int, texts: Sequence[str | None]) -> Floats:
        weights = self.line.weights[column]
        if column not in self._alone:
            return np.zeros((len(texts), weights.shape[1]))
        return _weighed(self.vectors.of(texts), weights)

    def of_pair(self, texts: Sequence[Sequence[str | None]]) -> Floats:
        """What the two texts of each row (columns × n) add that are read together (n × outputs)."""
        return self._of_pair(texts, {column: self.vectors.of(texts[column]) for column in self._alone})

    def _of_pair(self, texts: Sequence[Sequence[str | None]], read: Mapping[int, Floats]) -> Floats:
        pairing, joint = self.line.pairing, self.line.joint
        assert pairing is not None  # asked only of two texts that are read together
        assert joint is not None  # for which a line has weights
        added = np.zeros((len(texts[pairing.first]), joint.shape[2]))
        for told, weights in zip(pairing.of(self.vectors, texts, read), joint, strict=True):
            added += _weighed(told, weights)
        return added

    def contributions_of(self, rows: Rows) -> Floats:
        return contributions(self, rows)

    def predict(self, table: pa.Table) -> pa.Table:
        return answers.answer_table(self.card, self.scores_of(self.layout.rows(table)))

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return answers.answer_one(self.card, self.scores_of(self.layout.row(record)))

    def explain(self, table: pa.Table) -> pa.Table:
        return explained(self, table)

    def save(self, folder: Path) -> None:
        np.savez(
            folder / WEIGHTS, **self.line.arrays(), places=np.array(self.places, dtype=np.int64),
            probe=self.vectors.of([PROBE])[0],
            **{f"design_{name}": values for name, values in self.design.to_arrays().items()},
        )  # fmt: skip
        plain = {"encoder": self.vectors.name} | ({} if self.pairing is None else {"pair": asdict(self.pairing)})
        (folder / ENCODER).write_text(json.dumps(plain), encoding="utf-8")
        if self.vectors.own is not None:
            self.vectors.save(folder / OWN)
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        """Raises MissingExtra, LearnError: the encoder is not here; Tampered: it is another than the model was learned over."""
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        plain = json.loads((folder / ENCODER).read_text(encoding="utf-8"))
        encoder, paired = str(plain["encoder"]), plain.get("pair")  # models of before have no pair
        with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
            own = (folder / OWN).is_dir()
            told = Vectors(encoder, lasting(folder / OWN), beside=folder / OWN) if own else vectors(encoder)
            known, there = arrays["probe"], told.of([PROBE])[0]
            if known.shape != there.shape or np.abs(known - there).max() > APART:
                raise Tampered(
                    f"the encoder {encoder!r} is not the one that the model was learned over", where=str(folder),
                    remedy="install the one it was, or learn again",
                )  # fmt: skip
            design = Design.from_arrays({n.removeprefix("design_"): arrays[n] for n in arrays.files if "design_" in n})
            kept = {name: arrays[name] for name in Line.__dataclass_fields__ if name in arrays.files}
            line = Line(**kept, pairing=None if paired is None else Pairing(**paired))
            return cls(card, told, design, arrays["places"].tolist(), line, {})


def _weighed(told: Floats, weights: Floats) -> Floats:
    """Row by row: a product of matrices depends in its last digits on how many rows there are."""
    return np.array([row @ weights for row in told]).reshape(len(told), weights.shape[1])

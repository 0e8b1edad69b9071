"""Suspects: columns to look at before trusting a model, above all those that give the target away."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.measure.columns import as_numbers

ROWS = 20_000
BINS = 256
GIVES_AWAY = 0.99
"""A column is suspect when alone, on rows it was not fitted on, it reaches this: ROC AUC of two classes, the share
removed of the error of guessing the commonest of more classes, R² for a number."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A column to look at before trusting a model: ``score`` is 1 when it alone tells the target."""

    column: str
    why: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """The target for judging columns by: codes of classes or numbers, and which rows are held out."""

    values: np.ndarray
    classes: int
    held: np.ndarray

    @classmethod
    def of(cls, target: pa.Array, question_is_class: bool) -> "Answers":
        """``target`` has no nulls."""
        held = np.random.default_rng(0).permutation(len(target)) % 2 == 0
        if question_is_class:
            encoded = target.dictionary_encode()
            return cls(encoded.indices.to_numpy(), len(encoded.dictionary), held)
        return cls(as_numbers(target), 0, held)


def gives_away(values: pa.Array, answers: Answers) -> float:
    """How well the column alone tells the target on the held half: 1 is fully, 0 (0.5 for two classes) not at all."""
    levels = _levels(values, answers.held)
    size = int(levels.max()) + 1
    seen, held = ~answers.held, answers.held
    if answers.classes == 0:
        return _explained(levels, answers.values, held, size)
    table = np.bincount(levels[seen] * answers.classes + answers.values[seen], minlength=size * answers.classes)
    table = table.reshape(size, answers.classes).astype(np.float64)
    prior = table.sum(axis=0) / max(1.0, table.sum())
    if answers.classes == 2:
        score = ((table + prior) / (table.sum(axis=1, keepdims=True) + 1))[:, 1]
        return _area(score[levels[held]], answers.values[held])
    guess = (table + prior).argmax(axis=1)
    wrong = float(np.mean(guess[levels[held]] != answers.values[held]))
    plain = float(np.mean(answers.values[held] != prior.argmax()))
    return 1 - wrong / plain if plain > 0 else 0.0


def _levels(values: pa.Array, held: np.ndarray) -> np.ndarray:
    """A small whole number for each value: 0 for missing, a bin for numbers and dates, the code of a word."""
    missing = pc.is_null(values).to_numpy(zero_copy_only=False)
    if pa.types.is_string(values.type) or pa.types.is_boolean(values.type):
        codes = values.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return codes.astype(np.int64) + 1
    numbers = np.zeros(len(values))
    numbers[~missing] = as_numbers(values.drop_null())
    fitted = np.sort(numbers[~missing & ~held])
    if not fitted.size:
        return np.where(missing, 0, 1)
    edges = np.unique(fitted[np.linspace(0, fitted.size - 1, BINS).astype(int)])
    return np.where(missing, 0, 1 + np.searchsorted(edges, numbers))


def _explained(levels: np.ndarray, numbers: np.ndarray, held: np.ndarray, size: int) -> float:
    seen, (there, now) = ~held, (levels[held], numbers[held])
    prior = float(numbers[seen].mean()) if seen.any() else 0.0
    counts = np.bincount(levels[seen], minlength=size)
    means = (np.bincount(levels[seen], weights=numbers[seen], minlength=size) + prior) / (counts + 1)
    total = float(((now - now.mean()) ** 2).sum()) if now.size else 0.0
    return 1 - float(((now - means[there]) ** 2).sum()) / total if total > 0 else 0.0


def _area(score: np.ndarray, positive: np.ndarray) -> float:
    """The area under the ROC curve: the chance that a positive scores above a negative, ties counting half."""
    _, ranks, counts = np.unique(score, return_inverse=True, return_counts=True)
    ups = np.bincount(ranks, weights=positive, minlength=len(counts))
    downs = counts - ups
    below = np.cumsum(downs) - downs
    pairs = ups.sum() * downs.sum()
    return float((ups * (below + downs / 2)).sum() / pairs) if pairs else 0.5

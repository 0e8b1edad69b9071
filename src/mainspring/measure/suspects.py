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
    with np.errstate(over="ignore", invalid="ignore"):
        return _score(values, answers)


def _score(values: pa.Array, answers: Answers) -> float:
    levels = _levels(values, answers.held)
    size = int(levels.max()) + 1
    seen, held = ~answers.held, answers.held
    if answers.classes == 0:
        guess = _means(levels, answers, size) if _is_word(values) else _line(values, answers)
        return _explained(answers.values[held], guess)
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
    if _is_word(values):
        codes = values.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
        return codes.astype(np.int64) + 1
    numbers, missing = _numbers(values)
    fitted = np.sort(numbers[~missing & ~held])
    if not fitted.size:
        return np.where(missing, 0, 1)
    edges = np.unique(fitted[np.linspace(0, fitted.size - 1, BINS).astype(int)])
    return np.where(missing, 0, 1 + np.searchsorted(edges, numbers))


def _is_word(values: pa.Array) -> bool:
    return pa.types.is_string(values.type) or pa.types.is_boolean(values.type)


def _numbers(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The values as floats, 0 where missing, and where they are."""
    missing = pc.is_null(values).to_numpy(zero_copy_only=False)
    numbers = np.zeros(len(values))
    numbers[~missing] = as_numbers(values.drop_null())
    return numbers, missing


def _means(levels: np.ndarray, answers: Answers, size: int) -> np.ndarray:
    """For the held rows, the mean of the target at their level."""
    numbers, there = answers.values[~answers.held], levels[~answers.held]
    whole = float(numbers.mean()) if numbers.size else 0.0
    means = (np.bincount(there, weights=numbers, minlength=size) + whole) / (np.bincount(there, minlength=size) + 1)
    return means[levels[answers.held]]


def _line(values: pa.Array, answers: Answers) -> np.ndarray:
    """For the held rows, the target on the line through the means of small groups of neighbours."""
    numbers, missing = _numbers(values)
    seen = ~answers.held & ~missing
    order = np.argsort(numbers[seen], kind="stable")
    groups = np.array_split(order, max(1, min(BINS, len(order) // 4)))
    whole = float(answers.values[~answers.held].mean()) if (~answers.held).any() else 0.0
    if not len(order):
        return np.full(int(answers.held.sum()), whole)
    at = [numbers[seen][group].mean() for group in groups]
    means = [answers.values[seen][group].mean() for group in groups]
    return np.where(missing[answers.held], whole, np.interp(numbers[answers.held], at, means))


def _explained(actual: np.ndarray, guess: np.ndarray) -> float:
    total = float(((actual - actual.mean()) ** 2).sum()) if actual.size else 0.0
    return 1 - float(((actual - guess) ** 2).sum()) / total if 0 < total < np.inf else 0.0


def _area(score: np.ndarray, positive: np.ndarray) -> float:
    """The area under the ROC curve: the chance that a positive scores above a negative, ties counting half."""
    _, ranks, counts = np.unique(score, return_inverse=True, return_counts=True)
    ups = np.bincount(ranks, weights=positive, minlength=len(counts))
    downs = counts - ups
    below = np.cumsum(downs) - downs
    pairs = ups.sum() * downs.sum()
    return float((ups * (below + downs / 2)).sum() / pairs) if pairs else 0.5

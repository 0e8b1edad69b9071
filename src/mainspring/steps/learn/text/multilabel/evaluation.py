"""Evaluation: how well several labels at once are told of texts that no choice has seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.errors import QualityError
from mainspring.measure.metrics import interval
from mainspring.measure.multilabel.agreement import Bools, all_rates, matrix_of, of_labels
from mainspring.model import Model
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.text.multilabel.columns import labels_of, texts_of

SHOWN = 20
LONGEST = 160
"""Characters shown of a text."""
MOST_DRAWN_FROM = 500_000
"""Rows times labels, for an interval of the macro F1."""


def evaluate_labels(model: Model, test: pa.Table, goal: Goal, *, shown: bool) -> dict[str, Any]:
    """Plain values, ready for JSON, of raw rows with their labels as JSON.

    ``metrics`` have 95 % bootstrap intervals over rows, those of single rates none; ``labels`` are rates a label, ``""`` all together.
    A label that the model does not know is one that it missed. With ``shown``, ``mistakes`` quote the texts.

    Raises:
        QualityError: no row can be judged.
    """
    told = labels_of(test, goal.target)
    places = [place for place, labels in enumerate(told) if labels is not None]
    if not places:
        raise QualityError("there is no row to evaluate on", where=goal.target,
                           remedy="collect more rows, or keep more apart (learn.split.test)")  # fmt: skip
    rows = test.take(pa.array(places))
    labels = [told[place] or [] for place in places]
    said: list[list[str]] = model.predict(rows)["prediction"].to_pylist()
    known = sorted({*map(str, model.card.classes), *(label for row in labels for label in row)})
    true, found = matrix_of(labels, known), matrix_of(said, known)
    wrong = _mistakes(rows, model, labels, said) if shown else []
    rates = of_labels(true, found, known)
    unseen = sorted(set(known) - set(map(str, model.card.classes)))
    mean = all_rates(true, found)
    return {
        "question": str(goal.question), "rows": len(places), "metrics": _metrics(true, found, goal.seed),
        "labels": [{"label": label, **one.to_dict()} for label, one in rates.items()],
        "macro": {"labels": {"precision": mean["macro_precision"], "recall": mean["macro_recall"], "f1": mean["macro_f1"]}},
        "unseen": unseen, "mistakes": wrong,
    }  # fmt: skip


def _metrics(true: Bools, found: Bools, seed: int) -> dict[str, dict[str, Any]]:
    """With intervals where they can be had from counts a row, or the table is small enough to be drawn from."""
    counts = np.column_stack(
        [(true & found).sum(axis=1), true.sum(axis=1) + found.sum(axis=1), (true != found).sum(axis=1)]
    )
    labels = max(1, true.shape[1])

    def micro(rows: Any) -> float:
        right, both, _ = counts[rows].sum(axis=0)
        return float(2 * right / both) if both else 1.0

    drawn: dict[str, Any] = {
        "micro_f1": micro,
        "subset_accuracy": lambda rows: float((counts[rows, 2] == 0).mean()),
        "hamming_loss": lambda rows: float(counts[rows, 2].mean() / labels),
    }
    if true.size <= MOST_DRAWN_FROM:
        drawn["macro_f1"] = lambda rows: all_rates(true[rows], found[rows])["macro_f1"]
    metrics: dict[str, dict[str, Any]] = {}
    for name, value in all_rates(true, found).items():
        low, high = interval(drawn[name], len(true), seed=seed) if name in drawn else (None, None)
        metrics[name] = {"value": value, "low": low, "high": high}
    return metrics


def _mistakes(
    rows: pa.Table, model: Model, labels: Sequence[Sequence[str]], said: Sequence[Sequence[str]]
) -> list[dict[str, str]]:
    """Of evenly spread rows that are not right: the text, its labels, and those that were said."""
    wrong = [n for n in range(len(labels)) if set(labels[n]) != set(said[n])]
    places: list[int] = np.unique(np.linspace(0, len(wrong) - 1, SHOWN).astype(int)).tolist() if wrong else []
    columns = model.card.input
    texts = texts_of(rows, [field.name for field in columns if pa.types.is_string(field.type)] or columns.names)
    return [
        {
            "text": " · ".join(" ".join(str(column[n] or "")[:LONGEST].split()) for column in texts),
            "true": _told(labels[n]),
            "found": _told(said[n]),
        }
        for n in (wrong[place] for place in places)
    ]


def _told(labels: Sequence[str]) -> str:
    return ", ".join(labels) or "–"

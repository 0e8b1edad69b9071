"""Agreement: how well found labels agree with true ones: each label by itself, all of them together, and row by row.

Truths and answers are boolean (rows × labels). The names are scikit-learn's, and so are the values, but that a label which neither is
nor was said has rates of zero.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.measure.spans.agreement import Rates

Bools = npt.NDArray[np.bool_]


def of_labels(true: Bools, found: Bools, labels: Sequence[str]) -> dict[str, Rates]:
    """Label → rates; ``""`` is all labels together (micro)."""
    support, said, right = true.sum(axis=0), found.sum(axis=0), (true & found).sum(axis=0)
    rates = {label: Rates(int(support[k]), int(said[k]), int(right[k])) for k, label in enumerate(labels)}
    return {**rates, "": Rates(int(support.sum()), int(said.sum()), int(right.sum()))}


def micro_f1(true: Bools, found: Bools) -> float:
    """Of all labels of all rows together; 1 where there is nothing to find and nothing was said."""
    both = int(true.sum()) + int(found.sum())
    return 2 * int((true & found).sum()) / both if both else 1.0


def all_rates(true: Bools, found: Bools) -> dict[str, float]:
    """Every figure that judges such answers. The macro ones are means over labels that have any support."""
    support, said, right = true.sum(axis=0), found.sum(axis=0), (true & found).sum(axis=0)
    seen = support > 0
    precision = right[seen] / np.maximum(1, said[seen])
    recall = right[seen] / support[seen]
    f1 = 2 * right[seen] / (support + said)[seen]
    return {
        "micro_f1": micro_f1(true, found),
        "macro_f1": _mean(f1),
        "subset_accuracy": float((true == found).all(axis=1).mean()),
        "hamming_loss": float((true != found).mean()),
        "micro_precision": float(right.sum() / max(1, said.sum())),
        "micro_recall": float(right.sum() / max(1, support.sum())),
        "macro_precision": _mean(precision),
        "macro_recall": _mean(recall),
    }


def _mean(rates: npt.NDArray[np.float64]) -> float:
    return float(rates.mean()) if len(rates) else 0.0


def matrix_of(rows: Sequence[Sequence[str]], labels: Sequence[Any]) -> Bools:
    """Lists of labels as (rows × labels); labels beyond those are left out."""
    place = {label: k for k, label in enumerate(labels)}
    made = np.zeros((len(rows), len(labels)), np.bool_)
    for number, row in enumerate(rows):
        for label in row:
            if (k := place.get(label)) is not None:
                made[number, k] = True
    return made

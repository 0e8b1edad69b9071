"""Scoping: which detector tells unknown rows apart best, and from which threshold; from rows in scope alone.

Rows out of scope are unknown beforehand, so each class is taken for unknown in turn: a detector that gives rows lower values as if their
own class had never been seen than with it, is a good one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from mainspring.steps.learn.blend.scope import (
    OF_CHANCES,
    OF_VECTORS,
    Detector,
    Scope,
    certainty,
    measures,
    without_own,
)
from mainspring.steps.learn.tabular.scores import Floats
from mainspring.steps.learn.text.encoded.bank import Bank, vectors_of
from mainspring.steps.learn.text.encoded.model import EncodedModel
from mainspring.steps.learn.text.rows import Rows

Ints = npt.NDArray[np.int64]
MOST_KEPT = 6000
"""Vectors of training texts that are kept."""
PARTS = 5
BETTER = 0.005
"""What a detector that asks the encoder must be better by, in ROC AUC: it costs more."""


def scope_of(
    chances: Floats, truth: Ints, keep: float, members: Sequence[Any], rows: Rows, shared: Path | None = None
) -> Scope:
    """From out-of-fold probabilities (n × classes) and class numbers (n) of ``rows``; one of the model's ``members`` may have an encoder
    that is named. What it read before may be in the folder ``shared``.

    With two classes, leaving one out leaves nothing to be unsure of: there, the highest probability is taken.
    """
    inside: dict[Detector, Floats] = {name: certainty(name, chances) for name in OF_CHANCES}
    outside: dict[Detector, Floats] = {}
    if chances.shape[1] > 2:
        others = without_own(chances, truth.tolist())
        outside = {name: certainty(name, others) for name in OF_CHANCES}
    bank = None
    known = next(
        (member.vectors for member in members if isinstance(member, EncodedModel) and member.vectors.own is None), None
    )
    if known is not None and rows.texts:
        known.share(shared)
        bank = _compared(known.name, truth, rows, (inside, outside))
        known.share(None)
    compared: dict[Detector, float] = {name: _apart(inside[name], outside[name]) for name in outside}
    if not compared:
        compared = {"likeliest": float("nan")}
    best = max(compared, key=lambda name: compared[name] - (0.0 if name in OF_CHANCES else BETTER))
    threshold = float(np.quantile(inside[best], 1.0 - keep))
    told = {name: value for name, value in compared.items() if np.isfinite(value)}
    return Scope(best, threshold, keep, bank if best not in OF_CHANCES else None, told)


def _compared(
    encoder: str, truth: Ints, rows: Rows, scores: tuple[dict[Detector, Floats], dict[Detector, Floats]]
) -> Bank:
    """The bank of all rows; the ``scores`` of rows inside, and as if outside, are those by banks of the other parts of the rows."""
    inside, outside = scores
    told = vectors_of(encoder, rows)
    whole = Bank.of_rows(encoder, told, truth, MOST_KEPT)
    part = np.random.default_rng(0).permutation(len(truth)) % PARTS
    for name in OF_VECTORS:
        inside[name], outside[name] = np.empty(len(truth)), np.empty(len(truth))
    for k in range(PARTS):
        here = part == k
        bank = Bank.of_rows(encoder, told[~here], truth[~here], MOST_KEPT)
        for name, measure in measures(bank).items():
            inside[name][here] = measure(told[here], None)
            outside[name][here] = measure(told[here], truth[here])
    return whole


def _apart(inside: Floats, outside: Floats) -> float:
    """ROC AUC of rows inside over the same as if outside."""
    truth = np.repeat([1, 0], [len(inside), len(outside)])
    return float(roc_auc_score(truth, np.concatenate([inside, outside])))

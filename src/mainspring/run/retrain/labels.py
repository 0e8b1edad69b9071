"""Labels: two versions that tell several labels at once, on the same rows."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mainspring.errors import QualityError
from mainspring.measure.multilabel.agreement import Bools, matrix_of, micro_f1
from mainspring.model import Model
from mainspring.steps.learn.learner import Goal
from mainspring.steps.learn.text.multilabel.columns import labels_of

Ints = npt.NDArray[np.int64]
Told = tuple[Callable[[Ints], float], Bools]


def labels_beside(old: Model, new: Model, rows: pa.Table, goal: Goal) -> tuple[Told, Told]:
    """Of each the micro F1 on numbers of rows, and which labels it says (n × labels), of all that a row has or one of them says.

    Raises:
        QualityError: there is no row.
    """
    if not len(rows):
        raise QualityError("there is no row to compare on", where=goal.target,
                           remedy="collect more rows, or keep more apart (learn.split.test)")  # fmt: skip
    true = [labels or [] for labels in labels_of(rows, goal.target)]
    one, other = (_said(model, rows) for model in (old, new))
    known = sorted({label for told in (true, one, other) for row in told for label in row})
    truth, first, second = (matrix_of(told, known) for told in (true, one, other))
    return (
        (lambda some: micro_f1(truth[some], first[some]), first),
        (lambda some: micro_f1(truth[some], second[some]), second),
    )


def _said(model: Model, rows: pa.Table) -> Sequence[Sequence[str]]:
    return model.predict(rows)["prediction"].to_pylist()

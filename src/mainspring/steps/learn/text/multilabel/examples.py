"""Examples: rows to learn from, as ways to see them take them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack, issparse

from mainspring.measure.multilabel.agreement import Bools
from mainspring.steps.learn.text.rows import Floats, Text

Texts = Sequence[Sequence[Text]]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """``texts`` (columns × n), which labels each row has (``truth``, n × labels), and the columns ``beside`` the texts (n × width)."""

    texts: Texts
    truth: Bools
    beside: Floats

    def __len__(self) -> int:
        return len(self.truth)

    def some(self, rows: Places) -> Self:
        texts = [[column[row] for row in rows.tolist()] for column in self.texts]
        return type(self)(texts, self.truth[rows], self.beside[rows])

    def seen(self, columns: Any) -> Any:
        """What was seen of the texts (n × width, sparse or not) with the columns beside them."""
        return joined([columns, self.beside]) if self.beside.shape[1] else columns


def joined(parts: Sequence[Any]) -> Any:
    """Columns of the same rows, sparse where some are."""
    if len(parts) == 1:
        return parts[0]
    return csr_array(hstack(parts, format="csr")) if any(map(issparse, parts)) else np.concatenate(parts, axis=1)

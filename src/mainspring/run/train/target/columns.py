"""Columns: labels that stand in columns of their own, which say of each row whether it has them, gathered into the target's lists."""

import numpy as np
import pyarrow as pa

from mainspring.automation import Automation
from mainspring.automation.learn import Learn
from mainspring.errors import QualityError, UnknownColumn
from mainspring.measure.values.reading import Reading


class LabelColumns:
    """Gathers what ``learn.labels`` names; where nothing is named, rows stay as they are. Counts where nothing is said of a label."""

    def __init__(self, automation: Automation) -> None:
        learn = automation.learn or Learn(target="")
        self._name, self._target, self._columns = automation.name, learn.target, tuple(learn.labels or ())
        self._reading = Reading("boolean", tuple(word.strip().lower() for word in automation.prepare.missing))
        self._rows, self._unsaid = 0, dict.fromkeys(self._columns, 0)

    def gathered(self, rows: pa.Table) -> pa.Table:
        """Without these columns, and with the target: a list of the names of those that say yes, null where one of them says neither
        yes nor no.

        Raises:
            UnknownColumn: there is no such column. QualityError: there is one of the target's name.
        """
        if not self._columns:
            return rows
        for name in self._columns:
            if name not in rows.column_names:
                raise UnknownColumn(name, self._name, rows.column_names)
        if self._target in rows.column_names:
            raise QualityError(f"the source has a column {self._target!r}, the name under which labels are gathered", where="learn.target",
                               remedy="call the target otherwise")  # fmt: skip
        read = [self._reading.many(rows.column(name)) for name in self._columns]
        for name, column in zip(self._columns, read, strict=True):
            self._unsaid[name] += column.null_count
        self._rows += len(rows)
        said = np.column_stack([column.is_valid().to_numpy(zero_copy_only=False) for column in read]).all(axis=1)
        has = np.column_stack([column.fill_null(False).to_numpy(zero_copy_only=False) for column in read])
        offsets = np.concatenate([[0], has.sum(axis=1).cumsum()])
        names = pa.array(self._columns, pa.string()).take(pa.array(np.nonzero(has)[1]))
        lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names, mask=pa.array(~said))
        return rows.drop_columns(list(self._columns)).append_column(self._target, lists)

    def remarks(self) -> list[str]:
        """Where labels are not known, in sentences."""
        return [
            f"{name!r} says neither yes nor no of {count:,} of {self._rows:,} rows, which are not learned from"
            for name, count in self._unsaid.items() if count
        ]  # fmt: skip

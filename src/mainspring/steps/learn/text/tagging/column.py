"""Column: which column of a table has the text."""

import pyarrow as pa
import pyarrow.compute as pc

from mainspring.errors import QualityError

USUAL = "text"


def text_column(table: pa.Table, target: str) -> str:
    """The one called ``text``, else the column of texts that are longest on the average.

    Raises:
        QualityError: there is no column of texts.
    """
    names = [f.name for f in table.schema if pa.types.is_string(f.type) and f.name != target]
    if USUAL in names:
        return USUAL
    if not names:
        raise QualityError("there is no column of texts", where=target, remedy="name the column 'text'")
    return max(names, key=lambda name: pc.mean(pc.utf8_length(table.column(name))).as_py() or 0.0)

"""Agree: whether an exported model answers as the model itself does, on rows it knows and on such as no data has."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mainspring.errors import ExportError
from mainspring.measure.values.reading import Reading
from mainspring.model import Model, Question
from mainspring.steps.prepare.table_transform import TableTransform

TOLERANCE = 1e-6
"""Of an answer relative to its size, absolute below one."""
ODD = 200
KNOWN = 2000
NUMBERS = (0.0, -1.0, 1.0, 0.1, 1e-9, 1e9, -1e9, 3.4e38, 1e300, -1e300)
DAY = 86_400_000_000


def rows_for(transform: TableTransform, known: pa.Table | None) -> pa.Table:
    """Rows of ``transform.input`` to ask: the known ones, the same with their columns torn apart, and extremes with holes."""
    parts = [_odd_rows(transform)]
    if known is not None and len(known):
        some = known.take(pa.array(np.unique(np.linspace(0, len(known) - 1, KNOWN).astype(np.int64))))
        read = {name: _read(some, name, reading) for name, reading in transform.readings.items()}
        draw = np.random.default_rng(0)
        torn = [column.take(pa.array(draw.permutation(len(some))[:ODD])) for column in read.values()]
        parts += [pa.table(list(read.values()), schema=transform.input), pa.table(torn, schema=transform.input)]
    return pa.concat_tables(parts)


def _read(rows: pa.Table, name: str, reading: Reading) -> pa.Array:
    return reading.many(rows.column(name)) if name in rows.column_names else pa.nulls(len(rows), reading.type)


def refuse_disagreement(model: Model, rows: pa.Table, theirs: pa.Table) -> float:
    """The greatest difference between the model's answers to ``rows`` and those of its export, relative to their size.

    Raises:
        ExportError: it is more than ``TOLERANCE``, or another class is predicted.
    """
    ours = model.predict(rows)
    names = [f.name for f in ours.schema if model.card.question == Question.NUMBER or f.name != "prediction"]
    mine, other = (np.array([table.column(n).to_numpy() for n in names], np.float64) for table in (ours, theirs))
    difference = float(np.max(np.abs(mine - other) / np.maximum(1.0, np.abs(mine)), initial=0.0))
    if not difference <= TOLERANCE:
        raise ExportError(
            f"the exported model answers differently: by {difference:.3g} at most, {TOLERANCE:g} is allowed; nothing was written",
            remedy="report it with the versions of onnxruntime and mainspring; the model itself serves as before",
        )
    if model.card.question == Question.CLASS and (wrong := _other_classes(ours, theirs, mine)):
        raise ExportError(f"the exported model predicts another class in {wrong} rows; nothing was written")
    return difference


def _other_classes(ours: pa.Table, theirs: pa.Table, chances: np.ndarray) -> int:
    """In how many rows the classes differ though one is likelier than the others by more than rounding."""
    top = np.sort(chances, axis=0)
    clear = top[-1] - top[-2] > TOLERANCE
    pairs = zip(ours.column("prediction").to_pylist(), theirs.column("prediction").to_pylist(), strict=True)
    return int(sum(differ for differ, sure in zip((a != b for a, b in pairs), clear, strict=True) if sure))


def _odd_rows(transform: TableTransform) -> pa.Table:
    levels = {feature.column: getattr(feature, "levels", ()) for feature in transform.features}
    columns = [_odd(f.type, levels[f.name], np.random.default_rng(j)) for j, f in enumerate(transform.input)]
    return pa.table(columns, schema=transform.input)


def _odd(kind: pa.DataType, levels: Sequence[str], draw: np.random.Generator) -> pa.Array:
    holes = draw.random(ODD) < 0.3
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        values = np.where(draw.random(ODD) < 0.5, draw.choice(NUMBERS, ODD), draw.lognormal(size=ODD) * 10)
        values = np.trunc(np.clip(values, -1e15, 1e15)) if pa.types.is_integer(kind) else values
    elif pa.types.is_boolean(kind):
        values = draw.random(ODD) < 0.5
    elif pa.types.is_timestamp(kind):
        values = draw.integers(-20_000 * DAY, 40_000 * DAY, ODD)
    else:
        values = draw.choice(np.array([*levels[:50], "never seen", "Never 见过"], dtype=object), ODD)
    return pa.array(values, mask=holes).cast(kind)

"""TableTransform: a fitted preparation, raw rows in, features out; the same for a table and for one record."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from mainspring.errors import Tampered
from mainspring.measure.values.reading import Reading, reading_from, reading_to_plain
from mainspring.model import CARD, Kinds
from mainspring.steps.prepare.features.feature import Feature
from mainspring.steps.prepare.features.kinds import from_plain, to_plain

KIND = "table_transform"
FORMAT = 1


class TableTransform:
    """Reads the columns it needs as the cleaning plan does, and makes features of them.

    ``input`` names these columns with the types they are read to: values of any other type that read so are as good,
    lacking columns count as missing, further ones and any order do not matter. ``output`` are the features, those with
    one column first.
    """

    def __init__(self, readings: Mapping[str, Reading], features: Sequence[Feature]) -> None:
        self.readings = dict(readings)
        self.features = in_order(features)
        self.input = pa.schema([(name, reading.type) for name, reading in self.readings.items()])
        self.output = pa.schema([field for feature in self.features for field in feature.outputs()])
        encoders = [(f.column, f.names, f.one(self.readings[f.column].one())) for f in self.features]
        self._single = tuple((column, names[0], encode) for column, names, encode in encoders if len(names) == 1)
        self._several = tuple(encoder for encoder in encoders if len(encoder[1]) > 1)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.readings, self.features)

    def apply(self, table: pa.Table) -> pa.Table:
        """Features of (n rows, :attr:`output`)."""
        there = set(table.column_names)
        read = {
            name: reading.many(table.column(name)) if name in there else pa.nulls(len(table), reading.type)
            for name, reading in self.readings.items()
        }
        arrays = [array for feature in self.features for array in feature.many(read[feature.column])]
        return pa.Table.from_arrays(arrays, schema=self.output)

    def apply_one(self, record: Mapping[str, Any]) -> dict[str, float | int | str | None]:
        """Features of one record, bit for bit those of a table of it."""
        get = record.get
        out = {name: encode(get(column)) for column, name, encode in self._single}
        for column, names, encode in self._several:
            out.update(zip(names, encode(get(column)), strict=True))
        return out

    def save(self, folder: Path) -> None:
        """Write ``card.json`` into the folder; there is nothing else."""
        plain = {
            "kind": KIND,
            "format": FORMAT,
            "readings": {name: reading_to_plain(reading) for name, reading in self.readings.items()},
            "features": [to_plain(feature) for feature in self.features],
        }
        (folder / CARD).write_text(json.dumps(plain, ensure_ascii=False, allow_nan=False), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:  # noqa: ARG003 — the interface of saved kinds
        plain = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if plain["format"] > FORMAT:
            raise Tampered(
                f"the preparation has format {plain['format']}, this release reads up to {FORMAT}",
                where=str(folder),
                remedy="upgrade mainspring, or learn the model again with this release",
            )
        readings = {name: reading_from(reading) for name, reading in plain["readings"].items()}
        return cls(readings, [from_plain(feature) for feature in plain["features"]])


def in_order(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """Features with one output column before those with several: the order of the output."""
    return tuple(sorted(features, key=lambda feature: len(feature.names) > 1))

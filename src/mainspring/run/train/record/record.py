"""Record: what is kept beside a version so that it can be learned again: its rows, its fits with their work, what was measured.

``FORMAT`` numbers what it says; whoever changes it keeps a reader of the old one.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

import pyarrow as pa

from mainspring.errors import StoreError
from mainspring.steps.learn.record.ledger import Ledger

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Record:
    """``data`` are the training rows: ``table``, ``version``, ``rows``, ``hash``, and where texts of others were read, those that were
    collected: ``raw``; ``made`` with: ``code``, ``libraries``, ``machine``;
    ``model`` is the hash of the sealed model."""

    run_id: str
    seed: int
    data: Mapping[str, Any]
    made: Mapping[str, Any]
    ledger: Ledger
    model: str

    def to_json(self) -> str:
        plain = {
            "format": FORMAT, "run_id": self.run_id, "seed": self.seed, "data": self.data, "made": self.made,
            "model": self.model, **self.ledger.to_dict(),
        }  # fmt: skip
        return json.dumps(plain, indent=1)

    @classmethod
    def read(cls, text: str, where: str) -> Self:
        """Raises StoreError: it is not a whole record, or one of a later release."""
        try:
            plain = json.loads(text)
            number = plain["format"]
            if number not in READERS:
                raise StoreError(
                    f"the record has format {number!r}, this release reads {', '.join(map(str, READERS))}", where=where,
                    remedy="upgrade mainspring",
                )  # fmt: skip
            return cast(Self, READERS[number](plain))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise StoreError(
                f"the record cannot be read ({type(error).__name__})", where=where,
                remedy="it is half written or not a record; learn the version again, and it has one",
            ) from error  # fmt: skip


def _read_1(plain: Mapping[str, Any]) -> Record:
    data, made = plain["data"], plain["made"]
    rows: dict[str, Any] = {"table": str(data["table"]), "version": int(data["version"]), "rows": int(data["rows"])}
    if data.get("raw") is not None:
        rows["raw"] = {"table": str(data["raw"]["table"]), "version": int(data["raw"]["version"])}
    libraries = {str(name): str(number) for name, number in made["libraries"].items()}
    known = {"code": str(made["code"]), "libraries": libraries, "machine": dict(made["machine"])}
    return Record(
        str(plain["run_id"]), int(plain["seed"]), {**rows, "hash": str(data["hash"])}, known, Ledger.from_dict(plain),
        str(plain["model"]),
    )  # fmt: skip


READERS: Mapping[int, Callable[[Mapping[str, Any]], Record]] = {1: _read_1}


def digest_of(rows: pa.Table) -> str:
    """The SHA-256 of the names, types and values of the columns, in the order of the rows."""
    seen = hashlib.sha256()
    for name in rows.column_names:
        column = pa.chunked_array(rows.column(name).chunks, rows.column(name).type)
        part = pa.table({name: column}).combine_chunks()
        for batch in part.to_batches():
            seen.update(str(batch.schema).encode())
            seen.update(batch.serialize())
    return seen.hexdigest()

"""Rows: which rows a version has seen, as hashes in a file beside its record, so that others can be told from them later.

The rows themselves may be compacted away by the time that somebody asks.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion
from mainspring.errors import NotFound, StoreError
from mainspring.run.place import rows_path
from mainspring.run.train.prepare import PART, TEST, TRAIN, collected_rows
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.prepare.windows.windowing import windowing_of

Hashes = npt.NDArray[np.uint64]
MISSING, NEXT = "\x00", "\x1f"


def _none() -> Hashes:
    return np.empty(0, np.uint64)


@dataclass(frozen=True, slots=True)
class SeenRows:
    """Hashes, each kind ascending: of all rows that a version was ``known`` to have before it, of the subjects of the rows it was
    ``trained`` on, and of those it was ``tested`` on. A subject is the group, the key, or else the row itself."""

    known: Hashes = field(default_factory=_none)
    trained: Hashes = field(default_factory=_none)
    tested: Hashes = field(default_factory=_none)

    @classmethod
    def of(
        cls, cleaned: pa.Table, subject: str | None, made: Collection[str] = (), others: Hashes | None = None
    ) -> Self:
        """Of rows that are marked as training and test rows, by the columns that were not ``made`` of other rows.

        ``others`` were left out.
        """
        plain = without(cleaned, made).drop_columns([PART])
        rows = hashes(plain)
        whom = rows if subject is None else subjects(plain, subject)
        parts = cleaned.column(PART).to_numpy()
        train, test = (whom[parts == part] for part in (TRAIN, TEST))
        known = rows if others is None else np.concatenate([rows, others])
        return cls(np.unique(known), np.unique(train), np.unique(test))

    def save(self, path: Path) -> None:
        """Whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            np.savez(file, known=self.known, trained=self.trained, tested=self.tested)
        draft.replace(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises StoreError: it cannot be read."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                return cls(*(kept[name].astype(np.uint64, casting="equiv") for name in ("known", "trained", "tested")))
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise StoreError(
                f"what rows the version has seen cannot be read ({type(error).__name__})", where=str(path),
                remedy="take the file from a backup, or learn cold: mainspring run --fresh",
            ) from error  # fmt: skip


def made_of(automation: Automation, plan: CleaningPlan) -> tuple[str, ...]:
    """The columns that say what came before a row: which rows there are changes them."""
    windowing = windowing_of(automation, plan)
    return () if windowing is None else tuple(windowing.names)


def without(rows: pa.Table, names: Collection[str]) -> pa.Table:
    return rows.drop_columns([name for name in rows.column_names if name in names])


def subject_of(automation: Automation, columns: Sequence[str]) -> str | None:
    """The column that says which rows belong together when rows are kept apart; None where each row is its own."""
    split = automation.learn.split if automation.learn is not None else None
    by_time = split is not None and (split.by == "time" or (split.by == "auto" and automation.source.time is not None))
    if split is None or by_time:
        return None
    named = split.column if split.by == "group" and split.column else automation.source.key
    return named if named in columns else None


def hashes(rows: pa.Table) -> Hashes:
    """A number for each row (n), the same for rows that say the same in all columns, in any process and release."""
    texts = [_text(rows.column(name)) for name in sorted(rows.column_names)]
    if not len(rows):
        return _none()
    joined = pc.binary_join_element_wise(*texts, NEXT)  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType,reportAttributeAccessIssue]
    digests = b"".join(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in joined.to_pylist()
    )  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType,reportUnknownArgumentType]
    return np.frombuffer(digests, np.uint64).copy()


def subjects(rows: pa.Table, subject: str | None) -> Hashes:
    """Of each row (n), whom it is about; a row without a subject is its own."""
    if subject is None:
        return hashes(rows)
    told = hashes(rows.select([subject]))
    lacking = rows.column(subject).is_null().to_numpy(zero_copy_only=False)
    return np.where(lacking, hashes(rows), told) if lacking.any() else told


def keep_rows(backends: Backends, automation: Automation, version: int, results: Mapping[str, Any]) -> None:
    """Beside a version, which rows it has seen. Doing it again changes nothing."""
    cleaned = backends.lake.read(results["expect"]["table"], results["expect"]["version"])
    plan = CleaningPlan.from_json(results["clean"]["plan"])
    left_out = "compare" in results
    made = made_of(automation, plan)
    others = hashes(without(plan.apply(collected_rows(backends.lake, results["collect"])), made)) if left_out else None
    seen = SeenRows.of(cleaned, subject_of(automation, cleaned.column_names), made, others)
    seen.save(rows_path(backends, automation.name, version))


def seen_by(backends: Backends, found: ModelVersion, automation: Automation) -> SeenRows:
    """What a version has seen; of one of an earlier release, told from its rows in the lake.

    Raises:
        StoreError: neither is there, or it cannot be read.
    """
    path = rows_path(backends, found.automation, found.version)
    if path.exists():
        return SeenRows.open(path)
    data = found.facts["data_version"]
    try:
        cleaned = backends.lake.read(data["table"], data["version"])
    except NotFound as error:
        gone = StoreError(
            f"it is not known any more which rows version {found.version} was trained on", where=found.automation,
            remedy="learn cold: mainspring run --fresh; from then on it is kept",
        )  # fmt: skip
        gone.fault = "user"
        raise gone from error
    made = made_of(automation, CleaningPlan.from_json(found.facts["plan"]))
    return SeenRows.of(cleaned, subject_of(automation, cleaned.column_names), made)


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_timestamp(kind):
        # The lake keeps microseconds.
        column = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
    try:
        texts = column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        texts = pa.chunked_array([[None if value is None else str(value) for value in column.to_pylist()]], pa.string())
    return texts.fill_null(MISSING)

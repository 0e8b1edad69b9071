"""Lake: tables at rest, as Delta tables in a folder or an object store."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.fs import DeltaStorageHandler

from mainspring.backends.store.lake import delta
from mainspring.backends.store.lake.name import TableName, unversioned, versioned
from mainspring.backends.store.lake.query import ask
from mainspring.backends.store.lake.writing import Mode, Stream, all_or_nothing
from mainspring.backends.store.locks import file_lock
from mainspring.errors import NotFound, SpecError, UnknownColumn

WRITER = WriterProperties(compression="ZSTD", compression_level=3, max_row_group_size=131_072)
"""Row groups bound the memory that writing and reading take."""


class Lake:
    """Tables named ``<automation>.<table>``, each a Delta table in the folder ``<url>/<automation>/<table>``.

    ``url`` is a folder, or what delta-rs opens (``s3://``, ``gs://``, ``abfss://``) with ``storage_options``. Every change is
    a new version, whole or not there at all; earlier ones can be read as ``retention.raw@3`` until they are compacted away.
    """

    def __init__(self, url: str, storage_options: Mapping[str, str] | None = None) -> None:
        remote = "://" in url and not url.startswith("file://")
        self._folder = None if remote else Path(url.removeprefix("file://")).absolute()
        self._url = url.rstrip("/") if remote else str(self._folder)
        self._options = dict(storage_options or {})

    def write(
        self,
        name: str,
        rows: pa.Table | pa.RecordBatchReader,
        *,
        mode: Mode = "append",
        once: tuple[str, int] | None = None,
    ) -> int:
        """Write all rows in one commit, in bounded memory, and answer the table's version.

        Appending keeps the table's columns: absent ones are empty, new ones are added, and where a type must be widened
        (whole to decimal numbers, empty to anything) the earlier rows are widened in the same commit. Overwriting takes the
        columns as they come. With ``once=(who, n)`` the commit also says that ``who`` has written number ``n``; where
        it has said ``n`` or more before, nothing is written. So a writer killed before it could note its success asks again.

        Raises:
            SchemaChanged: a column's type changed in a way that would lose values.
            QualityError: the columns cannot be kept in a table.
            NoSpace: the disk is full; the table is as it was.
            Busy: another machine wrote to this table at the same time.
        """
        target = unversioned(name)
        stream = Stream(rows.to_reader(delta.BATCH_ROWS) if isinstance(rows, pa.Table) else rows, name)
        with self._turn(target):
            table = self._table(target)
            if table and once and delta.written(table, once[0]) >= once[1]:
                return table.version()
            with self._whole(target, table):
                self._commit(target, table, stream, mode, once)
            return self._existing(target).version()

    def read(self, name: str, version: int | None = None, columns: list[str] | None = None) -> pa.Table:
        """The rows of a table or of an earlier version of it; of one version always in the same order.

        Raises:
            NotFound: there is no such table or version.
            UnknownColumn: it has no such column.
        """
        table = self._with_columns(name, version, columns)
        with delta.translated(name):
            return delta.in_order(table).to_table(columns=columns)

    def batches(
        self, name: str, version: int | None = None, columns: list[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The same in bounded memory; at least one batch, which may be empty."""
        table = self._with_columns(name, version, columns)
        with delta.translated(name):
            yield from delta.batches(table, columns)

    def exists(self, name: str) -> bool:
        return self._table(unversioned(name)) is not None

    def schema(self, name: str, version: int | None = None) -> pa.Schema:
        return delta.schema_of(self._existing(versioned(name, version)))

    def count(self, name: str, version: int | None = None) -> int:
        """How many rows; told from the log, without reading them."""
        return self._existing(versioned(name, version)).count()

    def written(self, name: str, who: str) -> int | None:
        """The highest number that ``who`` has written to the table with ``once``, or None."""
        table = self._table(unversioned(name))
        return None if table is None else table.transaction_version(who)

    def tables(self) -> list[dict[str, Any]]:
        """Every table: ``name``, ``rows``, ``size`` in bytes, ``files``, ``version``, ``changed``."""
        return [delta.facts(self._existing(name), str(name)) for name in self._names()]

    def history(self, name: str) -> list[dict[str, Any]]:
        """The versions still known, newest first: ``version``, ``at``, ``operation``, ``rows`` added."""
        return delta.history(self._existing(unversioned(name)))

    def compact(self, name: str, keep: Iterable[int] = ()) -> dict[str, Any]:
        """Rewrite many small files as few large ones, and delete files that no version of the last seven days needs.

        Versions in ``keep`` stay readable however old they are.
        """
        target = unversioned(name)
        with self._turn(target):
            table = self._existing(target)
            before = len(table.file_uris())
            with self._whole(target, table), delta.translated(name):
                table.optimize.compact(writer_properties=WRITER)
            with delta.translated(name):
                table.create_checkpoint()
                removed = table.vacuum(dry_run=False, full=True, keep_versions=sorted(keep) or None)
        return {"table": name, "files_before": before, "files_after": len(table.file_uris()), "deleted": len(removed)}

    def sql(self, query: str) -> pa.Table:
        """The answer to a SELECT over the tables of the lake; nothing else can be reached or changed.

        ``retention.raw`` is a table, ``retention."raw@3"`` its version 3.

        Raises:
            NotFound: it speaks of a table or version that there is not.
            QualityError: it is not SQL, not one SELECT, or cannot be answered.
        """
        return ask(query, self._names(), self._dataset)

    def _commit(
        self, name: TableName, table: DeltaTable | None, stream: Stream, mode: Mode, once: tuple[str, int] | None
    ) -> None:
        mode = stream.follow(table) if table and mode == "append" else mode

        def write(rows: pa.RecordBatchReader) -> None:
            with delta.translated(str(name)):
                write_deltalake(
                    table or self._place(name),
                    rows,
                    mode=mode,
                    schema_mode="overwrite" if mode == "overwrite" else "merge",
                    storage_options=None if table else self._options,
                    writer_properties=WRITER,
                    commit_properties=CommitProperties(app_transactions=[Transaction(*once)] if once else None),
                )

        stream.pour(write)

    def _place(self, name: TableName) -> str:
        return f"{self._url}/{name.path}"

    def _turn(self, name: TableName) -> AbstractContextManager[None]:
        # On one machine writers follow one another. Object stores settle it between commits, by Delta's own rules.
        if self._folder is None:
            return nullcontext()
        return file_lock(self._folder / ".locks" / f"{name}.lock", f"the table {name}")

    def _whole(self, name: TableName, before: DeltaTable | None) -> AbstractContextManager[None]:
        if self._folder is None:
            return nullcontext()
        version = before.version() if before else -1
        return all_or_nothing(self._folder / name.path, lambda: self._table(name), version)

    def _table(self, name: TableName) -> DeltaTable | None:
        return delta.open_table(self._place(name), f"{name.automation}.{name.table}", name.version, self._options)

    def _existing(self, name: TableName) -> DeltaTable:
        table = self._table(name)
        if table is None:
            raise NotFound("table", f"{name.automation}.{name.table}", map(str, self._names()))
        return table

    def _with_columns(self, name: str, version: int | None, columns: list[str] | None) -> DeltaTable:
        table = self._existing(versioned(name, version))
        known = delta.schema_of(table).names
        for column in columns or ():
            if column not in known:
                raise UnknownColumn(column, name, known)
        return table

    def _dataset(self, name: TableName) -> delta.Dataset:
        table = self._existing(name)
        with delta.translated(str(name)):
            return delta.in_order(table)

    def _names(self) -> list[TableName]:
        if self._folder is not None and not self._folder.is_dir():
            return []
        with delta.translated("the lake"):
            files = pafs.PyFileSystem(DeltaStorageHandler(self._url, self._options))
            pairs = [(one, other) for one in _folders(files, "") for other in _folders(files, one)]
        return sorted(filter(None, (_name(automation, table) for automation, table in pairs)))


def _folders(files: Any, within: str) -> list[str]:
    listed = files.get_file_info(pafs.FileSelector(within, allow_not_found=True))
    return [info.base_name for info in listed if info.type == pafs.FileType.Directory]


def _name(automation: str, table: str) -> TableName | None:
    try:
        return TableName.read(f"{automation}.{table}")
    except SpecError:
        return None

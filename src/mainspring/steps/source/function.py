"""Function: ``python:module:function``, rows that the user's own code makes, where the workspace allows it."""

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.errors import QualityError, SourceError, nearest
from mainspring.steps.source.columns import one_batch, settled
from mainspring.steps.source.reader import Surroundings
from mainspring.steps.source.schema import compare, conform
from mainspring.table import ArrowStream, Rows, to_arrow

ROWS = 10_000


class Function:
    """Calls the function with ``arguments``. It returns rows, or yields them; the first batch decides the columns."""

    def batches(self, source: Source, around: Surroundings) -> Iterator[pa.RecordBatch]:
        address = source.table or ""
        if not around.python_allowed:
            raise SourceError(
                "this workspace does not allow Python sources",
                where=address,
                remedy="write `python_sources = true` under `[workspace]` in mainspring.toml, if you trust the code",
            )
        answer = _called(_function(address, around.folder), source.arguments, address)
        return _alike(_tables(answer, address), address)


def _function(address: str, folder: Path) -> Callable[..., Any]:
    parts = address.split(":")
    if len(parts) != 3 or not all(parts):
        raise SourceError("a Python source has two names", where=address, remedy="write python:module:function")
    module = _module(parts[1], folder, address)
    function = getattr(module, parts[2], None)
    if callable(function):
        return function
    guess = nearest(parts[2], [name for name, value in vars(module).items() if callable(value)])
    raise SourceError(
        f"the module {parts[1]!r} has no function {parts[2]!r}",
        where=address,
        remedy=f"did you mean {guess!r}?" if guess else "check the name",
    )


def _module(name: str, folder: Path, where: str) -> ModuleType:
    """The module beside the declaration, else the installed one."""
    beside = folder.joinpath(*name.split(".")).with_suffix(".py")
    try:
        if not beside.is_file():
            return importlib.import_module(name)
        spec = importlib.util.spec_from_file_location(name, beside)
        module = importlib.util.module_from_spec(spec)  # pyright: ignore[reportArgumentType]
        spec.loader.exec_module(module)  # pyright: ignore[reportOptionalMemberAccess]
    except Exception as error:
        raise SourceError(
            f"the module {name!r} cannot be imported ({type(error).__name__})",
            where=where,
            remedy=f"install it, or put {beside.name} beside the declaration, and see that it imports by itself",
        ) from error
    return module


def _called(function: Callable[..., Any], arguments: Mapping[str, Any], where: str) -> Any:
    try:
        return function(**arguments)
    except Exception as error:
        raise _failed(error, where) from error


def _failed(error: Exception, where: str) -> SourceError:
    # The message of foreign code may quote the data, so only its kind is told; the cause is kept for the log.
    return SourceError(
        f"the function failed with {type(error).__name__}",
        where=where,
        remedy="call it in Python to see why; mind `arguments`",
    )


def _tables(answer: Any, where: str) -> Iterator[pa.Table]:
    if isinstance(answer, ArrowStream | Mapping) or (
        isinstance(answer, list) and all(isinstance(r, Mapping) for r in answer)
    ):
        if isinstance(answer, pa.RecordBatchReader):
            yield from (pa.Table.from_batches([batch]) for batch in cast(Iterable[pa.RecordBatch], answer))
        else:
            yield _table(cast(Rows, answer), where)
        return
    if not isinstance(answer, Iterable) or isinstance(answer, str | bytes):
        raise SourceError(
            f"the function returned {type(answer).__name__}, not rows",
            where=where,
            remedy="return a table, or yield dicts",
        )
    yield from _yielded(iter(answer), where)


def _yielded(items: Iterator[Any], where: str) -> Iterator[pa.Table]:
    """A table an item; dicts that follow one another are gathered to some thousand rows."""
    rows: list[Mapping[str, Any]] = []
    for item in _guarded(items, where):
        if isinstance(item, Mapping):
            rows.append(item)
        if rows and (len(rows) == ROWS or not isinstance(item, Mapping)):
            yield _table(rows, where)
            rows = []
        if not isinstance(item, Mapping):
            yield _table(item, where)
    if rows:
        yield _table(rows, where)


def _guarded(items: Iterator[Any], where: str) -> Iterator[Any]:
    while True:
        try:
            item = next(items)
        except StopIteration:
            return
        except Exception as error:
            raise _failed(error, where) from error
        yield item


def _table(rows: Rows, where: str) -> pa.Table:
    try:
        return to_arrow(rows, where)
    except (pa.ArrowException, TypeError, AttributeError, QualityError) as error:
        raise SourceError(
            "what the function gave is not a table, nor dicts of one kind of value a key",
            where=where,
            remedy="return pandas, polars, Arrow or dicts, with one type a column",
        ) from error


def _alike(tables: Iterator[pa.Table], where: str) -> Iterator[pa.RecordBatch]:
    first = next(tables, None)
    if first is None:
        raise SourceError(
            "the function gave no rows", where=where, remedy="yield at least an empty table with its columns"
        )
    schema: pa.Schema | None = None
    for table in chain([first], tables):
        batch = settled(one_batch(table), where)
        schema = schema or batch.schema
        change = compare(schema, batch.schema)
        if change.added or change.refused or change.widened:
            raise SourceError(
                f"later rows have other columns than the first: {'; '.join(change.sentences())}",
                where=where,
                remedy="yield Arrow tables of one schema",
            )
        yield one_batch(conform(batch, schema))

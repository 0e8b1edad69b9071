"""Read: files, one or many, as batches of one schema."""

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.steps.source.address import scheme
from mainspring.steps.source.columns import empty_batch, one_batch, settled, settled_schema
from mainspring.steps.source.files.content import Content, Opened, reading
from mainspring.steps.source.files.find import find, format_of
from mainspring.steps.source.files.kinds import FORMATS
from mainspring.steps.source.reader import Surroundings
from mainspring.steps.source.schema import conform, joined


class Files:
    """A path, folder or glob. Several files are one table: in the order of their names, with the columns of all."""

    def batches(self, source: Source, around: Surroundings) -> Iterator[pa.RecordBatch]:
        address = source.table or ""
        path = url2pathname(urlsplit(address).path) if scheme(address) == "file" else address
        with reading(address):
            paths = find(path, around.folder, source.format)
        return together([opened(Content.of(p), p.name, source) for p in paths])


def opened(content: Content, filename: str, source: Source) -> tuple[str, Opened]:
    """The file's name for people, and its rows with plain types.

    Raises:
        SourceError: the file cannot be read as its format.
    """
    module, _, name = FORMATS[format_of(content, filename, source.format)].partition(":")
    opener = cast(Callable[[Content, Source], Opened], getattr(importlib.import_module(module), name))
    file = opener(content, source)
    schema = settled_schema(file.schema, content.name)
    return content.name, Opened(schema, lambda: (settled(batch, content.name) for batch in file.batches()))


def together(files: Sequence[tuple[str, Opened]]) -> Iterator[pa.RecordBatch]:
    """The rows of all files, one after another; a column that a file lacks is empty there.

    Raises:
        SchemaChanged: two files give one column types that do not fit together.
    """
    schema = joined((name, file.schema) for name, file in files)
    some = False
    for _, file in files:
        for batch in file.batches():
            some = True
            yield one_batch(conform(batch, schema))
    if not some:
        yield empty_batch(schema)

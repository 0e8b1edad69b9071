"""Columnar: Parquet, and Arrow files and streams."""

import io
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from mainspring.automation.source import Source
from mainspring.errors import SourceError
from mainspring.steps.source.files.content import Content, Opened, damaged, empty, reading

ROWS = 65_536
ONE_THREAD = pa.ipc.IpcReadOptions(use_threads=False)
"""The streams are Python's: threads of Arrow that still read them at the interpreter's end would abort it."""
END_OF_STREAM = b"\x00\x00\x00\x00"


def open_parquet(content: Content, _: Source) -> Opened:
    with reading(content.name), _seekable(content) as stream:
        schema = pq.read_schema(stream)
    return Opened(schema, lambda: _parquet(content))


def _parquet(content: Content) -> Iterator[pa.RecordBatch]:
    with reading(content.name), content.raw() as stream:
        yield from pq.ParquetFile(stream, page_checksum_verification=True).iter_batches(
            batch_size=ROWS, use_threads=False
        )


def open_arrow(content: Content, _: Source) -> Opened:
    """An Arrow file or stream. A stream without its end mark is taken for cut short."""
    with reading(content.name), _seekable(content) as stream:
        if _is_file(stream):
            return Opened(pa.ipc.open_file(stream).schema, lambda: _arrow_file(content))
        stream.seek(-len(END_OF_STREAM), io.SEEK_END)
        if stream.read() != END_OF_STREAM:
            raise damaged(content.name)
        stream.seek(0)
        return Opened(pa.ipc.open_stream(stream).schema, lambda: _arrow_stream(content))


def _is_file(stream: BinaryIO) -> bool:
    magic = stream.read(6)
    stream.seek(0)
    return magic == b"ARROW1"


def _arrow_file(content: Content) -> Iterator[pa.RecordBatch]:
    with reading(content.name), content.raw() as stream:
        reader = pa.ipc.open_file(stream, options=ONE_THREAD)
        for number in range(reader.num_record_batches):
            yield from _slices(reader.get_batch(number))


def _arrow_stream(content: Content) -> Iterator[pa.RecordBatch]:
    with reading(content.name), content.raw() as stream:
        for batch in pa.ipc.open_stream(stream, options=ONE_THREAD):
            yield from _slices(batch)


def _slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, ROWS):
        yield batch.slice(start, ROWS)


def _seekable(content: Content) -> BinaryIO:
    if content.packed():
        raise SourceError(
            "a packed binary file; only text formats are read packed", where=content.name, remedy="unpack it first"
        )
    stream = content.raw()
    if not stream.seek(0, io.SEEK_END):
        stream.close()
        raise empty(content.name)
    stream.seek(0)
    return stream

"""Reader: one way of collecting rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from mainspring.automation.source import Source


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a reader may need from the workspace, handed in by ``run/``.

    ``folder`` is where relative paths start (the declaration's own folder); ``python_allowed`` opens ``python:``
    sources; ``environment`` fills ``${NAME}`` in addresses of databases and of the web; ``cursor`` is
    the highest value of ``since`` collected so far, or None.
    """

    folder: Path
    python_allowed: bool = False
    cursor: object | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


class Reader(Protocol):
    """Reads a declared source as record batches of one schema, in bounded memory."""

    def batches(self, source: Source, around: Surroundings) -> Iterator[pa.RecordBatch]:
        """At least one batch, which may have no rows but has the columns.

        Raises:
            SourceError: missing, unreadable, half-written, forbidden; nothing half-read is passed off as whole.
        """
        ...

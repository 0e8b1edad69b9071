"""The name of a table in the lake: ``<automation>.<table>``, with ``@<version>`` for an earlier version of it."""

import re
from typing import NamedTuple, Self

from mainspring.errors import SpecError

_NAME = re.compile(r"([a-z][a-z0-9_-]{0,62})\.([a-z][a-z0-9_-]{0,62})(?:@(\d{1,18}))?")


class TableName(NamedTuple):
    automation: str
    table: str
    version: int | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """
        >>> TableName.read("retention.raw@3")
        TableName(automation='retention', table='raw', version=3)

        Raises:
            SpecError: it is no such name. Nothing else is ever taken for a folder's path.
        """
        match = _NAME.fullmatch(text)
        if not match:
            raise SpecError(
                f"{text!r} is not the name of a table", remedy="write <automation>.<table>, as in retention.raw"
            )
        return cls(match[1], match[2], None if match[3] is None else int(match[3]))

    @property
    def path(self) -> str:
        return f"{self.automation}/{self.table}"

    def __str__(self) -> str:
        return f"{self.automation}.{self.table}" + ("" if self.version is None else f"@{self.version}")


def unversioned(text: str) -> TableName:
    """The name of a table as such.

    Raises:
        SpecError: it names a version.
    """
    found = TableName.read(text)
    if found.version is not None:
        raise SpecError(f"{text!r} is a version of a table, not the table", remedy="leave out the @ and what follows")
    return found


def versioned(text: str, version: int | None) -> TableName:
    found = TableName.read(text)
    return found if version is None else found._replace(version=version)

"""Uploads: tables that people dropped, and the declarations made of them, as files in the workspace's folder."""

import re
import shutil
import uuid
from collections.abc import AsyncIterable
from pathlib import Path

from mainspring.errors import NotFound, QualityError

LARGEST = 500_000_000
"""Bytes of one table."""
KINDS = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".json", ".jsonl", ".ndjson", ".feather", ".arrow")
_ID = re.compile(r"[0-9a-f]{32}")


async def keep(place: Path, name: str, body: AsyncIterable[bytes]) -> str:
    """Write what comes to a file of that name in a folder of its own; the id of the folder.

    Raises:
        QualityError: the kind is none that is read, nothing came, or more than ``LARGEST``; then nothing is kept.
    """
    plain = re.sub(r"[^\w.\- ]", "_", Path(name.replace("\\", "/")).name).strip(". ")[-120:] or "table.csv"
    suffix = Path(plain).suffix.lower()
    if suffix not in KINDS:
        raise QualityError(
            f"{suffix or 'a file without an ending'} is no table", where=plain, remedy=f"drop one of {', '.join(KINDS)}"
        )
    id = uuid.uuid4().hex
    folder = place / "uploads" / id
    folder.mkdir(parents=True)
    size = 0
    try:
        with (folder / plain).open("wb") as file:
            async for part in body:
                size += len(part)
                if size > LARGEST:
                    raise QualityError(
                        f"the table is larger than {LARGEST // 1_000_000} MB", where=plain,
                        remedy="name it as source.table in a declaration",
                    )  # fmt: skip
                file.write(part)
        if not size:
            raise QualityError("the file is empty", where=plain, remedy="drop a table with rows")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return id


def discard(place: Path, id: str) -> None:
    """Let go of what turned out to be no table."""
    shutil.rmtree(find(place, id).parent, ignore_errors=True)


def find(place: Path, id: str) -> Path:
    """The table that was kept. Raises NotFound."""
    folder = place / "uploads" / id
    found = sorted(folder.iterdir()) if _ID.fullmatch(id) and folder.is_dir() else []
    if not found:
        raise NotFound("upload", id)
    return found[0]


def declaration_path(place: Path, name: str) -> Path:
    """Where the portal keeps the declaration of an automation. Its tables are named from the workspace's folder."""
    return place / "declarations" / f"{name}.yaml"

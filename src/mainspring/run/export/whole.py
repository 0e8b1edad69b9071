"""Whole: an exported file or folder appears under its name only once it is complete."""

import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

from mainspring.errors import ExportError


@contextmanager
def whole_file(path: Path) -> Generator[Path]:
    """A draft beside ``path`` that takes its place, and that of a file there before, when the block ends well."""
    with _whole(path, partial(Path.unlink, missing_ok=True)) as draft:
        yield draft


@contextmanager
def whole_folder(path: Path) -> Generator[Path]:
    """As :func:`whole_file`, of a folder that is not there yet, or empty.

    Raises:
        ExportError: there is something at ``path`` already, or it cannot be written.
    """
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise ExportError("there is something already", where=str(path), remedy="name a new folder")
    with _whole(path, partial(shutil.rmtree, ignore_errors=True)) as draft:
        yield draft


@contextmanager
def _whole(path: Path, discard: Callable[[Path], None]) -> Generator[Path]:
    draft = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise ExportError(
            f"it cannot be written: {error.strerror or error}", where=str(path),
            remedy="name a place that can be written",
        ) from error  # fmt: skip
    finally:
        discard(draft)

"""Text: what stands in a file of a declaration, in bounded size and in UTF-8."""

from pathlib import Path

from mainspring.errors import Problem, SpecError

LARGEST = 200_000
"""Bytes. Reading YAML with its lines takes seconds a megabyte; larger tables stand in CSV files of their own."""


def read_text(path: Path, largest: int = LARGEST) -> str:
    """The text of a file.

    Raises:
        SpecError: not there, not readable, too large, not UTF-8, or empty.
    """
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except FileNotFoundError:
        raise SpecError("there is no such file", where=str(path), remedy="is the path right?") from None
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else "its name is no path"
        raise SpecError(f"the file cannot be read: {told}", where=str(path)) from None
    if len(content) > largest:
        raise SpecError(f"the file has more than {largest:,} bytes", where=str(path), remedy="is it the right one?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise wrong_file(path, Problem("file", "the file is not UTF-8", line, "save it as UTF-8")) from None
    if not text.strip():
        raise SpecError("the file is empty", where=str(path), remedy="start with: name: my-automation")
    return text


def wrong_file(path: Path, *problems: Problem) -> SpecError:
    """The error of a file that cannot be read at all."""
    return SpecError("the file cannot be read", where=str(path), problems=problems)

"""Find: the files that a path, folder or glob means, and the format of each."""

import glob
from pathlib import Path

from mainspring.errors import SourceError, nearest
from mainspring.steps.source.files.content import Content, empty, reading
from mainspring.steps.source.files.kinds import BINARY, MAGIC, NOT_READ, PACKED_SUFFIXES, SUFFIXES


def find(address: str, folder: Path, declared_format: str | None) -> list[Path]:
    """The files, in the order of their names. In folders, names that begin with ``.`` or ``_`` are passed over.

    Raises:
        SourceError: nothing is there, or a folder holds no data files.
    """
    path = folder / Path(address).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        return _inside(path, declared_format)
    if glob.has_magic(address):
        matches = glob.glob(str(path), recursive=True)  # noqa: PTH207 (Path.glob takes no absolute pattern)
        found = sorted(p for p in map(Path, matches) if p.is_file())
        if found:
            return found
        raise SourceError("no file matches", where=address, remedy=f"it was looked for from {folder}")
    raise _missing(path, address)


def _inside(folder: Path, declared_format: str | None) -> list[Path]:
    if (folder / "_delta_log").is_dir():
        raise SourceError(
            "the folder is a Delta table; its files alone do not say which rows are valid",
            where=str(folder),
            remedy="read it through the lake (table: lake:NAME), or export it",
        )
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and not _hidden(p.relative_to(folder))]
    found = files if declared_format else [p for p in files if _suffix(p.name) in SUFFIXES]
    if not found:
        what = "no data files are in the folder" if files else "the folder is empty"
        raise SourceError(
            what, where=str(folder), remedy=f"put files there, or declare `format`: {', '.join(_formats())}"
        )
    return found


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _formats() -> list[str]:
    return list(dict.fromkeys(SUFFIXES.values()))


def _missing(path: Path, address: str) -> SourceError:
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    guess = nearest(path.name, siblings)
    remedy = f"did you mean {guess!r}?" if guess else f"it was looked for at {path}"
    return SourceError("there is no such file", where=address, remedy=remedy)


def _suffix(name: str) -> str:
    path = Path(name.lower())
    return path.with_suffix("").suffix if path.suffix in PACKED_SUFFIXES else path.suffix


def format_of(content: Content, filename: str, declared: str | None) -> str:
    """The declared format, else the one that the first bytes or the name tell; text of unknown name is CSV or JSON.

    Raises:
        SourceError: the file is empty, or of a known kind that is not read.
    """
    with reading(content.name):
        head = content.head()
    if not head:
        raise empty(content.name)
    if declared:
        return declared
    for magic, what, remedy in NOT_READ:
        if head.startswith(magic):
            raise SourceError(f"this is {what}, which is not read", where=content.name, remedy=remedy)
    told = next((kind for magic, kind in MAGIC if head.startswith(magic)), None)
    named = SUFFIXES.get(_suffix(filename))
    if told or named in BINARY:
        return told or str(named)
    return named or ("json" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) else "csv")

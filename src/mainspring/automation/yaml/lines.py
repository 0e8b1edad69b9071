"""Lines: a YAML file as plain values, and the line on which each of them stands."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import ScalarString

from mainspring.errors import Problem, SpecError

LARGEST = 1_000_000
DEEPEST = 40
Path_ = tuple[str | int, ...]
Lines = Mapping[Path_, int]


def read_lines(path: Path) -> tuple[dict[str, Any], dict[Path_, int]]:
    """The mapping a YAML file holds, and path → line (1-based) of everything in it.

    Raises:
        SpecError: not there, too large, not UTF-8, not YAML, or not a mapping. Aliases and tags are refused: they can
            blow a small file up, or ask for objects, and a declaration needs neither.
    """
    text = _text(path)
    _refuse_tricks(text, path)
    try:
        loaded = _reader().load(text)
    except DuplicateKeyError as error:
        raise _wrong(path, "a key stands twice" + _key_of(error), _line(error), "keep one of the two") from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise _wrong(
            path, f"this is not YAML: {_told(error)}", _line(error), "look at the indentation, colons and quotes"
        ) from None
    if not isinstance(loaded, CommentedMap):
        raise _wrong(path, "a declaration is a mapping (name: …, source: …)", 1, "start with: name: my-automation")
    lines: dict[Path_, int] = {(): 1}
    return cast(dict[str, Any], _plain(loaded, (), lines)), lines


def _reader() -> Any:
    """ruamel.yaml has no types, so neither has what it reads."""
    return YAML(typ="rt")


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise SpecError(
            "there is no such file", where=str(path), remedy="is the path right? start one with: mainspring init"
        ) from None
    except OSError as error:
        raise SpecError(f"the file cannot be read: {error.strerror}", where=str(path)) from None
    if len(content) > LARGEST:
        raise SpecError(
            f"a declaration has at most {LARGEST:,} bytes", where=str(path), remedy="is this the right file?"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _wrong(path, "the file is not UTF-8", line, "save it as UTF-8") from None
    if not text.strip():
        raise SpecError("the file is empty", where=str(path), remedy="start with: name: my-automation")
    return text


def _refuse_tricks(text: str, path: Path) -> None:
    depth = 0
    try:
        for event in _reader().parse(text):
            kind = type(event).__name__
            depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
            line = event.start_mark.line + 1
            if kind == "AliasEvent" or getattr(event, "anchor", None):
                raise _wrong(
                    path, "anchors (&) and aliases (*) are not used in declarations", line, "write the value out"
                )
            if getattr(event, "tag", None) and "tag:yaml.org,2002:" not in str(event.tag):
                raise _wrong(
                    path, f"tags such as {event.tag} are not used in declarations", line, "write a plain value"
                )
            if depth > DEEPEST:
                raise _wrong(path, f"values are nested more than {DEEPEST} deep", line, "write it more simply")
    except YAMLError as error:
        raise _wrong(
            path, f"this is not YAML: {_told(error)}", _line(error), "look at the indentation, colons and quotes"
        ) from None
    except (RecursionError, ValueError):
        raise _wrong(path, "this is not YAML", None, "look at the indentation, colons and quotes") from None


def _plain(node: Any, at: Path_, lines: dict[Path_, int]) -> Any:
    kind = cast(type[object], type(node))
    if issubclass(kind, CommentedMap):
        for key in node:
            lines[(*at, str(key))] = node.lc.key(key)[0] + 1
        return {str(key): _plain(value, (*at, str(key)), lines) for key, value in node.items()}
    if issubclass(kind, CommentedSeq):
        for i in range(len(node)):
            lines[(*at, i)] = node.lc.item(i)[0] + 1
        return [_plain(value, (*at, i), lines) for i, value in enumerate(node)]
    if isinstance(node, ScalarString):
        return str(node)
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, date):
        return node.isoformat()
    return int(node) if isinstance(node, int) else float(node) if isinstance(node, float) else node


def _wrong(path: Path, what: str, line: int | None, remedy: str) -> SpecError:
    problem = Problem("file", what, line, remedy)
    return SpecError("the declaration cannot be read", where=str(path), problems=[problem])


def _line(error: BaseException) -> int | None:
    mark: Any = getattr(error, "problem_mark", None)
    return None if mark is None else int(mark.line) + 1


def _told(error: BaseException) -> str:
    told = getattr(error, "problem", None) or str(error)
    return str(told).splitlines()[0][:120]


def _key_of(error: DuplicateKeyError) -> str:
    told = str(getattr(error, "problem", None) or "")
    return f": {told.split(chr(34))[1]}" if told.count('"') >= 2 else ""

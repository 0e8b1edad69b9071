"""Lines: a YAML file as plain values, and the line on which each of them stands."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode

from mainspring.automation.written.text import read_text, wrong_file
from mainspring.errors import Problem, SpecError

DEEPEST = 40
LONGEST_NUMBER = 40
CORE = "tag:yaml.org,2002:"
SYNTAX = "look at the indentation, colons and quotes"
Place = tuple[str | int, ...]
"""Where something stands in a declaration: ``("decide", "rules", 0, "if")``."""
Lines = Mapping[Place, int]


def read_lines(path: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    """The mapping a YAML file holds, and place → line (1-based) of everything in it.

    Values are texts, numbers, true, false, null, lists and mappings; a date stays a text. Only the parser's events
    are read, one after the other: aliases are never expanded and no object is ever built.

    Raises:
        SpecError: not there, too large, not UTF-8, not YAML, or not a mapping; it holds aliases or tags, which can
            blow a small file up or ask for objects, and a declaration needs neither; or a key stands twice.
    """
    text, building = read_text(path), _Building()
    try:
        for event in _events(text):
            building.take(event)
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        told = str(getattr(error, "problem", None) or error).splitlines()[0][:120]
        line = None if mark is None else int(mark.line) + 1
        raise wrong_file(path, Problem("file", f"this is not YAML: {told}", line, SYNTAX)) from None
    except SpecError as error:
        raise wrong_file(path, *building.problems, *error.problems) from None
    if building.problems:
        raise wrong_file(path, *building.problems)
    root: Any = building.root
    if not isinstance(root, dict):
        what = "a declaration is a mapping (name: …, source: …)"
        raise wrong_file(path, Problem("file", what, 1, "start with: name: my-automation"))
    return cast(dict[str, Any], root), {(): 1, **building.lines}


def _events(text: str) -> Iterator[Any]:
    return cast(Iterator[Any], YAML(typ="safe", pure=True).parse(text))  # pyright: ignore[reportUnknownMemberType]


class _Building:
    """Values built from the parser's events with a stack, so that neither depth nor aliases can cost anything."""

    def __init__(self) -> None:
        self.root: Any = None
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._resolver: Any = YAML(typ="safe", pure=True).resolver
        self._documents = 0

    def take(self, event: Any) -> None:
        line = int(event.start_mark.line) + 1
        match type(event).__name__:
            case "AliasEvent":
                self._refuse("aliases (*) are not used in declarations", line)
                self._put(None, line)
            case "ScalarEvent":
                self._refuse_tricks(event, line)
                self._put(self._scalar(event, line), line, str(event.value))
            case "MappingStartEvent" | "SequenceStartEvent" as kind:
                self._refuse_tricks(event, line)
                self._enter({} if kind[0] == "M" else [], line)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._open.pop()
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise _fatal("a file holds one declaration", line, "make a file of each")
            case _:
                pass

    def _enter(self, container: Any, line: int) -> None:
        if len(self._open) >= DEEPEST:
            raise _fatal(f"values are nested more than {DEEPEST} deep", line, "write it more simply")
        if self._open and self._open[-1].wants_key:
            raise _fatal("a key is a list or a mapping", line, "write a word before the colon")
        place = self._put(container, line)
        self._open.append(_Open(container, place))

    def _put(self, value: Any, line: int, text: str = "") -> Place:
        """Where the value came to stand. In a mapping every other one is a key, which is what stands there as text."""
        if not self._open:
            self.root = value
            return ()
        top = self._open[-1]
        if top.wants_key:
            top.key = text
            if text in top.container:
                self._refuse(f"the key {text!r} stands twice", line, "keep one of the two")
            self.lines.setdefault((*top.place, text), line)
            return ()
        return top.add(value, line, self.lines)

    def _scalar(self, event: Any, line: int) -> Any:
        text = str(event.value)
        tag = str(event.tag or self._resolver.resolve(ScalarNode, event.value, event.implicit))
        try:
            return _value(text, tag.removeprefix(CORE))
        except ValueError:
            self._refuse("this is no number", line, "write it with fewer digits, or in quotes")
            return None

    def _refuse_tricks(self, event: Any, line: int) -> None:
        if event.anchor:
            self._refuse("anchors (&) are not used in declarations", line)
        if event.tag:
            self._refuse(f"tags such as {str(event.tag)[:60]} are not used in declarations", line)

    def _refuse(self, what: str, line: int, remedy: str = "write the value out") -> None:
        self.problems.append(Problem("file", what, line, remedy))


class _Open:
    """A list or mapping whose end has not come yet."""

    def __init__(self, container: Any, place: Place) -> None:
        self.container = container
        self.place = place
        self.key: str | None = None

    @property
    def wants_key(self) -> bool:
        return isinstance(self.container, dict) and self.key is None

    def add(self, value: Any, line: int, lines: dict[Place, int]) -> Place:
        if self.key is None:
            self.container.append(value)
            place = (*self.place, len(self.container) - 1)
            lines[place] = line
            return place
        place = (*self.place, self.key)
        self.container[self.key] = value
        self.key = None
        return place


def _value(text: str, kind: str) -> Any:
    match kind:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            if len(text) > LONGEST_NUMBER:
                raise ValueError(text)
            digits = text.replace("_", "")
            return int(digits, 0 if digits.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else 10)
        case "float":
            return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
        case _:
            return text


def _fatal(what: str, line: int, remedy: str) -> SpecError:
    return SpecError(what, problems=[Problem("file", what, line, remedy)])

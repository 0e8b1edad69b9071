"""Read: YAML to a declaration, with every mistake at once, each with its line and the nearest valid word."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mainspring.automation.written.lines import Lines, Place, read_lines
from mainspring.errors import Problem, SpecError, nearest

T = TypeVar("T", bound=BaseModel)

_PLAIN_WORDS = {
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping (key: value)",
    "model_type": "must be a mapping (key: value)",
    "model_attributes_type": "must be a mapping (key: value)",
}


def read(path: Path, kind: type[T]) -> T:
    """The declaration in a YAML file.

    Raises:
        SpecError: with all its problems.
    """
    plain, lines = read_lines(path)
    try:
        return kind.model_validate(plain, context={"folder": path.parent})
    except ValidationError as error:
        problems = problems_of(error, kind, lines)
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise SpecError(f"the declaration has {count}", where=str(path), problems=problems) from None


def problems_of(error: ValidationError, kind: type[BaseModel], lines: Lines) -> list[Problem]:
    """The problems a validation found, each with the line it is on, in the order of the lines."""
    details = error.errors(include_url=False)
    problems = [_problem(detail, kind, lines) for detail in details]
    # Of a union's members each complains, all at one place: the first that knows a remedy is told.
    best: dict[tuple[str, ...], Problem] = {}
    for detail, problem in zip(details, problems, strict=True):
        at = (problem.path, problem.what) if detail["type"] == "mainspring" else (problem.path,)
        if at not in best or (problem.remedy and not best[at].remedy):
            best[at] = problem
    return sorted(best.values(), key=lambda problem: (problem.line or 0, problem.path))


def line_of(at: Place, lines: Lines) -> int | None:
    """The line of a path, or of the nearest thing around it that has one."""
    while at not in lines and at:
        at = at[:-1]
    return lines.get(at)


def dotted(at: Iterable[str | int]) -> str:
    """``('decide', 'rules', 0, 'if')`` → ``decide.rules[0].if``"""
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the declaration"


def _problem(detail: ErrorDetails, kind: type[BaseModel], lines: Lines) -> Problem:
    at = _declared_place(detail["loc"], lines)
    line, where = line_of(at, lines), dotted(at)
    context = cast(Mapping[str, Any], detail.get("ctx", {}))
    match detail["type"]:
        case "mainspring":
            return Problem(where, context["what"], line, context["remedy"])
        case "extra_forbidden":
            return Problem(where, "unknown key", line, _known(str(at[-1]), _keys(_kind_at(kind, at[:-1]))))
        case "missing":
            return Problem(where, "is missing", line_of(at[:-1], lines), f"add {at[-1]!r}")
        case "literal_error" | "enum":
            known = [word.strip("' ") for word in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
            what = f"{_shown(detail['input'])} is not known here"
            return Problem(where, what, line, _known(str(detail["input"]), known, "one of"))
        case "string_pattern_mismatch":
            remedy = "use small letters, digits, - and _, beginning with a letter"
            return Problem(where, f"{_shown(detail['input'])} is no name", line, remedy)
        case "value_error":
            return Problem(where, str(context["error"]), line)
        case known_type if known_type in _PLAIN_WORDS:
            given = "" if isinstance(detail["input"], dict | list) else f", not {_shown(detail['input'])}"
            return Problem(where, _PLAIN_WORDS[known_type] + given, line)
        case _:
            told = detail["msg"].removeprefix("Input ")
            return Problem(where, told[:1].lower() + told[1:], line)


def _known(word: str, known: list[str], lead: str = "known here") -> str:
    guess = nearest(word, known)
    return f"did you mean {guess!r}?" if guess else f"{lead}: {', '.join(known)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _declared_place(loc: tuple[str | int, ...], lines: Lines) -> Place:
    """Pydantic's location without the names of a union's members, which stand nowhere in the file."""
    at: Place = ()
    for i, part in enumerate(loc):
        last = i == len(loc) - 1
        if (*at, part) in lines or (last and not _is_member(part)):
            at = (*at, part)
    return at


def _is_member(part: str | int) -> bool:
    text = str(part)
    return "[" in text or text in {"str", "int", "float", "bool", "OutcomeGains"}


def _kind_at(kind: type[BaseModel], at: Place) -> type[BaseModel]:
    """The model that stands at a place; the nearest above where there is none."""
    for part in at:
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        if part in fields:
            kind = next(_models(fields[str(part)].annotation), kind)
    return kind


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _keys(kind: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()]

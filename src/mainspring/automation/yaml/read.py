"""Read: YAML to a declaration, with every mistake at once, each with its line and the nearest valid word."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mainspring.automation.yaml.lines import Lines, Path_, read_lines
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
        return kind.model_validate(plain)
    except ValidationError as error:
        problems = problems_of(error, kind, lines)
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise SpecError(f"the declaration has {count}", where=str(path), problems=problems) from None


def problems_of(error: ValidationError, kind: type[BaseModel], lines: Lines) -> list[Problem]:
    """The problems a validation found, each with the line it is on, in the order of the lines."""
    found = [_problem(detail, kind, lines) for detail in error.errors(include_url=False)]
    # Of a union's members each complains; the one that knows a remedy is the one that was meant.
    best = {problem.path: problem for problem in sorted(found, key=lambda problem: bool(problem.remedy))}
    return sorted(best.values(), key=lambda problem: (problem.line or 0, problem.path))


def line_of(at: Path_, lines: Lines) -> int | None:
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
    at = _declared_path(detail["loc"], lines)
    line, where = line_of(at, lines), dotted(at)
    if detail["type"] == "extra_forbidden":
        known = _keys(_kind_at(kind, at[:-1]))
        guess = nearest(str(at[-1]), known)
        return Problem(
            where, "unknown key", line, f"did you mean {guess!r}?" if guess else f"known here: {', '.join(known)}"
        )
    if detail["type"] == "missing":
        return Problem(where, "is missing", line_of(at[:-1], lines), f"add {at[-1]!r}")
    if detail["type"] in ("literal_error", "enum"):
        return _not_a_choice(detail, where, line)
    context = cast(Mapping[str, Any], detail.get("ctx", {}))
    told = (
        str(context["error"])
        if detail["type"] == "value_error"
        else _PLAIN_WORDS.get(detail["type"], detail["msg"].lower())
    )
    given = "" if isinstance(detail["input"], dict | list) else f", not {_shown(detail['input'])}"
    if detail["type"] == "string_pattern_mismatch" and at == ("name",):
        return Problem(
            where,
            f"{_shown(detail['input'])} is no name",
            line,
            "use small letters, digits, - and _, beginning with a letter",
        )
    return Problem(where, told + (given if detail["type"] in _PLAIN_WORDS else ""), line)


def _not_a_choice(detail: ErrorDetails, where: str, line: int | None) -> Problem:
    expected = str(cast(Mapping[str, Any], detail.get("ctx", {})).get("expected", ""))
    known = [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]
    guess = nearest(str(detail["input"]), known)
    remedy = f"did you mean {guess!r}?" if guess else f"one of: {', '.join(known)}"
    return Problem(where, f"{_shown(detail['input'])} is not known here", line, remedy)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _declared_path(loc: tuple[str | int, ...], lines: Lines) -> Path_:
    """Pydantic's location without the names of union members, which stand nowhere in the file."""
    at: Path_ = ()
    for i, part in enumerate(loc):
        last = i == len(loc) - 1
        if (*at, part) in lines or (last and not _is_member(part)):
            at = (*at, part)
    return at


def _is_member(part: str | int) -> bool:
    text = str(part)
    return "[" in text or text in {"str", "int", "float", "bool", "Path", "path", "OutcomeGains"}


def _kind_at(kind: type[BaseModel], at: Path_) -> type[BaseModel]:
    """The model that stands at a path; the nearest above where there is none."""
    for part in at:
        if not isinstance(part, str):
            continue
        by_name = {field.alias or name: field for name, field in kind.model_fields.items()}
        if part in by_name:
            kind = next(_models(by_name[part].annotation), kind)
    return kind


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _keys(kind: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()]

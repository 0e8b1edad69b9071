"""Client: a typed client of one automation, as the source of a Python module."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.run.contract.fields import Schema, kinds
from mainspring.run.contract.module import MODULE
from mainspring.run.flow import CODE_VERSION

PYTHON = {
    "number": "float", "integer": "int", "string": "str", "boolean": "bool", "null": "None", "array": "list[Any]",
}  # fmt: skip
INDENT = "    "
TYPING = ("Any", "Literal", "Required", "Self", "TypedDict", "cast")
SHOWN = 'EXAMPLE: Record = {!r}\n"""A record of typical values."""\n\n'


def client_of(contract: Mapping[str, Any]) -> str:
    """``contract`` is what :meth:`Contracts.of` tells. What it tells stands in literals only, so that no name of a column is ever code."""
    record, decision = contract["record"], contract["decision"]
    outcome = _python(decision["properties"]["prediction"], never_null=True)
    replaced = {
        "AUTOMATION": repr(contract["automation"]),
        "VERSION": repr(CODE_VERSION),
        "RECORD": _typed("Record", record["properties"], record["required"], total=False),
        "PREDICTION": _typed("Prediction", _answers(decision), (), total=True),
        "DECISION": _typed("Decision", decision["properties"], (), total=True),
        "OUTCOME": outcome if outcome not in ("", "None") else "str | float | bool",
        "EXAMPLE": "".join(f"{SHOWN.format(one)}\n" for one in record.get("examples", ())[:1]),
    }
    replaced["TYPING"] = ", ".join(
        name for name in TYPING if any(name in text for text in (MODULE, *replaced.values()))
    )
    # All at once: what stands in a column's name is not replaced again.
    return re.sub("__([A-Z]+)__", lambda found: replaced[found[1]], MODULE)


def _answers(decision: Schema) -> dict[str, Schema]:
    """What the model alone answers."""
    own = {"decision", "key", "action", "gain", "reasons", "model_version", "policy_version", "at"}
    return {name: schema for name, schema in decision["properties"].items() if name not in own}


def _typed(name: str, fields: Mapping[str, Schema], required: Sequence[str], *, total: bool) -> str:
    """Written as a call: names of columns are seldom names of Python."""
    lines = [f"{name} = TypedDict(", f"{INDENT}{name!r},", f"{INDENT}{{"]
    for field, schema in fields.items():
        told = _python(schema)
        lines.append(f"{INDENT * 2}{field!r}: {f'Required[{told}]' if field in required else told},")
        if note := schema.get("description"):
            lines[-1] += f"  # {_one_line(str(note))}"
    return "\n".join([*lines, f"{INDENT}}},", *([] if total else [f"{INDENT}total=False,"]), ")"])


def _one_line(note: str) -> str:
    """As a comment may hold it, whatever was declared."""
    return " ".join("".join(c if c.isprintable() else " " for c in note).split())


def _python(schema: Schema, *, never_null: bool = False) -> str:
    if "enum" in schema:
        values = [value for value in schema["enum"] if not isinstance(value, float)]
        # A literal cannot be a fraction.
        plain = ["float"] if len(values) < len(schema["enum"]) else []
        told = [*([f"Literal[{', '.join(map(repr, values))}]"] if values else []), *plain]
        return " | ".join(told) if not never_null else _without_null(values, plain)
    if "enum" in schema.get("items", {}):
        each = f"list[{_python(schema['items'])}]"
        return each if never_null or "null" not in kinds(schema) else f"{each} | None"
    if schema.get("type") == "array" and schema.get("items", {}).get("type") == "string":
        return "list[str]"
    told = dict.fromkeys(PYTHON[kind] for kind in kinds(schema) if not (never_null and kind == "null"))
    return " | ".join(told) or "None"


def _without_null(values: Sequence[object], plain: Sequence[str]) -> str:
    known = [value for value in values if value is not None]
    return " | ".join([*([f"Literal[{', '.join(map(repr, known))}]"] if known else []), *plain])

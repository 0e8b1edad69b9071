"""Fields: what a record of an automation may bring, told from its declaration and from how its columns are read."""

from collections.abc import Mapping
from typing import Any

from mainspring.automation.prepare import Expectation
from mainspring.run.desk import Desk
from mainspring.steps.prepare.clean import ColumnPlan

Schema = dict[str, Any]
SCALAR = ["number", "string", "boolean", "null"]
"""What the value of a field may be at all."""
OWN_KIND = {"number": "number", "whole": "integer", "boolean": "boolean"}
PROTECTED = "x-mainspring-protected"


def fields_of(desk: Desk) -> dict[str, Schema]:
    """Field → JSON Schema (2020-12) of its values, in the order of the table that was learned from; further fields are not read.

    What is declared about protected columns is about the values that replace theirs, and is not said here.
    """
    protect = desk.automation.prepare.protect
    expect = desk.automation.prepare.expect
    plans = {column.name: column for column in desk.plan.columns}
    named = [*(name for name in plans if name in desk.fields), *sorted(desk.fields - plans.keys())]
    told: dict[str, Schema] = {}
    for name in named:
        if name in protect:
            if protect[name] != "drop":
                told[name] = {
                    "type": SCALAR,
                    "description": f"protected ({protect[name]}) before it is kept",
                    PROTECTED: protect[name],
                }
            continue
        plan = plans.get(name)
        told[name] = {"type": list(SCALAR)} if plan is None else _field(plan, expect.get(name))
    return told


def required_of(desk: Desk) -> list[str]:
    """The fields without which no record is decided."""
    protect = desk.automation.prepare.protect
    declared = desk.automation.prepare.expect
    return [
        name for name, one in declared.items() if one.required and name in desk.fields and protect.get(name) != "drop"
    ]


def _field(plan: ColumnPlan, expected: Expectation | None) -> Schema:
    told = _kind(plan)
    if expected is None:
        return told
    if expected.required:
        told["type"] = [kind for kind in told["type"] if kind != "null"]
    if expected.values is not None:
        told["enum"] = [*expected.values, *([] if expected.required else [None])]
    for name, limit in (("minimum", expected.min), ("maximum", expected.max)):
        if isinstance(limit, int | float):
            told[name] = limit
        elif limit is not None:
            told["description"] = f"{told.get('description', '')} {name} {limit}".strip()
    # Python and JSON Schema write the simple expressions alike.
    if expected.matches is not None and "string" in told["type"] and "(?" not in expected.matches.replace("(?:", ""):
        told["pattern"] = f"^(?:{expected.matches})$"
    return told


def _kind(plan: ColumnPlan) -> Schema:
    kind = plan.reading.kind
    if kind in OWN_KIND:
        return {"type": [OWN_KIND[kind], "null"]}
    if kind == "date":
        return {"type": ["string", "null"], "format": "date-time"}
    if plan.type.startswith(("int", "uint")):
        return {"type": ["integer", "string", "null"]}
    if plan.type.startswith(("float", "double")):
        return {"type": ["number", "string", "null"]}
    return {"type": ["string", "null"]}


def kinds(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema allows."""
    told = schema.get("type", SCALAR)
    return [told] if isinstance(told, str) else list(told)

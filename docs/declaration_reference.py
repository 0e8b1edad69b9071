"""Write the keys of a declaration into docs/declaration.md; with --check, exit 1 when the page is stale."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from mainspring.automation.forms import json_schema

PAGE = Path(__file__).parent / "declaration.md"
PART = re.compile(r"<!-- keys of (\w+), by docs/declaration_reference.py -->\n.*?<!-- end -->", re.DOTALL)
WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
}
NOT_SAID = object()


def parts() -> dict[str, dict[str, Any]]:
    """Every model of the schema that has keys; the declaration itself is ``Automation``."""
    schema = json_schema()
    return {"Automation": schema} | {name: part for name, part in schema["$defs"].items() if "properties" in part}


def keys(name: str) -> str:
    part = parts()[name]
    rows = [row(key, told, key in part.get("required", ())) for key, told in part["properties"].items()]
    return "\n".join(["| key | type | default | meaning |", "|---|---|---|---|", *rows])


def row(key: str, told: dict[str, Any], required: bool) -> str:
    default = "**required**" if required else default_of(told)
    meaning = told.get("description", "").replace("``", "`").replace("\n", " ").replace("|", "\\|")
    return f"| `{key}` | {kind(told)} | {default} | {meaning} |"


def kind(told: dict[str, Any]) -> str:
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name in parts() else kind(json_schema()["$defs"][name])
    if "enum" in told:
        return ", ".join(f"`{word}`" for word in told["enum"])
    if "anyOf" in told:
        return " or ".join(dict.fromkeys(kind(one) for one in told["anyOf"] if one != {"type": "null"}))
    if "examples" in told:
        return "like " + ", ".join(f"`{example}`" for example in told["examples"])
    if told.get("type") == "array":
        return f"list of {kind(told['items'])}" if told.get("items") else "list"
    for inner in (told.get("additionalProperties"), *told.get("patternProperties", {}).values()):
        if isinstance(inner, dict):
            return f"mapping to {kind(inner)}"
    return WORDS[told["type"]] + bounds(told)


def bounds(told: dict[str, Any]) -> str:
    low = told.get("minimum", told.get("exclusiveMinimum"))
    high = told.get("maximum", told.get("exclusiveMaximum"))
    return f", {low}–{high}" if low is not None and high is not None else ""


def default_of(told: dict[str, Any]) -> str:
    default = told.get("default", NOT_SAID)
    if default is NOT_SAID or default in (None, "", [], {}) or isinstance(default, dict):
        return ""
    if any("60s" in example for example in told.get("examples", ())):
        return f"`{length(default)}`"
    if any("of 3" in example for example in told.get("examples", ())):
        return f"`{' of '.join(map(str, default))}`"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def length(seconds: float) -> str:
    unit, size = next((u, s) for u, s in (("d", 86400), ("h", 3600), ("s", 1)) if seconds >= s or u == "s")
    return f"{seconds / size:g}{unit}"


def page(now: str) -> str:
    return PART.sub(
        lambda found: f"<!-- keys of {found[1]}, by docs/declaration_reference.py -->\n{keys(found[1])}\n<!-- end -->",
        now,
    )


if __name__ == "__main__":
    now = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        sys.exit(page(now) != now)
    PAGE.write_text(page(now), encoding="utf-8")

"""Forms: a declaration in its other forms: YAML, JSON Schema, a fingerprint."""

import hashlib
import json
from io import StringIO
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from mainspring.automation.automation import Automation

ENDS_OF_LINES = "\x85\u2028\u2029\ufeff"


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a declaration, with every key described."""
    schema = Automation.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Mainspring automation"}


def write(automation: Automation) -> str:
    """YAML that reads back as an equal declaration; what is as by default is left out."""
    out = StringIO()
    writer: Any = YAML(typ="rt")  # ruamel.yaml has no types
    writer.dump(_quoted(automation.model_dump(mode="json", by_alias=True, exclude_defaults=True)), out)
    return out.getvalue()


def _quoted(value: Any) -> Any:
    """With texts quoted twice that hold what a reader takes for the end of a line: the writer itself overlooks them."""
    if isinstance(value, dict):
        return {_quoted(key): _quoted(entry) for key, entry in cast(dict[Any, Any], value).items()}
    if isinstance(value, list):
        return [_quoted(entry) for entry in cast(list[Any], value)]
    if isinstance(value, str) and not value.isascii() and any(sign in value for sign in ENDS_OF_LINES):
        return DoubleQuotedScalarString(value)
    return value


def fingerprint(automation: Automation) -> str:
    """32 hexadecimal digits that are the same for equal declarations, in any process."""
    plain = _unsigned_zero(automation.model_dump(mode="json", by_alias=True))
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def _unsigned_zero(value: Any) -> Any:
    """As it is, but for a zero below nothing, which equals zero and reads otherwise."""
    if isinstance(value, dict):
        return {name: _unsigned_zero(inside) for name, inside in cast(dict[Any, Any], value).items()}
    if isinstance(value, list):
        return [_unsigned_zero(inside) for inside in cast(list[Any], value)]
    return value + 0.0 if isinstance(value, float) else value

"""Forms: a declaration in its other forms: YAML, JSON Schema, a fingerprint."""

import hashlib
import json
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from mainspring.automation.automation import Automation


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a declaration, with every key described."""
    schema = Automation.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Mainspring automation"}


def write(automation: Automation) -> str:
    """YAML that reads back as an equal declaration; what is as by default is left out."""
    out = StringIO()
    writer: Any = YAML(typ="safe")  # ruamel.yaml has no types
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False
    writer.allow_unicode = True
    writer.dump(automation.model_dump(mode="json", by_alias=True, exclude_defaults=True), out)
    return out.getvalue()


def fingerprint(automation: Automation) -> str:
    """32 hexadecimal digits that are the same for equal declarations, in any process."""
    plain = automation.model_dump(mode="json", by_alias=True)
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]

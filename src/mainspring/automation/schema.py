"""Schema: the JSON Schema of a declaration, so that editors complete it."""

from typing import Any

from mainspring.automation.automation import Automation


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a declaration, with every key described."""
    schema = Automation.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Mainspring automation"}

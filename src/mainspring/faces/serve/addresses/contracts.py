"""Contracts: what an automation is asked and what it answers, as JSON Schema, and as an OpenAPI document of its own."""

import copy
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict

from mainspring.faces.serve.answers import JsonResponse
from mainspring.faces.serve.documents import PROBLEMS, Document
from mainspring.faces.serve.door.guard import Guarded, needs
from mainspring.faces.serve.gateway import Gateway
from mainspring.run.access.roles import Role

CONTRACTS = APIRouter(default_response_class=JsonResponse, route_class=Guarded)
HERE = "/v1/automations/{name}"
RECORD, DECISION = "Record", "DecisionOfRecord"
ASKED_OF = ("decisions", "predictions")


class Deprecated(Document):
    model_config = ConfigDict(extra="forbid")
    since: str
    """From then on it should not be asked any more; it may be in the future."""
    sunset: str | None
    """From then on it may not answer any more."""
    instead: str | None
    """The automation to ask instead."""
    link: str | None
    """A page that tells more."""


class Contract(Document):
    model_config = ConfigDict(extra="forbid")
    automation: str
    version: int | None
    """Of the model that decides; null where rules alone do."""
    record: dict[str, Any]
    """JSON Schema (2020-12) of a record, with an example."""
    decision: dict[str, Any]
    """JSON Schema (2020-12) of a decision."""
    deprecated: Deprecated | None
    """Null of one that goes on."""
    deprecated_fields: dict[str, Deprecated]
    """Of a record's fields, those that should not be sent any more; `instead` is the field to send."""


@CONTRACTS.get(HERE + "/schema", responses={200: {"model": Contract}, **PROBLEMS}, openapi_extra=needs(Role.VIEWER))
async def schema(name: str, request: Request) -> Response:
    """What the records of the automation may bring, and what its decisions hold: fields, types, limits, examples of typical values."""
    gateway = cast(Gateway, request.app.state.gateway)
    return JsonResponse(await gateway.ask(partial(gateway.workspace.contracts.of, name)))


@CONTRACTS.get(
    HERE + "/openapi.json",
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}, **PROBLEMS},
    openapi_extra=needs(Role.VIEWER),
)
async def openapi(name: str, request: Request) -> Response:
    """The OpenAPI document of this automation alone: its own addresses, its own fields. Generators make clients of it in any language."""
    gateway = cast(Gateway, request.app.state.gateway)
    contract = await gateway.ask(partial(gateway.workspace.contracts.of, name))
    return JsonResponse(narrowed(request.app.openapi(), contract))


def narrowed(described: Mapping[str, Any], contract: Mapping[str, Any]) -> dict[str, Any]:
    """The description of the gateway, of one automation alone."""
    name = contract["automation"]
    own = copy.deepcopy(dict(described))
    own["info"] = {**own["info"], "title": f"Mainspring: {name}"}
    marks: dict[str, Any] = {"deprecated": True} if contract["deprecated"] else {}
    own["paths"] = {
        path.replace(HERE, f"/v1/automations/{name}", 1): {
            method: {**_without_name(told), **marks} for method, told in methods.items()
        }
        for path, methods in own["paths"].items()
        if path.startswith(HERE)
    }
    schemas = own["components"]["schemas"]
    schemas[RECORD], schemas[DECISION] = _part(contract["record"]), _part(contract["decision"])
    for what in ASKED_OF:
        content = own["paths"][f"/v1/automations/{name}/{what}"]["post"]["requestBody"]["content"]["application/json"]
        content["schema"]["properties"]["record"] = {"$ref": f"#/components/schemas/{RECORD}"}
        content["schema"]["properties"]["records"]["items"] = {"$ref": f"#/components/schemas/{RECORD}"}
        examples = contract["record"].get("examples", ())
        content["examples"] = (
            {"one": {"value": {"record": examples[0]}}, "many": {"value": {"records": [*examples]}}} if examples else {}
        )
    one_or_refused = [{"$ref": f"#/components/schemas/{DECISION}"}, {"$ref": "#/components/schemas/Refusal"}]
    schemas["Decisions"]["properties"]["decisions"]["items"] = {"anyOf": one_or_refused}
    schemas["Decision"] = {"$ref": f"#/components/schemas/{DECISION}"}
    return own


def _without_name(told: dict[str, Any]) -> dict[str, Any]:
    rest = [one for one in told.get("parameters", ()) if (one.get("in"), one.get("name")) != ("path", "name")]
    return {**told, "parameters": rest}


def _part(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "$schema"}

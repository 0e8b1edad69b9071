"""Deprecations: saying of an automation, or of a field of its records, that it should not be asked, or sent, any more."""

from functools import partial
from typing import Annotated, cast

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field

from mainspring.faces.serve.access.access import by, caller_of
from mainspring.faces.serve.addresses.contracts import Deprecated
from mainspring.faces.serve.answers import JsonResponse
from mainspring.faces.serve.documents import PROBLEMS, Document
from mainspring.faces.serve.door.guard import Guarded, needs
from mainspring.faces.serve.door.keys import body_of, read_body
from mainspring.faces.serve.gateway import Gateway
from mainspring.run.access.roles import Role

DEPRECATIONS = APIRouter(default_response_class=JsonResponse, route_class=Guarded)
HERE = "/v1/automations/{name}/deprecations"
NAME, LINK = 512, 2_000


class Deprecate(Document):
    model_config = ConfigDict(extra="forbid", strict=True)
    field: str = Field("", max_length=NAME)
    """Of its records; empty, or left out, where the automation itself is meant."""
    since: str = Field("", max_length=40)
    """A date or time (ISO 8601) from which on it is so; now where it is left out."""
    sunset: str = Field("", max_length=40)
    """From then on it may not answer, or not be read, any more."""
    instead: str = Field("", max_length=NAME)
    """The automation to ask, or the field to send."""
    link: str = Field("", max_length=LINK)
    """A page that tells more."""


class Said(Document):
    """How it stands now; `deprecated` is null once that is taken back."""

    model_config = ConfigDict(extra="forbid")
    automation: str
    field: str | None
    deprecated: Deprecated | None


EXAMPLE = {"field": "tenure", "since": "2026-12-01", "sunset": "2027-06-01", "instead": "months"}


@DEPRECATIONS.post(
    HERE,
    responses={200: {"model": Said}, **PROBLEMS},
    openapi_extra=needs(Role.ADMIN, extra=body_of(Deprecate, EXAMPLE)),
)
async def deprecate(name: str, request: Request) -> Response:
    """Tell whoever asks this automation, or sends a field, to leave that. It goes on answering, and nothing ends by itself."""
    gateway, told = cast(Gateway, request.app.state.gateway), cast(Deprecate, await read_body(request, Deprecate))
    deprecations, who = gateway.workspace.contracts.deprecations, by(caller_of(request))
    given = {"since": told.since, "sunset": told.sunset, "instead": told.instead, "link": told.link}
    whole, one = partial(deprecations.say, name, given, who), partial(deprecations.say_of_field, name, told.field)
    made = await gateway.ask(partial(one, given, who) if told.field else whole)
    return JsonResponse({"automation": name, "field": told.field or None, "deprecated": made.to_dict()})


@DEPRECATIONS.delete(HERE, responses={200: {"model": Said}, **PROBLEMS}, openapi_extra=needs(Role.ADMIN))
async def withdraw(name: str, request: Request, field: Annotated[str, Query(max_length=NAME)] = "") -> Response:
    """Take that back, of the automation, or of a `field`."""
    gateway = cast(Gateway, request.app.state.gateway)
    deprecations, who = gateway.workspace.contracts.deprecations, by(caller_of(request))
    if field:
        await gateway.ask(partial(deprecations.withdraw_of_field, name, field, who))
    else:
        await gateway.ask(partial(deprecations.withdraw, name, who))
    return JsonResponse({"automation": name, "field": field or None, "deprecated": None})

"""Versions: which there are, and which of them decides."""

from functools import partial
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict, Field

from mainspring.faces.serve.access.access import by, caller_of
from mainspring.faces.serve.answers import JsonResponse
from mainspring.faces.serve.documents import PROBLEMS, Document
from mainspring.faces.serve.door.guard import Guarded, needs
from mainspring.faces.serve.door.keys import body_of, read_body
from mainspring.faces.serve.gateway import Gateway
from mainspring.run.access.roles import Role

VERSIONS = APIRouter(default_response_class=JsonResponse, route_class=Guarded)
HERE = "/v1/automations/{name}"


class Version(Document):
    model_config = ConfigDict(extra="forbid")
    version: int
    created: str
    aliases: list[str]
    metrics: dict[str, float | None]


class Versions(Document):
    model_config = ConfigDict(extra="forbid")
    versions: list[Version]


class Promoted(Document):
    """With `watch.approvals` above one, `champion` is false until so many people have said so."""

    model_config = ConfigDict(extra="forbid")
    automation: str
    version: int
    champion: bool
    needed: int
    approved_by: list[str]


class Promote(Document):
    model_config = ConfigDict(extra="forbid", strict=True)
    version: int = Field(ge=1, le=2**31 - 1)
    why: str = Field("", max_length=2_000)


class RollBack(Document):
    model_config = ConfigDict(extra="forbid", strict=True)
    why: str = Field("", max_length=2_000)


class RolledBack(Document):
    model_config = ConfigDict(extra="forbid")
    automation: str
    version: int


@VERSIONS.get(HERE + "/versions", responses={200: {"model": Versions}, **PROBLEMS}, openapi_extra=needs(Role.VIEWER))
async def versions(name: str, request: Request) -> Response:
    """The model versions, oldest first."""
    gateway = cast(Gateway, request.app.state.gateway)
    found = await gateway.ask(partial(gateway.workspace.models.list, name))
    return JsonResponse(
        {
            "versions": [
                {
                    "version": one.version, "created": one.created.isoformat(), "aliases": list(one.aliases),
                    "metrics": dict(one.card.metrics),
                }
                for one in found
            ]
        }
    )  # fmt: skip


@VERSIONS.post(
    HERE + "/promotions",
    responses={200: {"model": Promoted}, **PROBLEMS},
    openapi_extra=needs(Role.APPROVER, extra=body_of(Promote, {"version": 1, "why": "better on the test rows"})),
)
async def promote(name: str, request: Request) -> Response:
    """Say that a version should decide from now on; it does when as many approvers as the declaration asks for have said so."""
    gateway, told = cast(Gateway, request.app.state.gateway), cast(Promote, await read_body(request, Promote))
    work = partial(gateway.workspace.models.promote, name, told.version, told.why, by=by(caller_of(request)))
    return JsonResponse(await gateway.ask(work))


@VERSIONS.post(
    HERE + "/rollbacks",
    responses={200: {"model": RolledBack}, **PROBLEMS},
    openapi_extra=needs(Role.APPROVER, extra=body_of(RollBack, {"why": "more complaints"})),
)
async def roll_back(name: str, request: Request) -> Response:
    """Let the champion before this one decide again."""
    gateway, told = cast(Gateway, request.app.state.gateway), cast(RollBack, await read_body(request, RollBack))
    before = await gateway.ask(partial(gateway.workspace.models.rollback, name, told.why, by=by(caller_of(request))))
    answer: dict[str, Any] = {"automation": name, "version": before.version}
    return JsonResponse(answer)

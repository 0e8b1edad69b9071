"""Keys: the addresses of who one is, sessions of browsers, and the keys."""

import time
from functools import partial
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from mainspring.faces.serve.access.access import CALLER, caller_of, unknown
from mainspring.faces.serve.access.session import COOKIE
from mainspring.faces.serve.answers import JsonResponse
from mainspring.faces.serve.body import read_json
from mainspring.faces.serve.documents import PROBLEMS, Document
from mainspring.faces.serve.door.guard import Guarded, needs, open_to_all
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.problems import Refused
from mainspring.run.access.roles import Caller, Role

ACCESS = APIRouter(default_response_class=JsonResponse, route_class=Guarded)


class Me(Document):
    model_config = ConfigDict(extra="forbid")
    name: str
    id: str
    roles: dict[str, str]
    """Automation (`topic:NAME` for a topic, `*` for everything) → role."""


class KeyFacts(Document):
    model_config = ConfigDict(extra="forbid")
    id: str
    name: str
    roles: list[str]
    state: str
    created: str
    by: str
    expires: str | None
    rate: float | None
    quota: int | None
    today: int = 0


class NewKey(KeyFacts):
    key: str
    """Shown this once."""


class KeyList(Document):
    model_config = ConfigDict(extra="forbid")
    keys: list[KeyFacts]


class Shown(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    key: str


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    roles: list[str]
    expires: str | None = None
    rate: float | None = None
    quota: int | None = None


def body_of(model: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}}


async def read_body(request: Request, model: type[BaseModel]) -> Any:
    gateway = cast(Gateway, request.app.state.gateway)
    try:
        return model.model_validate(await read_json(request, gateway.limits))
    except ValidationError as error:
        # What was given may be a key: only what is wrong with it is told.
        errors = [(".".join(map(str, one["loc"])) or "body", one["msg"]) for one in error.errors(include_input=False)]
        raise Refused(422, "bad-request", "the body has wrong members", errors=errors) from None


def _me(caller: Caller) -> dict[str, Any]:
    return {"name": caller.name, "id": caller.id, "roles": {where: str(role) for where, role in caller.grants.items()}}


@ACCESS.get("/v1/session", responses={200: {"model": Me}, **PROBLEMS}, openapi_extra=open_to_all())
async def me(request: Request) -> Response:
    """Who the gateway takes one for, and the roles."""
    return JsonResponse(_me(caller_of(request)))


@ACCESS.post(
    "/v1/session",
    responses={200: {"model": Me}, **PROBLEMS},
    openapi_extra=open_to_all(body_of(Shown, {"key": "ms_…"})),
)
async def log_in(request: Request) -> Response:
    """Begin a browser's session: a key or a token is shown once, and a cookie remembers it, out of reach of scripts."""
    gateway = cast(Gateway, request.app.state.gateway)
    if "origin" in request.headers and not gateway.access.ours(request.headers):
        raise Refused(403, "cross-site", "the request comes from another site's page")
    shown: Shown = await read_body(request, Shown)
    looked = await gateway.look(shown.key.strip())
    if looked is None:
        raise unknown()
    caller, until = looked
    value, ends = gateway.access.sessions.begin(caller, until)
    answer = JsonResponse(_me(caller))
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, value, max_age=int(ends - time.time()), httponly=True, samesite="strict", secure=secure)
    return answer


@ACCESS.delete("/v1/session", status_code=204, response_class=Response, responses=PROBLEMS, openapi_extra=open_to_all())
async def log_out(request: Request) -> Response:
    """End a browser's session."""
    answer = Response(status_code=204)
    if request.scope.get(CALLER) is not None:
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


@ACCESS.get("/v1/keys", responses={200: {"model": KeyList}, **PROBLEMS}, openapi_extra=needs(Role.ADMIN, "everything"))
async def keys(request: Request) -> Response:
    """The keys that were given out; the keys themselves are not kept."""
    gateway = cast(Gateway, request.app.state.gateway)
    return JsonResponse({"keys": await gateway.ask(gateway.workspace.keys.list)})


@ACCESS.post(
    "/v1/keys",
    status_code=201,
    responses={201: {"model": NewKey}, **PROBLEMS},
    openapi_extra=needs(
        Role.ADMIN, "everything", body_of(Wanted, {"name": "shop", "roles": ["operator:retention"], "expires": "90d"})
    ),
)
async def new_key(request: Request) -> Response:
    """Make a key: it is in the answer, and nowhere else ever after."""
    gateway, wanted = cast(Gateway, request.app.state.gateway), cast(Wanted, await read_body(request, Wanted))
    make = partial(
        gateway.workspace.keys.new, wanted.name, wanted.roles, lasts=wanted.expires, rate=wanted.rate,
        quota=wanted.quota, by=caller_of(request).name,
    )  # fmt: skip
    return JsonResponse(await gateway.ask(make), 201)


@ACCESS.delete(
    "/v1/keys/{id}", responses={200: {"model": KeyFacts}, **PROBLEMS}, openapi_extra=needs(Role.ADMIN, "everything")
)
async def revoke_key(id: str, request: Request) -> Response:
    """Take a key back."""
    gateway = cast(Gateway, request.app.state.gateway)
    revoked = await gateway.ask(partial(gateway.workspace.keys.revoke, id, by=caller_of(request).name))
    await gateway.ask(gateway.access.refresh)
    return JsonResponse(revoked)

"""Routes: the addresses of the gateway."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import cast

from fastapi import APIRouter, Request, Response

from mainspring.errors import MainspringError
from mainspring.faces.serve.access.access import CALLER, caller_of
from mainspring.faces.serve.answers import JsonResponse
from mainspring.faces.serve.body import Asked, asked, read_json
from mainspring.faces.serve.documents import (
    ASK_DECISIONS,
    ASK_PREDICTIONS,
    PROBLEMS,
    SEND_FEEDBACK,
    Automations,
    Decision,
    Decisions,
    Explanation,
    Feedback,
    Health,
    Prediction,
    Predictions,
    Readiness,
    Status,
)
from mainspring.faces.serve.door.guard import Guarded, needs, open_to_all
from mainspring.faces.serve.door.swift import decided, predicted
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.load.metrics import KIND
from mainspring.faces.serve.problems import Refused
from mainspring.run.access.roles import Role

ROUTES = APIRouter(default_response_class=JsonResponse, route_class=Guarded)
LOG = logging.getLogger(__name__)
HERE = "/v1/automations/{name}"


def _gateway(request: Request) -> Gateway:
    return cast(Gateway, request.app.state.gateway)


async def _asked(request: Request, options: dict[str, type], lists: Sequence[str] = ()) -> Asked:
    limits = _gateway(request).limits
    return asked(await read_json(request, limits), limits, options, lists)


@ROUTES.post(
    HERE + "/decisions",
    responses={200: {"model": Decision | Decisions}, **PROBLEMS},
    openapi_extra=needs(Role.OPERATOR, extra=ASK_DECISIONS),
)
async def decide(name: str, request: Request) -> Response:
    """Decide for one record or many: the model's answer, the policy's choice, the reasons. Actions go out from here.

    Of many, the answers come in order; a record that cannot be decided has its `problem` there and spoils no other.
    """
    return Response(await decided(_gateway(request), name, request), media_type="application/json")


@ROUTES.post(
    HERE + "/predictions",
    responses={200: {"model": Prediction | Predictions}, **PROBLEMS},
    openapi_extra=needs(Role.OPERATOR, extra=ASK_PREDICTIONS),
)
async def predict(name: str, request: Request) -> Response:
    """The model's answer alone, for one record or many: nothing is decided, recorded or acted upon."""
    return Response(await predicted(_gateway(request), name, request), media_type="application/json")


@ROUTES.post(
    HERE + "/feedback",
    responses={200: {"model": Feedback}, **PROBLEMS},
    openapi_extra=needs(Role.OPERATOR, extra=SEND_FEEDBACK),
)
async def feedback(name: str, request: Request) -> Response:
    """What happened: each record has `decision` (the id) or the key, and `outcome`. All are taken, or none."""
    gateway, told = _gateway(request), await _asked(request, {}, ("outcome",))
    for refused in told.wrong.values():
        raise refused
    return JsonResponse(await gateway.ask(lambda: gateway.workspace.feedback(name, told.records)))


@ROUTES.get(
    "/v1/automations",
    responses={200: {"model": Automations}, **PROBLEMS},
    openapi_extra=needs(Role.VIEWER, "anything"),
)
async def automations(request: Request) -> Response:
    """The automations of this workspace that the caller may look at."""
    gateway, caller = _gateway(request), caller_of(request)
    listed = await gateway.ask(gateway.workspace.automations)
    return JsonResponse({"automations": [entry for entry in listed if caller.may(Role.VIEWER, entry["name"])]})


@ROUTES.get(HERE, responses={200: {"model": Status}, **PROBLEMS}, openapi_extra=needs(Role.VIEWER))
async def status(name: str, request: Request) -> Response:
    """How an automation is doing."""
    gateway = _gateway(request)
    return JsonResponse(await gateway.ask(partial(gateway.workspace.status, name)))


@ROUTES.get(
    HERE + "/decisions/{decision}",
    responses={200: {"model": Explanation}, **PROBLEMS},
    openapi_extra=needs(Role.VIEWER),
)
async def explain(name: str, decision: str, request: Request) -> Response:
    """A decision explained."""
    gateway = _gateway(request)
    return JsonResponse(await gateway.ask(partial(gateway.workspace.explain, name, decision)))


@ROUTES.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **PROBLEMS},
    openapi_extra=needs(Role.VIEWER, "everything"),
)
async def metrics(request: Request) -> Response:
    """Counts and times for Prometheus."""
    gateway = _gateway(request)
    return Response(await gateway.ask(gateway.metrics.shown), media_type=KIND)


@ROUTES.get("/healthz", responses={200: {"model": Health}}, openapi_extra=open_to_all())
async def alive() -> Response:
    """Whether the gateway is alive. Asks nothing of the workspace."""
    return JsonResponse({"status": "alive"})


@ROUTES.get("/readyz", responses={200: {"model": Readiness}, **PROBLEMS}, openapi_extra=open_to_all())
async def ready(request: Request) -> Response:
    """Whether the database answers, every champion is open, and all that goes on beside answering does; 503 when not, and when it is
    being stopped. Who shows a key is told which automations are open.
    """
    gateway, caller = _gateway(request), request.scope.get(CALLER)
    if not gateway.well():
        raise Refused(
            503, "not-ready", "the gateway is being stopped, or a part of it has ended", headers={"Retry-After": "5"}
        )
    try:
        names = await gateway.ask(gateway.workspace.live.open_all, always=True)
        seen = [] if caller is None else [name for name in names if caller.may(Role.VIEWER, name)]
        return JsonResponse({"status": "ready", "automations": seen})
    except MainspringError as error:
        LOG.error("not ready: %s", error)
        raise Refused(503, "not-ready", "an automation cannot be opened; the gateway's log says why") from None

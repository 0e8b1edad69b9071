"""Swift: decisions and predictions asked for over HTTP, answered without a detour through routing: what is asked most must cost least."""

from collections.abc import MutableMapping
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from mainspring.decision import NO_ACTION
from mainspring.faces.serve.access.access import CALLER
from mainspring.faces.serve.answers import counted, each
from mainspring.faces.serve.body import as_json, asked, read_bytes
from mainspring.faces.serve.documents import DECIDE_OPTIONS
from mainspring.faces.serve.door.guard import check
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.load.gathering import Manner
from mainspring.faces.serve.load.metrics import ROUTE
from mainspring.faces.serve.problems import Refused, problem_of
from mainspring.faces.serve.trail.trail import TRAIL, Trail
from mainspring.run.access.roles import Role
from mainspring.run.stages.stages import heard_by

BEFORE, DECISIONS, PREDICTIONS = "/v1/automations/", "/decisions", "/predictions"
JSON = (b"content-type", b"application/json")


class Swift:
    """ASGI middleware, behind the door: takes ``POST …/decisions`` and ``…/predictions``, and hands on everything else."""

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self._app, self._gateway = app, gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        kind = DECISIONS if path.endswith(DECISIONS) else PREDICTIONS
        name = path[len(BEFORE) : -len(kind)]
        if (
            scope.get("method") != "POST"
            or not (path.startswith(BEFORE) and path.endswith(kind))
            or not name
            or "/" in name
        ):
            await self._app(scope, receive, send)
            return
        scope[ROUTE] = route = f"{BEFORE}{{name}}{kind}"
        turned_away, client = self._gateway.gathering.turned_away, scope.get("client")
        answer = decided if kind == DECISIONS else predicted
        try:
            check(scope[CALLER], Role.OPERATOR, "automation", name)
            await turned_away.wait(client, name)
            body = await answer(self._gateway, name, Request(scope, receive))
        except Exception as error:
            if isinstance(error, Refused):
                turned_away.remember(client, name, error)
            await problem_of(error, "POST", scope["path"], route)(scope, receive, send)
            return
        headers = [JSON, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def decided(gateway: Gateway, name: str, request: Request) -> bytes:
    """The answer to a request for decisions, as JSON."""
    trail: Trail = request.scope[TRAIL]
    heard = trail.heard
    question = asked(as_json(await read_bytes(request, gateway.limits)), gateway.limits, DECIDE_OPTIONS)
    gateway.sent(name, question, trail)
    occasion = question.options.get("occasion", "")
    manner = Manner(question.options.get("reasons", True), question.options.get("durable", True))
    if question.many:
        work = partial(
            gateway.workspace.live.decide, name, occasion=occasion, reasons=manner.reasons, durable=manner.durable
        )
        rows, bad = await gateway.compute(partial(heard_by, heard, partial(each, question, work)))
        acted = [row["action"] for row in rows if "action" in row]
        trail.about(name, rows)
        answer: MutableMapping[str, Any] = dict(counted("decisions", rows, bad))
    else:
        answer = await gateway.gathering.decide(name, question.records[0], occasion, manner, heard)
        acted = [answer["action"]]
        trail.about(name, (answer,))
    for action in acted:
        gateway.metrics.decisions.labels(name, action).inc()
    if any(action != NO_ACTION for action in acted):
        gateway.deliveries.wake()
    return orjson.dumps(answer, default=str)


async def predicted(gateway: Gateway, name: str, request: Request) -> bytes:
    """The answer to a request for predictions, as JSON."""
    question = asked(as_json(await read_bytes(request, gateway.limits)), gateway.limits, {})
    gateway.sent(name, question, request.scope[TRAIL])
    if not question.many:
        return orjson.dumps(await gateway.gathering.predict(name, question.records[0]), default=str)
    work = partial(each, question, partial(gateway.workspace.live.predict, name))
    return orjson.dumps(counted("predictions", *await gateway.compute(work)), default=str)

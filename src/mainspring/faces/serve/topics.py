"""Topics: events come in over HTTP, signed by who sends them."""

import hashlib
import hmac
import os
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from fastapi import APIRouter, Request, Response

from mainspring.errors import BadEvent
from mainspring.faces.serve.access.access import CALLER
from mainspring.faces.serve.answers import JsonResponse
from mainspring.faces.serve.body import as_json, read_bytes
from mainspring.faces.serve.documents import PROBLEMS, PUBLISH_EVENTS, Published
from mainspring.faces.serve.door.guard import Guarded, check, open_to_all
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.problems import Refused
from mainspring.faces.serve.trail.deprecated import SENT
from mainspring.faces.serve.trail.trail import TRAIL
from mainspring.run.access.roles import Role

TOPICS = APIRouter(default_response_class=JsonResponse, route_class=Guarded)
SECRET = "MAINSPRING_TOPIC_SECRET"
SIGNATURES = ("x-signature-256", "x-hub-signature-256")
KEYS = ("idempotency-key", "webhook-id", "x-github-delivery")
LONGEST_KEY = 200


@TOPICS.post(
    "/v1/topics/{name}",
    status_code=202,
    responses={202: {"model": Published, "headers": SENT}, **PROBLEMS},
    openapi_extra=open_to_all(PUBLISH_EVENTS),
)
async def publish(name: str, request: Request) -> Response:
    """Events come in: a CloudEvent, a plain row, or a list of them. All are kept, or none.

    Whoever sends them shows a key with the role operator for `topic:NAME`, or signs them: `X-Signature-256: sha256=<hex>` is the
    HMAC-SHA256 of the body under the secret that the gateway has in the environment (`MAINSPRING_TOPIC_SECRET`, for one topic
    `MAINSPRING_TOPIC_SECRET_<NAME>`). With an `Idempotency-Key`, sending the same again adds nothing. `Deprecated-Fields` names the fields
    that automations which decide on these events should not be sent any more.
    """
    gateway = cast(Gateway, request.app.state.gateway)
    raw = await read_bytes(request, gateway.limits)
    if (caller := request.scope.get(CALLER)) is not None:
        check(caller, Role.OPERATOR, "automation", f"topic:{name}")
    else:
        _check_signature(name, raw, request.headers)
    rows = _rows(as_json(raw), gateway.limits.records)
    key = next((told for header in KEYS if (told := request.headers.get(header))), "") or uuid.uuid4().hex
    if len(key) > LONGEST_KEY:
        raise Refused(422, "bad-key", f"the idempotency key is longer than {LONGEST_KEY} characters")
    count = await gateway.ask(partial(gateway.workspace.topics.publish, name, rows, key=key))
    records = [row["data"] if "specversion" in row else row for row in rows]
    await gateway.published(name, records, request.scope[TRAIL])
    return JsonResponse({"published": count}, 202)


def _check_signature(name: str, raw: bytes, headers: Mapping[str, str]) -> None:
    own = f"{SECRET}_{''.join(c if c.isalnum() else '_' for c in name).upper()}"
    secret = os.environ.get(own) or os.environ.get(SECRET)
    if not secret:
        raise Refused(
            403,
            "closed",
            "this gateway takes no events",
            remedy=f"set {SECRET} or {own} where it runs, and start it again",
        )
    told = next((value for header in SIGNATURES if (value := headers.get(header))), None)
    if told is None:
        raise Refused(
            401,
            "unsigned",
            "the request has no signature",
            remedy="send X-Signature-256: sha256=<HMAC-SHA256 of the body, in hex>",
        )
    wanted = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(
        told.strip().lower().removeprefix("sha256=").encode("utf-8", "replace"), wanted.encode()
    ):
        raise Refused(
            401,
            "wrong-signature",
            "the signature is not that of this body",
            remedy="sign the bytes as they are sent, with the shared secret",
        )


def _rows(plain: Any, most: int) -> Sequence[Mapping[str, Any]]:
    rows = cast(list[Any], plain if isinstance(plain, list) else [plain])
    if len(rows) > most:
        raise Refused(
            413,
            "too-many",
            f"there are {len(rows):,} events, at most {most:,} are taken at once",
            remedy="send them in several requests",
        )
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BadEvent(
                "it is not an object", where=f"event {number}", remedy="send an object, or a list of objects"
            )
    return rows

"""Problems: every error of the gateway as a problem document (RFC 9457)."""

import logging
import traceback
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from mainspring.errors import (
    ActError,
    BadEvent,
    BadRecord,
    BusError,
    DecideError,
    MainspringError,
    MissingExtra,
    NoSpace,
    NotFound,
    NothingBefore,
    QualityError,
    ServeError,
    SourceError,
    SpecError,
    StoreError,
    Tampered,
)

PROBLEM = "application/problem+json"
LOG = logging.getLogger(__name__)

STATUS: Mapping[type[MainspringError], int] = {
    BadRecord: 422,
    DecideError: 409,
    QualityError: 422,
    SourceError: 422,
    SpecError: 422,
    NotFound: 404,
    NothingBefore: 409,
    NoSpace: 507,
    Tampered: 500,
    StoreError: 503,
    BadEvent: 422,
    BusError: 503,
    ActError: 502,
    MissingExtra: 501,
    ServeError: 503,
}
"""The status of each kind of error; a kind that is not here has that of the kind it descends from, at last 500."""

TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""As RFC 9110 calls them; older Pythons have the names of before."""


class Refused(Exception):
    """The request itself is at fault. ``kind`` is a short name for machines, ``errors`` are (field, what is wrong)."""

    def __init__(
        self, status: int, kind: str, detail: str, *, remedy: str = "", errors: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.kind, self.detail, self.remedy = status, kind, detail, remedy
        self.errors = tuple(errors)
        self.headers = headers

    def document(self) -> dict[str, Any]:
        return document(self.status, self.kind, self.detail, self.remedy, self.errors)


def document(
    status: int, kind: str, detail: str, remedy: str = "", errors: Iterable[tuple[str, str]] = ()
) -> dict[str, Any]:
    """The members of RFC 9457, and ``remedy`` and ``errors`` (``field`` and ``detail`` each) where there are any."""
    plain: dict[str, Any] = {
        "type": f"urn:mainspring:problem:{kind}",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    listed = [{"field": field, "detail": what} for field, what in errors]
    return plain | ({"remedy": remedy} if remedy else {}) | ({"errors": listed} if listed else {})


def status_of(error: MainspringError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def kind_of(error: MainspringError) -> str:
    """``BadRecord`` → ``bad-record``."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in type(error).__name__).lstrip("-")


def document_of(error: MainspringError) -> dict[str, Any]:
    """What a caller may know of an error. Of a failure of ours only that it happened: its text may name our insides."""
    status, kind = status_of(error), kind_of(error)
    if status >= 500 and error.fault == "ours":
        return document(status, kind, "the gateway could not do this; its log says why", "try again later")
    fields = error.fields.items() if isinstance(error, BadRecord) else ()
    return document(status, kind, error.what, error.remedy, fields)


def answer(plain: Mapping[str, Any], instance: str, headers: Mapping[str, str] | None = None) -> Response:
    body = orjson.dumps({**plain, "instance": instance}, default=str)
    return Response(body, plain["status"], headers=dict(headers or {}), media_type=PROBLEM)


def problem_of(error: Exception, method: str, path: str, route: str) -> Response:
    """The answer to a request that ended in an error; what is ours to mend is logged, of the address only the ``route`` that it takes."""
    if isinstance(error, Refused):
        return answer(error.document(), path, error.headers)
    if isinstance(error, MainspringError):
        plain = document_of(error)
        if plain["status"] >= 500:
            LOG.error("%s %s: %s", method, route, error)
        return answer(plain, path)
    if isinstance(error, RequestValidationError):
        wrong = [(str(one["loc"][-1]), str(one["msg"])) for one in error.errors()]
        return answer(document(422, "bad-request", "parts of the address are wrong", "", wrong), path)
    if isinstance(error, HTTPException):
        kind, detail, remedy = _WORDS.get(error.status_code, ("request", str(error.detail), ""))
        return answer(document(error.status_code, kind, detail, remedy), path, error.headers)
    # The message of a stranger's exception may quote values of the record: only its kind and its place are logged.
    frames = "".join(traceback.format_tb(error.__traceback__))
    LOG.error("%s %s: %s\n%s", method, route, type(error).__name__, frames)
    return answer(document(500, "unexpected", "the gateway made a mistake; its log says where"), path)


_WORDS = {
    404: ("no-such-address", "nothing is served at this address", "the addresses are listed in /openapi.json"),
    405: ("no-such-method", "this address does not take that method", "the methods are listed in /openapi.json"),
}


async def _problem(request: Request, error: Exception) -> Response:
    route = getattr(request.scope.get("route"), "path", "other")
    return problem_of(error, request.method, request.url.path, route)


def answer_problems(app: FastAPI) -> None:
    """Let every error leave ``app`` as a problem document."""
    for kind in (Refused, MainspringError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _problem)

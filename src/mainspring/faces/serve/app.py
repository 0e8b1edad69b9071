"""App: the gateway as an ASGI application."""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema
from starlette.middleware.cors import CORSMiddleware

import mainspring
from mainspring.faces.serve.access.access import Access
from mainspring.faces.serve.access.terms import Terms
from mainspring.faces.serve.addresses.contracts import ASKED_OF, CONTRACTS
from mainspring.faces.serve.addresses.decisions import MADE
from mainspring.faces.serve.addresses.deprecations import DEPRECATIONS
from mainspring.faces.serve.addresses.versions import VERSIONS
from mainspring.faces.serve.documents import Problem
from mainspring.faces.serve.door.door import Door
from mainspring.faces.serve.door.guard import ANYONE, ROLE
from mainspring.faces.serve.door.keys import ACCESS
from mainspring.faces.serve.door.once import PARAMETER, Once, takes_keys
from mainspring.faces.serve.door.swift import Swift
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.limits import Limits
from mainspring.faces.serve.problems import answer_problems
from mainspring.faces.serve.routes import ROUTES
from mainspring.faces.serve.threads.work import Work
from mainspring.faces.serve.topics import TOPICS
from mainspring.faces.serve.trail.deprecated import FIELDS, HERE, SAID, SENT
from mainspring.run.stages.traces import Traces
from mainspring.workspace import Workspace

ABOUT = "Decisions in real time, and what came of them. Every error is a problem document (RFC 9457)."


def app(
    workspace: Workspace, limits: Limits | None = None, terms: Terms | None = None, *, streams: bool = True, learning: bool = True,
    traces: Traces | None = None,
) -> FastAPI:  # fmt: skip
    """The gateway of ``workspace``, which stays the caller's to close, after the application's lifespan has ended.

    Nothing but health is open without a key of the workspace (``workspace.keys``) or a token on the ``terms``. ``state.pages`` of the
    application are the addresses that a face with pages opens besides: see :class:`Door`.

    While its lifespan lasts, a thread delivers the actions that are due, another looks at automations when it is time; with
    ``streams``, one an automation decides on its events; with ``learning``, one has automations learned anew when it is time. ``traces``
    are told of all that is asked, decided and delivered.
    """
    work = Work(workspace, streams=streams, learning=learning, traces=traces)
    limits = limits or Limits()
    gateway = Gateway(workspace, limits, Access(workspace.keys, terms or Terms()), work, limits.patience)
    gateway.traces = traces
    # The documentation pages load scripts from elsewhere, which a closed network does not have: the schema is enough.
    made = FastAPI(
        title="Mainspring", version=mainspring.__version__, description=ABOUT,
        docs_url=None, redoc_url=None, lifespan=gateway.lifespan,
        # Our own traces tell of requests; asking at each whether others should costs as much as knowing who it is from.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )  # fmt: skip
    made.state.gateway = gateway
    made.state.pages = ()
    made.add_middleware(Swift, gateway=gateway)
    made.add_middleware(Once, gateway=gateway)
    made.add_middleware(Door, gateway=gateway, pages=lambda: made.state.pages)
    if origins := gateway.access.terms.origins:
        made.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST", "DELETE"], max_age=600,
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
            expose_headers=["Retry-After", "Idempotency-Replayed", "X-Request-Id", "Deprecation", "Sunset", "Link", FIELDS],
        )  # fmt: skip
    for router in (ROUTES, TOPICS, ACCESS, VERSIONS, MADE, CONTRACTS, DEPRECATIONS):
        made.include_router(router)
    answer_problems(made)
    _describe_problems(made)
    return made


def _describe_problems(made: FastAPI) -> None:
    describe = made.openapi

    def openapi() -> dict[str, Any]:
        described = describe()
        _, definitions = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
        described["components"]["schemas"].update(definitions["$defs"])
        described["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        for path, methods in described["paths"].items():
            for method, told in methods.items():
                if method == "post" and takes_keys(path) and PARAMETER not in told.setdefault("parameters", []):
                    told["parameters"].append(PARAMETER)
                told["security"] = [] if told[ROLE] == ANYONE else [{"key": []}]
                _mend(told["responses"])
                if path.startswith(f"{HERE}{{name}}"):
                    takes_records = method == "post" and path.rpartition("/")[2] in ASKED_OF
                    _add_headers(told["responses"], SAID | (SENT if takes_records else {}))
        return described

    made.openapi = openapi


def _add_headers(responses: dict[str, Any], headers: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status.startswith("2"):
            response["headers"] = {**response.get("headers", {}), **headers}


def _mend(responses: dict[str, Any]) -> None:
    """Takes out what is added by itself and is not so: that JSON is a text, and a form of errors that is not ours."""
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for response in responses.values():
        for content in response.get("content", {}).values():
            schema = content.get("schema", {})
            if "anyOf" in schema or "$ref" in schema:
                schema.pop("type", None)

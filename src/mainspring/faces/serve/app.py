"""App: the gateway as an ASGI application."""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

import mainspring
from mainspring.faces.serve.documents import Problem
from mainspring.faces.serve.gateway import Gateway
from mainspring.faces.serve.limits import Limits
from mainspring.faces.serve.problems import answer_problems
from mainspring.faces.serve.routes import ROUTES
from mainspring.faces.serve.threads.deliveries import Deliveries
from mainspring.faces.serve.threads.learning import Learning
from mainspring.faces.serve.threads.listeners import Listeners
from mainspring.faces.serve.threads.watching import Watching
from mainspring.faces.serve.topics import TOPICS
from mainspring.workspace import Workspace

ABOUT = "Decisions in real time, and what came of them. Every error is a problem document (RFC 9457)."


def app(workspace: Workspace, limits: Limits | None = None, *, streams: bool = True, learning: bool = True) -> FastAPI:
    """The gateway of ``workspace``, which stays the caller's to close, after the application's lifespan has ended.

    While its lifespan lasts, a thread delivers the actions that are due, another looks at automations when it is time; with
    ``streams``, one an automation decides on its events; with ``learning``, one has automations learned anew when it is time.
    """
    deliveries = Deliveries(workspace)
    listeners = Listeners(workspace, deliveries.wake, on=streams)
    gateway = Gateway(
        workspace, limits or Limits(), deliveries, listeners, Watching(workspace), Learning(workspace, on=learning)
    )
    # The documentation pages load scripts from elsewhere, which a closed network does not have: the schema is enough.
    made = FastAPI(
        title="Mainspring", version=mainspring.__version__, description=ABOUT,
        docs_url=None, redoc_url=None, lifespan=gateway.lifespan,
    )  # fmt: skip
    made.state.gateway = gateway
    made.include_router(ROUTES)
    made.include_router(TOPICS)
    answer_problems(made)
    _describe_problems(made)
    return made


def _describe_problems(made: FastAPI) -> None:
    describe = made.openapi

    def openapi() -> dict[str, Any]:
        described = describe()
        _, definitions = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
        described["components"]["schemas"].update(definitions["$defs"])
        return described

    made.openapi = openapi

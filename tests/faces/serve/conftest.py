from collections.abc import Iterator
from functools import partial, partialmethod
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from mainspring import Workspace
from mainspring.faces.serve.app import app
from mainspring.faces.serve.limits import Limits


class Client:
    """Asks an application in this process, as a server would."""

    def __init__(self, portal: BlockingPortal, served: FastAPI) -> None:
        transport = httpx.ASGITransport(served, raise_app_exceptions=False)
        self._portal = portal
        self._client = httpx.AsyncClient(transport=transport, base_url="http://gateway")

    def request(self, method: str, path: str, **rest: Any) -> httpx.Response:
        return self._portal.call(partial(self._client.request, method, path, **rest))

    get = partialmethod(request, "GET")
    post = partialmethod(request, "POST")
    delete = partialmethod(request, "DELETE")


@pytest.fixture(scope="session")
def client(workspace: Workspace) -> Iterator[Client]:
    served = app(workspace, Limits(body=6_000_000, records=50))
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(served.router.lifespan_context(served)),
    ):
        yield Client(portal, served)

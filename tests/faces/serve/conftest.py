import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial, partialmethod
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from mainspring import Workspace
from mainspring.faces.serve.app import app
from mainspring.faces.serve.limits import Limits


class Client:
    """Asks an application in this process, as a server would; with a key, unless told to ask without."""

    def __init__(self, portal: BlockingPortal, served: FastAPI, key: str | None) -> None:
        transport = httpx.ASGITransport(served, raise_app_exceptions=False)
        shown = {} if key is None else bearer(key)
        self.portal, self.served = portal, served
        self._client = httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=shown)

    def request(self, method: str, path: str, **rest: Any) -> httpx.Response:
        return self.portal.call(partial(self._client.request, method, path, **rest))

    get = partialmethod(request, "GET")
    post = partialmethod(request, "POST")
    delete = partialmethod(request, "DELETE")

    def showing(self, key: str | None) -> "Client":
        """Another client of the same gateway, with a cookie jar of its own."""
        return Client(self.portal, self.served, key)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


Begun = Callable[..., AbstractContextManager[Client]]


@contextmanager
def _begun(space: Workspace, key: str | None, *limits: Limits, **parts: Any) -> Iterator[Client]:
    served = app(space, *limits, **parts)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(served.router.lifespan_context(served)),
    ):
        yield Client(portal, served, key)


@pytest.fixture(scope="session")
def begun() -> Begun:
    """Begins a gateway of a workspace in this process, asked with a key: for rooms below."""
    return _begun


@pytest.fixture(scope="session")
def admin_key(workspace: Workspace) -> str:
    return workspace.keys.new("tests", ["admin"])["key"]


@pytest.fixture(scope="session")
def client(workspace: Workspace, admin_key: str) -> Iterator[Client]:
    with _begun(workspace, admin_key, Limits(body=6_000_000, records=50, patience=60)) as client:
        yield client


@pytest.fixture(scope="session")
def serving() -> Callable[[Path], list[str]]:
    """The command of a gateway of a workspace, on any port, where one may wait long for an answer."""
    return lambda place: [
        *(sys.executable, "-m", "mainspring", "serve", "--json", "--port", "0"),
        *("-w", str(place), "--patience", "60s"),
    ]

"""A gateway of two automations that decide by rules alone."""

from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from mainspring import Automation, Workspace
from mainspring.faces.serve.access.terms import Terms
from mainspring.faces.serve.app import app

AUTOMATIONS = ("shop", "bank")
ORIGIN = "https://shop.example"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("space")
    (folder / "people.csv").write_text("id,age\n1,20\n2,70\n", encoding="utf-8")
    with Workspace(folder / "space") as opened:
        for name in AUTOMATIONS:
            opened.run(
                Automation.model_validate(
                    {
                        "name": name,
                        "source": {"table": str(folder / "people.csv"), "key": "id"},
                        "decide": {"rules": [{"if": "age > 60", "then": "call", "because": "older"}]},
                        "act": {"call": {"file": str(folder / "calls.jsonl")}},
                    }
                )
            )
        yield opened


@pytest.fixture(scope="module")
def terms() -> Terms:
    return Terms(origins=(ORIGIN,))


@pytest.fixture(scope="module")
def nobody(space: Workspace, terms: Terms, asking) -> Iterator:
    """Asks without a key."""
    served = app(space, terms=terms)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(served.router.lifespan_context(served)),
    ):
        yield asking(portal, served, None)

"""A gateway of two automations that decide by rules alone."""

from collections.abc import Iterator

import pytest

from mainspring import Automation, Workspace
from mainspring.faces.serve.access.terms import Terms

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
def nobody(space: Workspace, terms: Terms, begun) -> Iterator:
    """Asks without a key."""
    with begun(space, None, terms=terms) as client:
        yield client

"""An automation that rules alone decide: nothing has to be learned."""

from pathlib import Path

import pytest

from mainspring import Workspace

RULES = """
name: offers
source: {table: customers.csv, key: customer}
prepare: {protect: {customer: pseudonymise}}
decide: {rules: [{if: "tenure < 3", then: offer}]}
act: {offer: {table: offered}}
"""


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    rows = "".join(f"C{number},{number % 7}\n" for number in range(20))
    (tmp_path / "customers.csv").write_text("customer,tenure\n" + rows, encoding="utf-8")
    path = tmp_path / "offers.yaml"
    path.write_text(RULES, encoding="utf-8")
    return path


@pytest.fixture
def ruled(tmp_path: Path, declared: Path) -> Path:
    """The workspace in which the rules decide."""
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(declared)
    return tmp_path / "space"

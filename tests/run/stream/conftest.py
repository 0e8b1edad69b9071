"""A workspace whose automation holds large payments, and the topic on which they come."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainspring import Workspace

DECLARATION = """
name: fraud
source: {{table: payments.csv, key: customer, events: "{events}"}}
prepare: {{expect: {{amount: {{min: 0}}}}}}
decide: {{rules: [{{if: "amount > 40", then: hold, because: large}}]{decide}}}
act: {{hold: {{{act}}}}}
"""


@pytest.fixture
def declare(tmp_path: Path) -> Callable[..., Path]:
    """Write the declaration and the rows that it knows its columns from."""

    def write(events: str = "topic:payments", act: str = "topic: held", decide: str = "") -> Path:
        rows = "".join(f"C{n},{n},{'CN' if n % 2 else 'DE'}\n" for n in range(50))
        (tmp_path / "payments.csv").write_text("customer,amount,country\n" + rows, encoding="utf-8")
        path = tmp_path / "fraud.yaml"
        path.write_text(DECLARATION.format(events=events, act=act, decide=decide), encoding="utf-8")
        return path

    return write


@pytest.fixture
def space(tmp_path: Path, declare: Callable[..., Path]) -> Iterator[Workspace]:
    with Workspace(tmp_path / "space") as opened:
        opened.run(declare())
        yield opened

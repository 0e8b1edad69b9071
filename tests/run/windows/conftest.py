"""A workspace that holds a card's payments when there were many in a minute."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainspring import Workspace

DECLARATION = """
name: fraud
source: {{table: payments.csv, key: id, time: at, events: "topic:payments"}}
prepare:
  types: {{at: date, card: category, shop: category}}
  protect: {{card: pseudonymise}}
  expect: {{amount: {{min: 0}}}}
  windows:
    recent: {{by: card, over: {over}, count: true, sum: [amount], top: {{shop: 1}}}}
    place: {{by: shop, over: 1h, distinct: [card]}}
  late: {late}
decide: {{rules: [{{if: "recent_count >= 3", then: hold}}]{decide}}}
"""


@pytest.fixture
def declare(tmp_path: Path) -> Callable[..., Path]:
    def write(late: str = "{allow: 30s}", over: str = "1 minute", decide: str = "") -> Path:
        rows = "".join(f"{n},2026-10-01 10:00:{n % 60:02d},c{n % 7},{n},s{n % 3}\n" for n in range(50))
        (tmp_path / "payments.csv").write_text("id,at,card,amount,shop\n" + rows, encoding="utf-8")
        path = tmp_path / "fraud.yaml"
        path.write_text(DECLARATION.format(late=late, over=over, decide=decide), encoding="utf-8")
        return path

    return write


@pytest.fixture
def space(tmp_path: Path, declare: Callable[..., Path]) -> Iterator[Workspace]:
    with Workspace(tmp_path / "space") as opened:
        opened.run(declare())
        yield opened

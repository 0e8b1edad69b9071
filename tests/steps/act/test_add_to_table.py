"""An action is added to a table: one row, typed, written once by whoever holds the pen."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable, NoSpace, SchemaChanged
from mainspring.steps.act.deliver import deliverer_for
from mainspring.steps.act.deliverer import Means

ACT = Act(table="offers")


def rows_of(event) -> tuple[str, pa.Table, str]:
    written: list[tuple[str, pa.Table, str]] = []
    deliverer_for(ACT, Means({}, Path(), lambda *row: written.append(row), lambda *_: None)).deliver(event, ACT)
    return written[0]


def test_a_row_holds_the_event_and_its_data(make_event):
    name, table, id = rows_of(
        make_event(action="offer", gain=40.5, version=3, sure=True, why=["费用高", "new"], none=None)
    )
    assert (name, id, table.num_rows) == ("offers", "d1", 1)
    assert table.to_pylist()[0] == {
        "id": "d1", "source": "/automations/retention", "type": "mainspring.action", "time": datetime(2026, 3, 1, tzinfo=UTC),
        "subject": "7590", "action": "offer", "gain": 40.5, "version": 3, "sure": True, "why": '["费用高","new"]',
    }  # fmt: skip


def test_odd_values_have_a_type_too(make_event):
    _, table, _ = rows_of(make_event(id_="x", type="clash", big=1 << 80, money=Decimal("1.5"), nothing=math.nan))
    row = table.to_pylist()[0]
    assert (row["data_type"], row["big"], row["money"]) == ("clash", str(1 << 80), '"1.5"')
    assert math.isnan(row["nothing"])


@pytest.mark.parametrize(("error", "meaning"), [(NoSpace("full"), ActUnreachable), (SchemaChanged("text"), ActRefused)])
def test_what_the_lake_says_tells_whether_to_try_again(make_event, error, meaning):
    def write(*_):
        raise error

    with pytest.raises(meaning, match="was not written"):
        deliverer_for(ACT, Means({}, Path(), write, lambda *_: None)).deliver(make_event(), ACT)

"""What the journal keeps is written fast; it is the same text that the plain way writes, and hashes hang on that."""

import json
import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.journal.row import RECEIPT, decision_of, input_hash
from mainspring.backends.store.json_text import from_text, to_readable_text, to_text
from mainspring.backends.store.tables import DECISIONS
from mainspring.decision import Decision, Receipt

VALUES = st.one_of(
    st.text(), st.integers(), st.floats(), st.floats(1e-7, 1e-2), st.floats(1e14, 1e18), st.booleans(), st.none(),
    st.lists(st.integers(), max_size=2),
)  # fmt: skip
AT = datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC)


@given(st.one_of(VALUES, st.dictionaries(st.text(), VALUES, max_size=5), st.dictionaries(st.integers(), VALUES)))
def test_the_text_is_that_of_the_plain_way(value: Any) -> None:
    assert to_text(value) == json.dumps(value, separators=(",", ":"))


@given(st.dictionaries(st.text(), st.one_of(VALUES, st.decimals(allow_nan=False), st.dates(), st.binary()), max_size=4))
def test_values_come_back(record: dict[str, Any]) -> None:
    back = from_text(to_text(record))
    assert back == record or any(isinstance(v, float) and math.isnan(v) for v in record.values())


@given(
    st.dictionaries(
        st.text(),
        st.one_of(VALUES, st.datetimes(), st.dates(), st.dictionaries(st.text(), VALUES, max_size=2)),
        max_size=4,
    )
)
def test_readable_text_is_read_as_the_other(record: dict[str, Any]) -> None:
    assert repr(from_text(to_readable_text(record))) == repr(from_text(to_text(record)))


def journaled(database: Database, *decisions: Decision) -> list[Any]:
    Decisions(database).record("retention", decisions)
    with database.reading() as connection:
        return list(connection.execute(DECISIONS.select().order_by(DECISIONS.c.number)).mappings())


def test_a_receipt_is_written_as_it_says(database: Database) -> None:
    receipts = [
        Receipt(("gain.best",), "f" * 32, 500, threshold, "r" * 32, "m", "table@3", "1.0")
        for threshold in (1, 1.0, True, None, 0.25)
    ]
    rows = journaled(
        database,
        *(
            Decision(f"d{n}", "retention", None, "none", AT, {"n": n}, receipt=receipt)
            for n, receipt in enumerate(receipts)
        ),
    )
    for row, receipt in zip(rows, receipts, strict=True):
        told = {name: getattr(receipt, name) for name in RECEIPT} | {"input": input_hash(row["record"])}
        assert row["receipt"] == to_text(told)
        assert decision_of(row).receipt == Receipt(**{**told, "codes": receipt.codes})

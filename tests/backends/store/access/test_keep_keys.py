"""Keys and what was asked with them come back as they went, in every database."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mainspring.backends.store.access.keys import Key, Keys
from mainspring.backends.store.audit import Audit
from mainspring.backends.store.database import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = Key(
    "k1",
    "till\0",
    "00" * 32,
    {"*": "viewer", "retention": "operator"},
    NOON,
    "li",
    NOON + timedelta(days=90),
    None,
    0.5,
    2**40,
)


def test_a_key_comes_back_as_it_was(database: Database) -> None:
    keys = Keys(database)
    keys.add(KEY)
    keys.add(Key("k2", "open", "11" * 32, {"*": "admin"}, NOON, "li"))
    first, second = keys.all()
    assert first == replace(KEY, name="till\\x00")
    assert (second.expires, second.rate, second.quota) == (None, None, None)


def test_a_key_is_revoked_once_and_that_is_kept(database: Database) -> None:
    keys = Keys(database)
    keys.add(KEY)
    assert [keys.revoke("k1", by="wang"), keys.revoke("k1", by="wang"), keys.revoke("no", by="wang")] == [
        True,
        False,
        False,
    ]
    (key,) = keys.all()
    assert not key.valid(NOON)
    assert [(entry["what"], entry["by"]) for entry in Audit(database).recent("*")] == [
        ("key revoked", "wang"),
        ("key made", "li"),
    ]


def test_what_was_asked_is_added_up_by_many_at_once(database: Database) -> None:
    def asked() -> None:
        for _ in range(20):
            Keys(database).use("2026-11-26", {"k1": 1, "k2": 2})

    threads = [threading.Thread(target=asked) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Keys(database).used("2026-11-26") == {"k1": 80, "k2": 160}
    assert Keys(database).used("2026-11-27") == {}

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.outbox import Action, Outbox
from mainspring.decision import Decision
from mainspring.errors import NotFound

LONG_AGO = timedelta(days=1)


@pytest.fixture
def outbox(database: Database, decided: Callable[..., Decision], offer: Callable[[Decision], Action]) -> Outbox:
    """With three actions, d1 to d3."""
    decisions = [decided(f"d{number}") for number in (1, 2, 3)]
    Decisions(database).record("retention", decisions, map(offer, decisions))
    return Outbox(database)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=1)


def test_an_action_is_taken_once_with_all_it_needs(outbox: Outbox) -> None:
    first = outbox.take(2, soon())
    rest = outbox.take(5, soon())
    assert sorted(entry.id for entry in first + rest) == ["d1", "d2", "d3"]
    assert outbox.take(5, soon()) == []
    entry = first[0]
    assert (entry.action.name, entry.action.act["retry"], entry.attempts) == ("offer", 5, 1)
    assert entry.action.event.id == entry.id
    assert entry.action.event.time == datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_what_was_taken_is_done(outbox: Outbox) -> None:
    for entry in outbox.take(9, soon()):
        outbox.done([entry.id])
    assert outbox.counts("retention") == {"done": 3}
    assert outbox.next_try() is None
    assert outbox.take(9, soon() + LONG_AGO * 900) == []


def test_what_was_not_taken_has_its_turn_again_later(outbox: Outbox) -> None:
    (entry,) = outbox.take(1, soon())
    outbox.again(entry.id, soon() + timedelta(hours=1), "no answer")
    assert entry.id not in {other.id for other in outbox.take(9, soon())}
    later = outbox.take(9, soon() + timedelta(hours=2), lease=timedelta(days=1))
    assert [(again.attempts, again.error) for again in later if again.id == entry.id] == [(2, "no answer")]


def test_a_killed_deliverers_action_comes_back(outbox: Outbox, database_url: str, child) -> None:
    take = """
import sys
from datetime import UTC, datetime, timedelta
from mainspring.backends.store.database import Database
from mainspring.backends.store.outbox import Outbox
print(len(Outbox(Database(sys.argv[1])).take(9, datetime.now(UTC), lease=timedelta(minutes=5))), flush=True)
sys.stdin.readline()
"""
    deliverer = child(take, database_url)
    assert deliverer.stdout.readline() == "3\n"
    deliverer.kill()
    deliverer.wait()
    assert outbox.take(9, soon()) == [], "its lease still runs"
    assert len(outbox.take(9, soon() + timedelta(minutes=5))) == 3


def test_dead_actions_are_listed_and_revived(outbox: Outbox) -> None:
    for entry in outbox.take(2, soon()):
        outbox.dead(entry.id, "410 gone")
    dead = outbox.list("retention", state="dead")
    assert [entry.error for entry in dead] == ["410 gone", "410 gone"]
    assert dead[0].to_dict()["error"] == "410 gone"
    with pytest.raises(NotFound, match="dead action"):
        outbox.retry([dead[0].id, "nothing"])
    assert outbox.retry([dead[0].id]) == 1
    assert outbox.retry() == 1
    assert outbox.retry() == 0
    assert outbox.counts() == {"waiting": 3}


def test_done_is_final(outbox: Outbox) -> None:
    (entry,) = outbox.take(1, soon())
    outbox.done([entry.id])
    outbox.again(entry.id, soon(), "a late word of a slow deliverer")
    outbox.dead(entry.id, "another")
    assert outbox.counts() == {"done": 1, "waiting": 2}


TAKE_ALL = """
import sys
from mainspring.backends.store.database import Database
from mainspring.backends.store.outbox import Outbox
outbox = Outbox(Database(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
while entries := outbox.take(7):
    for entry in entries:
        outbox.done([entry.id])
        print(entry.id, flush=True)
"""


def test_two_deliverers_share_the_work(database: Database, database_url: str, child, decided, offer) -> None:
    many = [decided(f"d{number}") for number in range(200)]
    Decisions(database).record("retention", many, map(offer, many))
    both = [child(TAKE_ALL, database_url) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    outputs = [process.communicate("go\n", timeout=60)[0].split() for process in both]
    assert sorted(outputs[0] + outputs[1]) == sorted(decision.id for decision in many)

"""It is noticed when it is time to learn anew: once over all who ask, with a pause, and not forgotten by whoever dies."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mainspring import Workspace
from mainspring.errors import Busy, LearnError

from .conftest import live, people, write

Opened = Callable[[str], Workspace]


class Learned:
    """Stands for learning, and takes down what was begun."""

    def __init__(self, *errors: Exception) -> None:
        self.began: list[tuple[str, str]] = []
        self._errors = [*errors]

    def __call__(self, name: str, why: str) -> Any:
        self.began.append((name, why))
        if self._errors:
            raise self._errors.pop(0)
        return {"version": 2}


def later(**time: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time)


def test_so_many_outcomes_make_it_time_and_it_is_learned_anew(opened: Opened) -> None:
    space = opened('when: "drift or feedback >= 60"')
    live(space, people(random.Random(2), 1000, 59))
    assert space.loop.due() == []
    assert space.loop.standing("churn")["facts"] == {"drift": False, "feedback": 59}
    live(space, people(random.Random(3), 2000, 1))
    (done,) = space.loop.due()
    assert (done["automation"], done["result"]["version"]) == ("churn", 2)
    assert "feedback 60" in done["why"]
    assert [version.version for version in space.models.list("churn")] == [1, 2]
    changes = {change["what"]: change for change in space.models.changes("churn")}
    assert "feedback 60" in changes["learning anew is due"]["facts"]["why"]
    assert space.loop.due() == []
    assert space.loop.standing("churn")["facts"]["feedback"] == 0


def test_after_a_learning_it_is_waited_before_the_next_whatever_holds(opened: Opened) -> None:
    space = opened('when: "decisions >= 0", cooldown: 2h')
    learned = Learned()
    for at in (later(), later(hours=1), later(hours=3), later(hours=4)):
        space.loop.due(learned, at)
    assert len(learned.began) == 2


def test_times_of_cron_that_nobody_saw_are_caught_up_with_once(opened: Opened) -> None:
    space = opened("when: \"cron('0 3 * * *')\", cooldown: 1s")
    learned = Learned()
    space.loop.due(learned)
    space.loop.due(learned, later(days=10))
    space.loop.due(learned, later(days=10, seconds=30))
    assert len(learned.began) == 1
    space.loop.due(learned, later(days=11))
    assert len(learned.began) == 2


def test_an_event_on_a_topic_makes_it_time_but_not_those_from_before(opened: Opened) -> None:
    space = opened("when: \"event('prices.changed')\", cooldown: 1s")
    learned = Learned()
    space.topics.publish("prices.changed", [{"n": 1}])
    assert space.loop.due(learned) == []
    space.topics.publish("prices.changed", [{"n": 2}, {"n": 3}])
    assert len(space.loop.due(learned, later(minutes=1))) == 1
    assert space.loop.due(learned, later(minutes=2)) == []


def test_new_rows_at_the_source_make_it_time(opened: Opened, tmp_path: Path) -> None:
    space = opened('when: "rows >= 50", cooldown: 1s')
    learned = Learned()
    assert space.loop.due(learned) == []
    write(tmp_path, people(random.Random(1), 0, 250))
    assert space.loop.due(learned, later(minutes=10)) == []  # asking a source is work: it is asked each hour
    assert len(space.loop.due(learned, later(hours=2))) == 1
    assert space.loop.due(learned, later(hours=4)) == []


def challenged(opened: Opened) -> Workspace:
    """Decisions were made, and a version proves itself beside the first."""
    space = opened('when: "decisions >= 0", cooldown: 1s')
    live(space, people(random.Random(2), 1000, 60))
    space.models.retrain("churn")
    space.models.challenge("churn", 2)
    return space


def test_while_one_proves_itself_no_other_is_learned(opened: Opened) -> None:
    space, learned = challenged(opened), Learned()
    assert space.loop.due(learned) == []
    space.models.end_challenge("churn")
    assert len(space.loop.due(learned, later(minutes=1))) == 1


def test_once_a_challenge_has_ended_undecided_another_is_learned(opened: Opened) -> None:
    space, learned = challenged(opened), Learned()
    assert space.loop.due(learned) == []
    assert space.models.judge("churn", at=later(days=31)) == "undecided"
    assert len(space.loop.due(learned, later(days=31))) == 1


def test_what_failed_for_a_while_is_tried_again_with_growing_pauses(opened: Opened) -> None:
    space = opened('when: "decisions >= 0", cooldown: 30d')
    gone = LearnError("the source is away")
    gone.retry = True
    learned = Learned(gone, gone)
    (done,) = space.loop.due(learned)
    assert "away" in done["error"]
    assert space.loop.due(learned, later(minutes=5)) == []
    space.loop.due(learned, later(minutes=11))
    assert space.loop.due(learned, later(minutes=25)) == []
    (done,) = space.loop.due(learned, later(minutes=32))
    assert done["result"] == {"version": 2}
    assert space.loop.standing("churn")["state"] == "idle"


def test_what_cannot_mend_itself_waits_for_the_next_time_and_is_written_down(opened: Opened) -> None:
    space = opened('when: "decisions >= 0", cooldown: 1h')
    learned = Learned(LearnError("nothing can be learned"))
    space.loop.due(learned)
    assert space.loop.due(learned, later(minutes=30)) == []
    assert space.models.changes("churn")[0]["what"] == "learning anew failed"
    assert len(space.loop.due(learned, later(hours=2))) == 1


def test_whoever_dies_after_it_was_due_leaves_it_to_the_next(opened: Opened) -> None:
    class Killed(BaseException):
        pass

    space = opened('when: "decisions >= 0"')

    def dies(name: str, why: str) -> Any:
        raise Killed

    with pytest.raises(Killed):
        space.loop.due(dies)
    assert space.loop.standing("churn")["state"] == "due"
    learned = Learned(Busy("another process runs it"))
    assert "error" in space.loop.due(learned)[0]
    assert space.loop.due(learned, later(minutes=11))[0]["result"] == {"version": 2}


def test_of_several_who_ask_at_once_one_learns(opened: Opened, tmp_path: Path) -> None:
    opened('when: "decisions >= 0"')
    began: list[str] = []
    start = threading.Barrier(4)

    def learns(name: str, why: str) -> Any:
        began.append(name)
        return {"version": 2}

    def ask() -> None:
        with Workspace(tmp_path / "space") as space:
            start.wait()
            for _ in range(5):
                space.loop.due(learns)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert began == ["churn"]

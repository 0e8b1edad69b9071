import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from counting import Offered, counting, working

from mainspring.backends.flows.flows import Durable, Schedule, Steps, Task
from mainspring.errors import SpecError

PATIENCE = 60.0


def until(fulfilled: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not fulfilled():
        assert time.monotonic() < end
        time.sleep(0.05)


def states(durable: Durable) -> dict[str, str]:
    return {one.run: one.state for one in durable.list()}


def test_what_waits_is_carried_out(durable: Durable, notes: Path) -> None:
    assert durable.enqueue(Task("r1", "count", "sheep"))
    assert states(durable) == {"r1": "waiting"}
    with working(durable, Offered(counting(notes))):
        until(lambda: states(durable) == {"r1": "finished"})
    assert [one.step for one in durable.steps("r1")] == ["one", "two", "three"]


def test_no_more_at_once_than_allowed(durable: Durable) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def body(steps: Steps, task: Task) -> dict:
        def work() -> dict:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.2)
            with lock:
                now -= 1
            return {}

        return steps.step("work", work, str)[0]

    for number in range(6):
        durable.enqueue(Task(f"r{number}", "count", f"flock {number}"))
    with working(durable, Offered(body), at_once=2):
        until(lambda: set(states(durable).values()) == {"finished"})
    assert most == 2


def test_cancelled_while_it_waits(durable: Durable, notes: Path) -> None:
    durable.enqueue(Task("r1", "count", "sheep"))
    durable.cancel("r1")
    durable.enqueue(Task("r2", "count", "goats"))
    with working(durable, Offered(counting(notes))):
        until(lambda: states(durable)["r2"] == "finished")
    assert states(durable)["r1"] == "cancelled"
    assert len(notes.read_text(encoding="utf-8").split()) == 3


def test_what_is_under_way_when_the_worker_stops_is_gone_on_with(durable: Durable, notes: Path) -> None:
    begun = threading.Event()

    def endless(steps: Steps, task: Task) -> dict:
        counting(notes)(steps, Task(task.run, task.kind, task.subject, {"to": 1}))

        def stand() -> dict:
            begun.set()
            while True:
                time.sleep(0.02)
                steps.heed()

        return steps.step("two", stand, str)[0]

    durable.enqueue(Task("r1", "count", "sheep"))
    with working(durable, Offered(endless)):
        assert begun.wait(PATIENCE)
    assert states(durable) == {"r1": "interrupted"}
    with working(durable, Offered(counting(notes))):
        until(lambda: states(durable) == {"r1": "finished"})
    assert notes.read_text(encoding="utf-8").split() == ["one", "two", "three"]


def test_one_that_fails_leaves_the_others(durable: Durable, notes: Path) -> None:
    def body(steps: Steps, task: Task) -> dict:
        if task.subject == "wolves":
            raise SpecError("wolves are not counted")
        return counting(notes)(steps, task)

    durable.enqueue(Task("r1", "count", "wolves"))
    durable.enqueue(Task("r2", "count", "sheep"))
    with working(durable, Offered(body)):
        until(lambda: states(durable) == {"r1": "failed", "r2": "finished"})


def test_a_schedule_fires_at_its_time(durable: Durable, notes: Path) -> None:
    durable.schedule(Schedule("often", "* * * * * *", "count", "sheep", {"to": 1}))
    assert [(one.name, one.cron, one.subject, one.paused) for one in durable.schedules()] == [
        ("often", "* * * * * *", "sheep", False)
    ]
    with working(durable, Offered(counting(notes))):
        until(lambda: sum(state == "finished" for state in states(durable).values()) >= 2)
        durable.pause("often", on=True)
    assert {one.schedule for one in durable.list()} == {"often"}
    assert durable.schedules()[0].paused
    assert durable.schedules()[0].last is not None
    durable.unschedule("often")
    assert durable.schedules() == []


def test_a_schedule_does_not_pile_up(durable: Durable) -> None:
    go, begun = threading.Event(), threading.Event()

    def body(steps: Steps, task: Task) -> dict:
        def wait() -> dict:
            begun.set()
            while not go.wait(0.02):
                steps.heed()
            return {}

        return steps.step("wait", wait, str)[0]

    durable.schedule(Schedule("nightly", "0 3 1 1 *", "count", "sheep", {}))
    with working(durable, Offered(body), at_once=4):
        durable.fire("nightly")
        assert begun.wait(PATIENCE)
        durable.fire("nightly")
        time.sleep(2)
        assert len(states(durable)) == 1, "the last one is not done yet: this one is left out"
        go.set()
        until(lambda: set(states(durable).values()) == {"finished"})
        durable.fire("nightly")
        until(lambda: len(states(durable)) == 2)
        until(lambda: set(states(durable).values()) == {"finished"})


@pytest.mark.parametrize("cron", ["", "every day", "61 * * * *", "* * *"])
def test_what_is_no_cron_expression_is_refused(durable: Durable, cron: str) -> None:
    with pytest.raises(SpecError, match="is no cron expression"):
        durable.schedule(Schedule("bad", cron, "count", "sheep", {}))
    assert durable.schedules() == []


def test_looking_does_not_disturb(durable: Durable, notes: Path) -> None:
    stopped = threading.Event()

    def look() -> None:
        while not stopped.is_set():
            durable.list()

    watchers = [threading.Thread(target=look) for _ in range(2)]
    with working(durable, Offered(counting(notes)), at_once=4):
        for watcher in watchers:
            watcher.start()
        for number in range(12):
            durable.enqueue(Task(f"r{number}", "count", f"flock {number}"))
        until(lambda: not set(states(durable).values()) & {"waiting", "running", "interrupted"})
        stopped.set()
        for watcher in watchers:
            watcher.join()
    assert set(states(durable).values()) == {"finished"}

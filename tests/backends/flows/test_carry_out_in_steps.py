import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from counting import CHILD, counting

from mainspring.backends.flows.flows import Durable, Flows, Means, Steps, Task
from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, to_text
from mainspring.errors import Busy, Cancelled, NotFound, QualityError, SpecError, StoreError

TASK = Task("r1", "count", "sheep", {"to": 3})
Child = Callable[..., subprocess.Popen[str]]


def lines(notes: Path) -> list[str]:
    return notes.read_text(encoding="utf-8").split()


def test_each_step_is_kept_with_its_time_and_size(durable: Durable, notes: Path) -> None:
    result = durable.carry_out(TASK, counting(notes))
    assert [one["name"] for one in result["all"]] == lines(notes) == ["one", "two", "three"]
    steps = durable.steps("r1")
    assert [(step.step, step.told, step.error) for step in steps] == [(name, name, "") for name in lines(notes)]
    assert [step.size for step in steps] == [len('{"name":"one","at":7}')] * 2 + [len('{"name":"three","at":7}')]
    assert all(0 <= step.seconds < 60 for step in steps)
    found = durable.find("r1")
    assert found is not None
    assert (found.kind, found.subject, found.state) == ("count", "sheep", "finished")
    assert durable.result("r1", "two") == {"name": "two", "at": 7}
    assert durable.result("r1", "four") is None
    assert durable.result("nobody", "two") is None
    assert durable.carry_out(TASK, counting(notes)) == result, "what is finished is told, not done again"
    assert len(lines(notes)) == 3
    assert [one.run for one in durable.list()] == ["r1"]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["one", "two", "three"])
def test_a_killed_one_goes_on_at_the_step_it_was_in(
    durable: Durable, database_url: str, child: Child, notes: Path, step: str
) -> None:
    killed = child(CHILD, database_url, notes, f"killed after the work of {step}")
    assert killed.wait(60) == -signal.SIGKILL
    found = durable.find("r1")
    assert found is not None
    assert found.state == "interrupted"
    done = ["one", "two", "three"][: ["one", "two", "three"].index(step)]
    assert [one.step for one in durable.steps("r1")] == done
    result = durable.carry_out(TASK, counting(notes))
    assert [one["name"] for one in result["all"]] == ["one", "two", "three"]
    assert lines(notes) == [*done, step, *["one", "two", "three"][len(done) :]], (
        "only the step that was cut off is done twice"
    )
    assert [one.state for one in durable.list()] == ["finished"]


@pytest.mark.slow
def test_only_one_process_carries_it_out(durable: Durable, database_url: str, child: Child, notes: Path) -> None:
    other = child(CHILD, database_url, notes, "stands in two")
    assert other.stdout is not None
    assert other.stdout.readline() == "here\n"
    found = durable.find("r1")
    assert found is not None
    assert found.state == "running"
    with pytest.raises(Busy, match="the count of 'sheep'"):
        durable.carry_out(TASK, counting(notes))
    with pytest.raises(Busy, match="the count of 'sheep'"):
        durable.carry_out(replace(TASK, run="r2"), counting(notes))
    other.kill()
    other.wait()
    assert durable.carry_out(TASK, counting(notes))["all"][2]["name"] == "three"


@pytest.mark.slow
def test_cancelled_from_another_process(durable: Durable, database_url: str, child: Child, notes: Path) -> None:
    other = child(CHILD, database_url, notes, "stands in two")
    assert other.stdout is not None
    assert other.stdout.readline() == "here\n"
    durable.cancel("r1")
    assert other.stdout.readline().startswith("Cancelled run r1: it was cancelled")
    found = durable.find("r1")
    assert found is not None
    assert found.state == "cancelled"
    assert [one.step for one in durable.steps("r1")] == ["one"]
    assert durable.carry_out(TASK, counting(notes))["all"][0]["name"] == "one", "who wants it goes on with it"
    assert lines(notes) == ["one", "two", "two", "three"]


def test_what_failed_is_done_again_and_nothing_before_it(durable: Durable, notes: Path) -> None:
    def failing(steps: Steps, task: Task) -> dict:
        counting(notes)(steps, replace(task, arguments={"to": 2}))

        def fail() -> dict:
            raise QualityError("no rows are left", where="count")

        return steps.step("three", fail, str)[0]

    with pytest.raises(QualityError, match="no rows are left"):
        durable.carry_out(TASK, failing)
    found = durable.find("r1")
    assert found is not None
    assert (found.state, found.error) == ("failed", "count: no rows are left")
    assert [(one.step, bool(one.error)) for one in durable.steps("r1")] == [
        ("one", False),
        ("two", False),
        ("three", True),
    ]
    with pytest.raises(QualityError, match="no rows are left"):
        durable.carry_out(TASK, failing)
    assert durable.carry_out(TASK, counting(notes))["all"][2]["name"] == "three"
    assert lines(notes) == ["one", "two", "three"]
    assert [bool(one.error) for one in durable.steps("r1")] == [False, False, False]


def test_a_private_value_in_a_foreign_error_is_not_kept(durable: Durable) -> None:
    def failing(steps: Steps, task: Task) -> dict:
        def fail() -> dict:
            raise KeyError("4111 1111 1111 1111")

        return steps.step("one", fail, str)[0]

    with pytest.raises(KeyError):
        durable.carry_out(TASK, failing)
    found = durable.find("r1")
    assert found is not None
    assert found.error == "an unexpected KeyError"
    assert durable.steps("r1")[0].error == "an unexpected KeyError"


def test_interrupted_by_whoever_watches_it(durable: Durable, notes: Path) -> None:
    def interrupted(steps: Steps, task: Task) -> dict:
        counting(notes)(steps, replace(task, arguments={"to": 1}))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        durable.carry_out(TASK, interrupted)
    found = durable.find("r1")
    assert found is not None
    assert found.state == "interrupted"
    assert durable.carry_out(TASK, counting(notes))["all"][2]["name"] == "three"
    assert lines(notes) == ["one", "two", "three"]


def test_one_of_another_release_is_not_gone_on_with(
    durable: Durable, database: Database, database_url: str, notes: Path
) -> None:
    def stop(steps: Steps, task: Task) -> dict:
        raise StoreError("the disk is gone")

    with pytest.raises(StoreError):
        durable.carry_out(TASK, stop)
    durable.close()
    newer = Flows(Means(database_url, to_text, from_text, database.alone, "2"))
    with pytest.raises(SpecError, match="release 1 of Mainspring began this run; this is 2"):
        newer.open().carry_out(TASK, counting(notes))
    newer.close()


def test_what_is_not_there(durable: Durable) -> None:
    assert durable.find("nobody") is None
    assert durable.list() == []
    for ask in (durable.task, durable.steps, durable.cancel, durable.unschedule, durable.fire):
        with pytest.raises(NotFound, match="nobody"):
            ask("nobody")


def test_a_damaged_database_is_told(tmp_path: Path, notes: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'records.db'}")
    (tmp_path / "records-flows.db").write_bytes(b"this is no database" * 100)
    flows = Flows(Means(f"sqlite:///{tmp_path / 'records.db'}", to_text, from_text, database.alone, "1"))
    with pytest.raises(StoreError, match="runs cannot be kept"):
        flows.open().carry_out(TASK, counting(notes))
    flows.close()
    database.close()


def test_cancelled_before_its_next_step(durable: Durable, notes: Path) -> None:
    def cancelled(steps: Steps, task: Task) -> dict:
        counting(notes)(steps, replace(task, arguments={"to": 1}))
        durable.cancel(task.run)
        return counting(notes)(steps, task)

    with pytest.raises(Cancelled, match="it was cancelled"):
        durable.carry_out(TASK, cancelled)
    assert lines(notes) == ["one"]

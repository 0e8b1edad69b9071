import threading
import time
from pathlib import Path

import pytest

from mainspring import Automation, Workspace
from mainspring.errors import Cancelled, NotFound, SourceError, SpecError


class Watcher:
    """Does something when a step begins."""

    def __init__(self, step: str, then) -> None:
        self._step, self._then = step, then

    def step(self, name: str, about: str) -> None:
        if name == self._step:
            self._then()

    def update(self, text: str, share: float) -> None: ...

    def standings(self, lines) -> None: ...

    def done(self, name: str, facts: str, *, repeated: bool = False) -> None: ...


def test_what_rules_decide_by_is_told(ruled: Path, declared: Path) -> None:
    with Workspace(ruled) as workspace:
        told = workspace.runs.declaration("offers")
        assert told == Automation.from_file(declared)
        with pytest.raises(NotFound, match="nobody"):
            workspace.runs.declaration("nobody")


def test_a_run_is_listed_with_its_steps(tmp_path: Path, declared: Path) -> None:
    with Workspace(tmp_path / "space") as workspace:
        result = workspace.run(declared)
        assert [(run["run"], run["kind"], run["subject"], run["state"]) for run in workspace.runs.list("offers")] == [
            (result.run_id, "run", "offers", "finished")
        ]
        assert workspace.runs.list("nobody") == []
        shown = workspace.runs.show(result.run_id)
        assert [step["step"] for step in shown["steps"]] == ["check", "collect", "clean", "expect", "register"]
        assert [step["told"] for step in shown["steps"]][1] == "20 rows × 2 columns; customer pseudonymised"
        assert all(step["size"] > 0 and step["seconds"] >= 0 for step in shown["steps"])
        with pytest.raises(NotFound, match="nobody"):
            workspace.runs.show("nobody")
        assert workspace.decide("offers", {"customer": "N1", "tenure": 1})["action"][0].as_py() == "offer"


def test_an_interrupted_run_is_gone_on_with(tmp_path: Path, declared: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with Workspace(tmp_path / "space") as workspace:
        with pytest.raises(KeyboardInterrupt):
            workspace.run(declared, progress=Watcher("expect", interrupt))
        (run,) = workspace.runs.list()
        assert run["state"] == "interrupted"
        declared.unlink()  # what was declared is kept with the run
        assert workspace.runs.resume(run["run"])["counts"]["rows"] == 20
        assert [run["state"] for run in workspace.runs.list()] == ["finished"]
        assert workspace.decide("offers", {"customer": "N1", "tenure": 1})["action"][0].as_py() == "offer"


def test_a_run_is_cancelled_while_it_goes_on(tmp_path: Path, declared: Path) -> None:
    with Workspace(tmp_path / "space") as workspace, Workspace(tmp_path / "space") as other:

        def cancel() -> None:
            other.runs.cancel(other.runs.list()[0]["run"])

        with pytest.raises(Cancelled, match="mainspring runs resume"):
            workspace.run(declared, progress=Watcher("clean", lambda: aside(cancel)))
        (run,) = workspace.runs.list()
        assert run["state"] == "cancelled"
        assert workspace.run(declared).run_id != run["run"], "what was cancelled is not gone on with by itself"
        assert workspace.runs.resume(run["run"])["counts"]["rows"] == 20


def aside(work) -> None:
    """In another thread, as another process would."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_what_could_not_be_collected_is_begun_anew(tmp_path: Path, declared: Path) -> None:
    (tmp_path / "customers.csv").rename(tmp_path / "away.csv")
    with Workspace(tmp_path / "space") as workspace:
        with pytest.raises(SourceError):
            workspace.run(declared)
        (run,) = workspace.runs.list()
        assert run["state"] == "abandoned"
        assert "customers.csv" in run["error"]
        (tmp_path / "away.csv").rename(tmp_path / "customers.csv")
        assert workspace.run(declared).counts["rows"] == 20


def test_a_queued_run_is_carried_out_by_who_works(tmp_path: Path, declared: Path) -> None:
    with Workspace(tmp_path / "space") as workspace:
        run = workspace.runs.queue("run", str(declared))
        assert workspace.runs.show(run)["state"] == "waiting"
        stopped = threading.Event()
        thread = threading.Thread(target=workspace.runs.work, args=(stopped,))
        thread.start()
        end = time.monotonic() + 60
        while workspace.runs.show(run)["state"] != "finished":
            assert time.monotonic() < end
            time.sleep(0.1)
        stopped.set()
        thread.join()
        assert workspace.decide("offers", {"customer": "N1", "tenure": 1})["action"][0].as_py() == "offer"
        with pytest.raises(SpecError, match="did you mean 'run'"):
            workspace.runs.queue("ran", str(declared))


def test_two_workspaces_of_a_process_take_turns(tmp_path: Path, declared: Path) -> None:
    with Workspace(tmp_path / "one") as one, Workspace(tmp_path / "two") as two:
        for workspace in (one, two, one):
            workspace.run(declared)
        assert (len(one.runs.list()), len(two.runs.list())) == (2, 1)

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.errors import NotFound, SpecError


@contextmanager
def working(workspace: Workspace) -> Iterator[None]:
    stopped = threading.Event()
    thread = threading.Thread(target=workspace.runs.work, args=(stopped, 2))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(60)
        assert not thread.is_alive()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_run_a_campaign_and_a_backup_at_their_times(ruled: Path, tmp_path: Path) -> None:
    with Workspace(ruled) as workspace:
        workspace.schedules.add("nightly", "0 3 * * *", "run", str(tmp_path / "offers.yaml"))
        workspace.schedules.add(
            "weekly", "0 3 * * mon", "campaign", "offers", {"table": str(tmp_path / "customers.csv")}
        )
        workspace.schedules.add("safe", "0 3 * * *", "backup", str(tmp_path / "kept"))
        with working(workspace):
            for name in ("nightly", "weekly", "safe"):
                workspace.schedules.fire(name)
            until(
                lambda: (
                    {run["schedule"] for run in workspace.runs.list() if run["state"] == "finished"}
                    >= {"nightly", "weekly", "safe"}
                )
            )
        assert workspace.status("offers")["decisions"] == 20
        assert len(list((tmp_path / "kept").glob("*/manifest.json"))) == 1
        assert [one["name"] for one in workspace.schedules.list()] == ["nightly", "safe", "weekly"]


def test_what_cannot_be_begun_fails_alone(ruled: Path, tmp_path: Path) -> None:
    with Workspace(ruled) as workspace:
        workspace.schedules.add("gone", "0 3 * * *", "run", str(tmp_path / "nowhere.yaml"))
        workspace.schedules.add("safe", "0 3 * * *", "backup", str(tmp_path / "kept"))
        with working(workspace):
            workspace.schedules.fire("gone")
            workspace.schedules.fire("safe")
            until(
                lambda: any(run["schedule"] == "safe" and run["state"] == "finished" for run in workspace.runs.list())
            )


def test_no_password_is_listed(ruled: Path) -> None:
    with Workspace(ruled) as workspace:
        table = "postgresql://me:s3cret@shop.example/orders"
        workspace.schedules.add("weekly", "0 3 * * mon", "campaign", "offers", {"table": table})
        assert "s3cret" not in str(workspace.schedules.list())


def test_what_is_wrong_is_told(ruled: Path) -> None:
    with Workspace(ruled) as workspace:
        with pytest.raises(SpecError, match="is no cron expression"):
            workspace.schedules.add("x", "daily", "run", "offers.yaml")
        with pytest.raises(SpecError, match="did you mean 'campaign'"):
            workspace.schedules.add("x", "0 3 * * *", "campaigns", "offers")
        for ask in (workspace.schedules.remove, workspace.schedules.pause, workspace.schedules.fire):
            with pytest.raises(NotFound, match="there is no schedule 'x'"):
                ask("x")


def test_a_promotion_is_a_run_of_its_own(learned: Path, tmp_path: Path) -> None:
    with Workspace(learned) as workspace:
        workspace.models.promote("retention", 1, why="because")
        run = next(run for run in workspace.runs.list("retention") if run["kind"] == "promotion")
        assert [step["step"] for step in workspace.runs.show(run["run"])["steps"]] == ["open", "promote"]
        with pytest.raises(NotFound):
            workspace.models.promote("retention", 7)

"""Whoever is told to stop takes no more actions; what is left waits for the next start."""

import threading
from pathlib import Path

from mainspring import Workspace


def test_no_more_actions_are_taken_once_told_to_stop(place: Path, copied, tmp_path: Path, leaving: dict) -> None:
    space = copied(place, tmp_path / "space")
    stopped = threading.Event()
    with Workspace(space) as workspace:
        workspace.decide("retention", [{**leaving, "customer": f"S{number}"} for number in range(100)])
        waiting = workspace.actions.counts("retention")
        stopped.set()
        assert workspace.actions.deliver(stopped=stopped) == {"delivered": 0, "postponed": 0, "dead": 0}
        assert workspace.actions.counts("retention") == waiting
        assert sum(waiting.values()) >= 100

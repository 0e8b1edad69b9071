"""The gateway looks by itself, when the declared interval is over, and goes on when it cannot."""

import threading

from mainspring.errors import StoreError
from mainspring.faces.serve.threads.watching import Watching


class Asked:
    """Stands for a workspace: counts how often it was asked what is due, and fails the first time."""

    def __init__(self) -> None:
        self.watching = self
        self.times = 0
        self.often = threading.Event()

    def due(self) -> list[str]:
        self.times += 1
        if self.times == 1:
            raise StoreError("the database cannot be reached")
        if self.times == 3:
            self.often.set()
        return []


def test_it_asks_again_and_again_whatever_happens() -> None:
    workspace = Asked()
    watching = Watching(workspace, pause=0.01)  # pyright: ignore[reportArgumentType]
    watching.start()
    assert workspace.often.wait(30)
    watching.stop()
    times = workspace.times
    assert not watching._thread.is_alive()
    assert workspace.times == times

"""Flow: one durable pass through named steps. A step whose result is journaled is not done again."""

import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from mainspring.backends.store.runs import Runs
from mainspring.run.progress import RunProgress

Result = dict[str, Any]
CODE_VERSION = version("mainspring")


class Flow:
    """The steps of one run.

    A step's work is a function to plain values (JSON), and what it leaves in the lake or on disk must be the same when it is done
    twice: a process may be killed after the work and before the journal knows of it.
    """

    def __init__(self, runs: Runs, run_id: str, progress: RunProgress) -> None:
        self._runs = runs
        self.run_id = run_id
        self.progress = progress

    def step(self, name: str, about: str, work: Callable[[], Result], facts: Callable[[Result], str]) -> Result:
        """The result of the step, from the journal if it was finished before."""
        self.progress.step(name, about)
        known = self._runs.finished_step(self.run_id, name)
        if known is not None:
            self.progress.done(name, facts(known), repeated=True)
            return known
        began = time.monotonic()
        result = work()
        self._runs.finish_step(self.run_id, name, result, time.monotonic() - began)
        self.progress.done(name, facts(result))
        return result

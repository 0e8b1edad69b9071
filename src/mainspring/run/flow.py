"""Flow: one durable pass through named steps. A step that was finished is not done again.

Whoever has a flow to carry out says what is needed for it as JSON values, and hands in its body, here or in another process::

    task = Task(run_id, "run", automation.name, {"declaration": …})
    result = backends.flows.open().carry_out(task, lambda steps, task: body(Flow(steps, progress), task))

and writes its kind into ``run/kinds.py``, so that it can be queued, scheduled and gone on with by name.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from mainspring.backends.flows.flows import Result, Steps
from mainspring.backends.store.runs import Runs
from mainspring.errors import MainspringError
from mainspring.run.progress import RunProgress

CODE_VERSION = version("mainspring")


class Flow:
    """The steps of one run, told to whoever watches.

    A step's work is a function to plain values (JSON), and what it leaves in the lake or on disk must be the same when it is done
    twice: a process may be killed after the work and before it is written down as done.
    """

    def __init__(self, steps: Steps, progress: RunProgress) -> None:
        self.steps = steps
        self.run_id = steps.run
        self.progress: RunProgress = Heeding(progress, steps.heed)

    def step(self, name: str, about: str, work: Callable[[], Result], facts: Callable[[Result], str]) -> Result:
        """The result of the step, as it was written down if it was finished before."""
        self.progress.step(name, about)
        result, repeated = self.steps.step(name, work, facts)
        self.progress.done(name, facts(result), repeated=repeated)
        return result


class Heeding:
    """Progress that is heard on the way: whoever tells it that work goes on learns whether to stop."""

    def __init__(self, progress: RunProgress, heed: Callable[[], None]) -> None:
        self._progress, self._heed = progress, heed

    def step(self, name: str, about: str) -> None:
        self._progress.step(name, about)

    def update(self, text: str, share: float) -> None:
        self._progress.update(text, share)
        self._heed()

    def standings(self, lines: Sequence[Mapping[str, Any]]) -> None:
        self._progress.standings(lines)

    def done(self, name: str, facts: str, *, repeated: bool = False) -> None:
        self._progress.done(name, facts, repeated=repeated)


def give_up(runs: Runs, run: str, error: MainspringError) -> None:
    """A run that a failure ended: to be gone on with once the cause is mended, where that can be."""
    # Rows that cannot serve would be found again: whoever mends the source wants them collected again.
    resumable = error.retry or error.fault == "ours"
    (runs.fail if resumable else runs.abandon)(run, str(error))

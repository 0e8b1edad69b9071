"""Learning: a run of an automation, as a flow that is scheduled or gone on with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mainspring.automation import Automation
from mainspring.backends.flows.flows import Body, Task
from mainspring.backends.opening import Backends
from mainspring.run.progress import RunProgress
from mainspring.run.start import Start
from mainspring.run.train import order


def begin(backends: Backends, subject: str, arguments: Mapping[str, Any], run: str) -> Task:
    """A run of the declaration in the file ``subject``, as it is now; all of the source is collected unless it has ``since``."""
    path = Path(subject)
    start = Start(budget=arguments.get("budget"), candidates=tuple(arguments.get("candidates", ())))
    return order.begin(Automation.from_file(path), backends, path.parent, start, run)


def carrier(backends: Backends, progress: RunProgress) -> Body:
    return order.carrier(backends, progress)

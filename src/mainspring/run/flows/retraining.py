"""Retraining: an automation learned anew, as a flow that is queued, scheduled or gone on with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mainspring.backends.flows.flows import Body, Task
from mainspring.backends.opening import Backends
from mainspring.run.progress import RunProgress
from mainspring.run.retrain import order


def begin(backends: Backends, subject: str, arguments: Mapping[str, Any], run: str) -> Task:
    """Of the automation called ``subject``; ``arguments`` may have a ``budget``, and ``why``."""
    return order.begin(backends, subject, Path.cwd(), arguments, run)


def carrier(backends: Backends, progress: RunProgress) -> Body:
    return order.carrier(backends, progress)

"""Repertoire: every kind of flow, loaded when one of its kind is carried out."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from mainspring.backends.flows.flows import Body, Result, Task
from mainspring.backends.opening import Backends
from mainspring.errors import SpecError, nearest
from mainspring.run.kinds import FLOWS
from mainspring.run.progress import RunProgress, Silent


class Carried(Protocol):
    """A module that carries out flows of one kind."""

    def begin(self, backends: Backends, subject: str, arguments: Mapping[str, Any], run: str) -> Task: ...

    def carrier(self, backends: Backends, progress: RunProgress) -> Body: ...


class Offered:
    """What this workspace can carry out. ``ended`` hears of each flow that came to its end here: its kind and its result."""

    def __init__(self, backends: Backends, ended: Callable[[str, Result], None]) -> None:
        self._backends, self._ended = backends, ended

    def begin(self, kind: str, subject: str, arguments: Mapping[str, Any], run: str) -> Task:
        return carried(kind).begin(self._backends, subject, arguments, run)

    def body(self, kind: str, progress: RunProgress | None = None) -> Body:
        body = carried(kind).carrier(self._backends, progress or Silent())

        def told(steps: Any, task: Task) -> Result:
            result = body(steps, task)
            self._ended(kind, result)
            return result

        return told


def carried(kind: str) -> Carried:
    """Raises SpecError where there is no such kind."""
    if kind not in FLOWS:
        guess = nearest(kind, FLOWS)
        remedy = f"did you mean {guess!r}?" if guess else f"known: {', '.join(FLOWS)}"
        raise SpecError(f"there are no flows of the kind {kind!r}", where="kind", remedy=remedy)
    return cast(Carried, importlib.import_module(FLOWS[kind]))

"""Traces: who is told, span by span, of what was asked, of events that were decided on and of actions that were carried out."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from mainspring.run.stages.stages import Stage

OURS = "mainspring"
"""So begin the names of what spans say that is told nowhere else."""
Kind = Literal["client", "consumer"]
"""Something is asked of others, or events of others are taken."""


class Span(Protocol):
    """Something that is done, in its trace."""

    @property
    def trace(self) -> str:
        """The trace's id, 32 hexadecimal digits."""
        ...

    @property
    def place(self) -> str:
        """Its place in the trace, as a W3C ``traceparent``: what belongs beneath it is begun with this."""
        ...

    @property
    def wanted(self) -> bool:
        """Whether it is to be told at all: most may be left out, as the sampler says."""
        ...

    def end(
        self, name: str, facts: Mapping[str, Any], stages: Sequence[Stage], *, failed: bool, links: Sequence[str] = ()
    ) -> None:
        """``links`` are places in other traces that it belongs to as well."""
        ...


class Traces(Protocol):
    def begin(self, headers: Mapping[str, str]) -> Span:
        """A request's span, which goes on with the trace that the ``headers`` name, where they do."""
        ...

    def begin_work(self, kind: Kind, place: str | None = None) -> Span:
        """The span of work that nobody waits for, beneath a ``place`` in a trace, where there is one."""
        ...

    def close(self) -> None:
        """Tell what is not told yet, for a few seconds at most."""
        ...


def our_facts(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a span says of what only we know; what is None is not said."""
    return {f"{OURS}.{name}": value for name, value in told.items() if value is not None}

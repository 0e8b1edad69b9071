"""Batch: what is told of the events in hand: one span, which belongs to the traces that its events come from."""

from collections.abc import Mapping, Sequence

from mainspring.run.stages.stages import Heard
from mainspring.run.stages.traces import Traces, our_facts

NAME = "decide on events"


class Batch:
    """Begun when its events are taken. Without ``traces`` nobody is told."""

    def __init__(self, traces: Traces | None) -> None:
        self._span = None if traces is None else traces.begin_work("consumer")
        self._heard = Heard()
        self._links: dict[str, None] = {}

    def hear(self, traces: Sequence[str | None]) -> Heard | None:
        """Who listens to the deciding on events that bring these traces along; one that brings none belongs to the batch's own."""
        if self._span is None:
            return None
        place = self._span.place
        self._links |= dict.fromkeys(trace for trace in traces if trace is not None)
        heard = Heard([trace or place for trace in traces])
        heard.stages = self._heard.stages
        return heard

    def end(self, automation: str, topic: str, counts: Mapping[str, int], *, failed: bool) -> None:
        """``counts`` are those of this batch alone."""
        if self._span is None:
            return
        facts = {"messaging.destination.name": topic} | our_facts({"automation": automation, **counts})
        self._span.end(NAME, facts, self._heard.stages, failed=failed, links=list(self._links))

"""Events: those of a topic that the raw table does not hold yet, each taken once, whenever the run is killed.

Before the rows are written the database notes from where to where this run takes them; the lake itself knows whether it did. So a
run that is resumed takes up the same events, and none that came meanwhile is passed over.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.event import is_topic, topic_address
from mainspring.run.stream.published import catch_up
from mainspring.run.stream.rows import TopicRows


class NewEvents:
    """The events to collect in a run; None is given by :meth:`of` where the source is no topic."""

    def __init__(self, automation: Automation, backends: Backends, table: str, run_id: str, *, fresh: bool) -> None:
        source, self._backends, self._name, self._table, self._run = (
            automation.source,
            backends,
            automation.name,
            table,
            run_id,
        )
        to = topic_address(source.table or "")
        self._known: Mapping[str, Any] | None = None
        if not fresh and backends.lake.exists(table):
            self._known = backends.cursors.get(automation.name)
        self._start = self._begin()
        catch_up(backends, to.bus, to.topic)
        self._rows = TopicRows(backends.buses.at(to.bus), to.topic, source, self._start)

    @classmethod
    def of(
        cls, automation: Automation, backends: Backends, table: str, run_id: str, *, fresh: bool
    ) -> "NewEvents | None":
        if not is_topic(automation.source.table):
            return None
        return cls(automation, backends, table, run_id, fresh=fresh)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """None where nothing came since the last time."""
        batches = list(self._rows.batches())
        if not self._written(self._run):
            self._backends.cursors.set(self._name, {"run": self._run, "from": self._start, "to": self._rows.cursor})
        yield from batches

    def remarks(self) -> list[str]:
        """What whoever runs it should know."""
        return [f"{self._rows.unread:,} messages are no events and were passed over"] if self._rows.unread else []

    def _begin(self) -> Mapping[str, int]:
        if self._known is None:
            return {}
        taken = self._known["run"] != self._run and self._written(self._known["run"])
        return self._known["to" if taken else "from"]

    def _written(self, run: str) -> bool:
        return (
            self._backends.lake.exists(self._table)
            and self._backends.lake.written(self._table, f"{run}:collect") is not None
        )

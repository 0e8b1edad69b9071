"""Source: how many rows there are now, without taking them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.errors import NotFound
from mainspring.event import is_topic, topic_address
from mainspring.run.place import source_folder
from mainspring.run.stream.published import catch_up
from mainspring.steps.source.collect import collect
from mainspring.steps.source.reader import Surroundings

LAKE = "lake:"


def rows_at_source(automation: Automation, backends: Backends, around: Surroundings) -> int:
    """All that a run would have after collecting. A topic and a table of the lake are counted, other sources are read (beyond ``since``).

    Raises:
        SourceError: the source cannot be read.
    """
    source, name = automation.source, f"{automation.name}.raw"
    stored = backends.lake.count(name) if backends.lake.exists(name) else 0
    if source.table is not None and is_topic(source.table):
        return stored + _events_beyond(automation, backends)
    if source.table is not None and source.table.startswith(LAKE) and source.since is None:
        return backends.lake.count(source.table.removeprefix(LAKE))
    if source.sql is not None:
        return len(backends.lake.sql(source.sql))
    cursor = backends.cursors.get(automation.name) if source.since else None
    folder = source_folder(backends, automation.name, around.folder)
    batches = collect(source, replace(around, folder=folder, cursor=cursor))
    found = sum(batch.num_rows for batch in batches)
    return found + (stored if source.since else 0)


def _events_beyond(automation: Automation, backends: Backends) -> int:
    to = topic_address(automation.source.table or "")
    known: Mapping[str, Any] | None = backends.cursors.get(automation.name)
    catch_up(backends, to.bus, to.topic)
    try:
        end = backends.buses.at(to.bus).topic(to.topic).next
    except NotFound:
        return 0
    taken = 0 if known is None else max((int(offset) for offset in known["to"].values()), default=0)
    return max(0, end - taken)

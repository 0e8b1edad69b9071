"""Trail: a request's id, what it was answered, and its lines in the log.

A line holds what the gateway itself made or knows: never a header, a query, a body, or an address that nobody serves.
"""

import logging
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mainspring.run.stages.stages import Heard
from mainspring.run.stages.traces import Span, our_facts

LOG = logging.getLogger(__name__)
TRAIL = "trail"
"""Under this a request's scope has its trail."""
HEADER = b"x-request-id"
_OURS = re.compile(rb"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
Row = Mapping[str, Any]


class Trail:
    """``status`` is 0 until something is answered; ``notices`` are headers that the answer says besides; ``deprecated`` are the fields
    that were sent and should not be."""

    __slots__ = ("_heard", "automation", "deprecated", "notices", "request", "rows", "span", "status")

    def __init__(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        # What a proxy makes (a UUID, or 32 digits) goes on; any other text may be a secret or a forged line, and is not taken.
        brought = next((value for name, value in headers if name == HEADER and _OURS.fullmatch(value)), None)
        self.request = b"%032x" % random.getrandbits(128) if brought is None else brought
        self.status = 0
        self.automation: str | None = None
        self.rows: Sequence[Row] = ()
        self.span: Span | None = None
        self.notices: Sequence[tuple[bytes, bytes]] = ()
        self.deprecated: Sequence[str] = ()
        self._heard: Heard | None = None

    @property
    def heard(self) -> Heard | None:
        """Who listens to the stages of deciding; None where nobody wants to know."""
        if self.span is not None and self.span.wanted and self._heard is None:
            self._heard = Heard(self.span.place)
        return self._heard

    def about(self, automation: str, rows: Sequence[Row] = ()) -> None:
        """What was decided, of an automation that there is."""
        self.automation, self.rows = automation, rows

    def tell(self, method: str, route: str, seconds: float) -> None:
        """Write it down. One decision is one line with its request; of many, each has a line, and so has the request."""
        traced, logged = self.span is not None and self.span.wanted, LOG.isEnabledFor(logging.INFO)
        if not (traced or logged):
            return
        made = [_decision(row) for row in self.rows if "decision" in row]
        if self.span is not None and traced:
            facts = self._facts(method, route, made)
            stages = self._heard.stages if self._heard is not None else ()
            self.span.end(f"{method} {route}", facts, stages, failed=self.status >= 500)
        if not logged:
            return
        told: dict[str, Any] = {"request": self.request.decode()}
        if self.span is not None:
            told["trace"] = self.span.trace
        if self.automation is not None:
            told["automation"] = self.automation
        asked: dict[str, Any] = {"method": method, "route": route, "status": self.status, "ms": round(seconds * 1e3, 3)}
        if self.deprecated:
            asked["deprecated"] = list(self.deprecated)
        if len(self.rows) == 1 and made:
            _say("decision", told | made[0] | asked)
            return
        for one in made:
            _say("decision", told | one)
        _say("request", told | ({"decisions": len(made)} if self.rows else {}) | asked)

    def _facts(self, method: str, route: str, made: Sequence[Row]) -> dict[str, Any]:
        ours: dict[str, Any] = {"request": self.request.decode()}
        if self.automation is not None:
            ours |= {"automation": self.automation, "decisions": len(made)}
        if len(made) == 1:
            ours |= made[0]
        facts: dict[str, Any] = {
            "http.request.method": method, "http.route": route, "http.response.status_code": self.status,
        }  # fmt: skip
        return facts | our_facts(ours)


def _decision(row: Row) -> dict[str, Any]:
    return {
        "decision": row["decision"], "action": row["action"], "version": row["model_version"],
        "policy": row["policy_version"],
    }  # fmt: skip


def _say(event: str, told: Mapping[str, Any]) -> None:
    LOG.info(event, extra={"told": told})

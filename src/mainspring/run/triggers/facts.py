"""Facts: what the condition for learning anew can speak of, as the store knows it now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mainspring.automation.triggers.when import Moment
from mainspring.automation.units import seconds
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion
from mainspring.backends.store.watching.alerts import Alert
from mainspring.backends.store.watching.triggers import Trigger
from mainspring.errors import NotFound
from mainspring.event import addressed, topic_address
from mainspring.run.desk import Desk
from mainspring.run.stream.published import catch_up

DAY = 86_400.0
KINDS = ("drift", "performance", "quality", "service")


@dataclass
class Facts:
    """Of one automation, now. ``marks`` is what is counted from the next time, once this is taken note of."""

    backends: Backends
    desk: Desk
    champion: ModelVersion
    known: Trigger
    now: datetime
    rows: Any
    marks: dict[str, Any] = field(default_factory=dict[str, Any])

    def of(self, names: Collection[str]) -> dict[str, Any]:
        """Those that are asked for, by name."""
        found = self._alerts() if set(names) & {*KINDS, "alert", "critical"} else {}
        counts = {"feedback": self._feedback, "decisions": self._decisions, "rows": self._rows, "days": self._days}
        found |= {name: count() for name, count in counts.items() if name in names}
        return {name: value for name, value in found.items() if name in names}

    def came(self, moment: Moment) -> bool:
        """Whether a moment has come since the automation was last asked."""
        if moment.kind == "cron":
            return moment.passed(self.known.checked, self.now)
        if moment.kind == "every":
            return self.now - self.learned >= timedelta(seconds=seconds(moment.told))
        to = topic_address(addressed(moment.told))
        catch_up(self.backends, to.bus, to.topic)
        try:
            end = self.backends.buses.at(to.bus).topic(to.topic).next
        except NotFound:
            end = 0
        mark = f"event {moment.told}"
        before = self.known.marks.get(mark)
        self.marks[mark] = end
        return before is not None and end > before

    @property
    def learned(self) -> datetime:
        """When it was last learned, or at least begun to be."""
        created = self.champion.created
        return created if self.known.fired is None else max(created, self.known.fired)

    def baselines(self) -> dict[str, Any]:
        """What is counted from after a learning that begins now."""
        newest = self.backends.journal.newest(self.desk.automation.name)
        told = {
            "feedback": self.backends.feedback.newest(self.desk.automation.name),
            "decisions": newest[0] if newest else 0,
        }
        return told | ({"rows": self.known.marks["source"]} if "source" in self.known.marks else {})

    def _alerts(self) -> dict[str, bool]:
        """Of those that stand, and that the version which decides was found to deserve."""
        listed = self.backends.alerts.list(self.desk.automation.name)
        standing = [
            one for one in listed if one.state in ("open", "acknowledged") and one.last >= self.champion.created
        ]
        told = {kind: any(_kind(one) == kind for one in standing) for kind in KINDS}
        return told | {"alert": bool(standing), "critical": any(one.severity == "critical" for one in standing)}

    def _feedback(self) -> int:
        declared = self.desk.automation.decide.feedback if self.desk.automation.decide else None
        after = None if declared is None else declared.after
        ripe = None if after is None else self.now - timedelta(seconds=after)
        return self.backends.feedback.since(self.desk.automation.name, self.known.marks.get("feedback", 0), ripe)

    def _decisions(self) -> int:
        (count,) = self.backends.journal.counts(
            self.desk.automation.name, [self.learned, self.now + timedelta(seconds=1)]
        )
        return count

    def _rows(self) -> int:
        """Asking a source is work: no more often than it is looked."""
        every = timedelta(seconds=self.desk.automation.watch.every)
        asked: Mapping[str, Any] = self.known.marks
        if "asked" not in asked or self.now - datetime.fromisoformat(asked["asked"]) >= every:
            self.marks |= {"source": self.rows(self.desk.automation), "asked": self.now.astimezone(UTC).isoformat()}
        there = int(self.marks.get("source", asked.get("source", 0)))
        before = asked.get("rows")
        return there - int(self.champion.facts.get("collected", there) if before is None else before)

    def _days(self) -> float:
        return (self.now - self.learned).total_seconds() / DAY


def _kind(alert: Alert) -> str:
    return alert.mark.partition(":")[0]

"""Telling: an alert as what is sent to an address."""

import hashlib
from collections.abc import Sequence

from mainspring.backends.store.outbox import Action
from mainspring.backends.store.watching.alerts import Alert
from mainspring.event import Event

EVENT_TYPE = "io.mainspring.alert"
NAME = "alert"
RETRY = 8


def message(alert: Alert, to: str, files: Sequence[str]) -> Action:
    """What is put into the outbox for one address; ``files`` are the pieces of evidence, by their paths in the workspace's folder.

    Telling of an alert again is another message; the same telling has the same id at each try.
    """
    assert alert.told is not None  # whoever is told of it, is told at a time
    data = {
        "title": f"{alert.severity.upper()}: {alert.automation}: {alert.mark.replace(':', ' of ', 1)}",
        "text": f"{_sentence(alert.what)}\n\nSince {alert.first:%Y-%m-%d %H:%M} UTC. "
        f"mainspring alerts acknowledge {alert.id} (or mute {alert.id} --for 7d)",
        "severity": alert.severity, "alert": alert.id, "automation": alert.automation, "mark": alert.mark,
        "facts": dict(alert.facts), "files": list(files),
    }  # fmt: skip
    place = f"/v1/automations/{alert.automation}/alerts"
    id = f"{alert.id}-{int(alert.told.timestamp() * 1000)}-{_short(to)}"
    event = Event(id, place, f"{EVENT_TYPE}.{alert.severity}", alert.told, data, alert.id)
    kind = "webhook" if to.startswith(("http://", "https://")) else "message"
    return Action(event, NAME, {kind: to, "retry": RETRY, "timeout": 30.0})


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _short(to: str) -> str:
    return hashlib.sha256(to.encode()).hexdigest()[:6]

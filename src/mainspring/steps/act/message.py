"""Message: delivers an action as a message, to every kind of address that Apprise knows: mail, Slack, DingTalk, WeCom, Feishu …"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import apprise

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable
from mainspring.event import Event
from mainspring.steps.act.deliverer import Means
from mainspring.steps.act.expand import expanded

HIDDEN = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://.*", re.DOTALL)
TYPES = {"critical": apprise.NotifyType.FAILURE, "warning": apprise.NotifyType.WARNING}
LONGEST = 4000


class Message:
    """Apprise says of a failure only that there was one, so it is tried again. ``files`` of the event's data are attached."""

    def __init__(self, means: Means) -> None:
        self._environment = means.environment
        self._folder = means.folder

    def deliver(self, event: Event, act: Act) -> None:
        address = expanded(act.message or "", self._environment)
        where = HIDDEN.sub(r"\1://…", address)
        told = apprise.Apprise()
        if not told.add(address):  # pyright: ignore[reportUnknownMemberType]
            raise ActRefused(
                "nothing is known of such an address, or it is incomplete",
                where=where,
                remedy="see the pages of Apprise",
            )
        title, body = title_of(event), body_of(event)
        kind = TYPES.get(str(event.data.get("severity")), apprise.NotifyType.INFO)
        # Some receivers take no files: then the words alone must arrive.
        files = self._files(event.data.get("files", ()))
        sent = told.notify(body, title, kind, attach=files or None, timeout=act.timeout)  # pyright: ignore[reportUnknownMemberType]
        if not sent:
            raise ActUnreachable(
                "the message was not taken", where=where, remedy="look at the address and whether it can be reached"
            )

    def _files(self, names: Sequence[str]) -> list[str]:
        """Only files inside the workspace's folder, whatever the event says."""
        folder = self._folder.resolve()
        paths = [(folder / str(name)).resolve() for name in names]
        return [str(path) for path in paths if path.is_relative_to(folder) and path.is_file()]


def title_of(event: Event) -> str:
    """The event's own title, or which action it is and of whom."""
    data = event.data
    return str(
        data.get("title")
        or f"{data.get('automation', '')}: {data.get('action', event.type)} {event.subject or ''}".strip()
    )


def body_of(event: Event) -> str:
    """The event's own text, or its data a line each."""
    data: Mapping[str, Any] = event.data
    text = (
        str(data["text"])
        if "text" in data
        else "\n".join(_line(name, value) for name, value in data.items() if value not in (None, [], {}))
    )
    return text[:LONGEST]


def _line(name: str, value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"{name}: " + "; ".join(str(one) for one in cast(Sequence[object], value))
    return f"{name}: {value}"

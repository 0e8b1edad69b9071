"""Decisions: the journal of an automation, searched and filtered, a page after another however long it is."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from mainspring.errors import NotFound
from mainspring.faces.portal.page import Actions, Visit
from mainspring.faces.portal.pages.journal.listing import decisions_grid
from mainspring.faces.portal.pages.parts import heading, sheet
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, tag

LIMIT = 40


class Decisions:
    every: ClassVar[float] = 2.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]
        status = visit.workspace.status(self._name)
        self._about, self._actions = str(status["about"]), sorted(status["by_action"])
        self._asked = {name: visit.query.get(name, "").strip() for name in ("key", "action", "start", "end")}
        before = visit.query.get("before", "")
        self._before = int(before) if before.isdecimal() and len(before) < 19 else None
        self._form = self._searched()
        if self._asked["key"] and self._is_decision(self._asked["key"]):
            visit.go(f"/automations/{self._name}/decisions/{self._asked['key']}")

    @property
    def title(self) -> str:
        return f"{self._name}: {self._visit.say.plain('Decisions')}"

    def actions(self) -> Actions:
        return {}

    def _is_decision(self, asked: str) -> bool:
        if len(asked) != 32:
            return False
        try:
            self._visit.workspace.explain(self._name, asked)
        except NotFound:
            return False
        return True

    def regions(self) -> dict[str, Html]:
        say = self._visit.say
        found = self._visit.workspace.journal.page(self._name, self._sought(), before=self._before, limit=LIMIT)
        listed, older = found["decisions"], found["older"]
        none = tag("p", say("No decision is like that."), class_="muted")
        further = tag("p", say("None among those looked through so far; there are older ones."), class_="muted")
        table = decisions_grid(self._visit, self._name, listed) if listed else further if older else none
        return {
            "head": heading(say, self._name, self._about, "/decisions"),
            "form": self._form,
            "table": sheet("", table),
            "pages": self._pages(older),
        }

    def _sought(self) -> dict[str, Any]:
        start, end = _day(self._asked["start"]), _day(self._asked["end"])
        return {
            "key": self._asked["key"] or None,
            "action": self._asked["action"] or None,
            "start": start,
            "end": end + timedelta(days=1) if end else None,
        }

    def _searched(self) -> Html:
        say, asked = self._visit.say, self._asked
        options = [tag("option", say("any"), value="")]
        options += [
            tag("option", say.term(one), value=one, selected="" if one == asked["action"] else None)
            for one in self._actions
        ]
        entries = [
            _field(
                say("Key or number of a decision"),
                "key",
                tag("input", type="search", name_="key", id="key", value=asked["key"]),
            ),
            _field(say("Decision"), "action", tag("select", *options, name_="action", id="action")),
            _field(say("From"), "start", tag("input", type="date", name_="start", id="start", value=asked["start"])),
            _field(say("To"), "end", tag("input", type="date", name_="end", id="end", value=asked["end"])),
            tag("div", tag("button", say("Search"), type="submit", class_="button"), class_="field end"),
        ]
        return tag("form", tag("div", *entries, class_="fields search"), method="get", class_="sheet")

    def _pages(self, older: int | None) -> Html:
        say, here = self._visit.say, f"/automations/{self._name}/decisions"
        kept = {name: value for name, value in self._asked.items() if value}
        newest = (
            tag("a", say("Newest"), href=f"{here}?{urlencode(kept)}", class_="button plain") if self._before else ""
        )
        further = f"{here}?{urlencode({**kept, 'before': older})}"
        link = tag("a", say("Older"), href=further, class_="button plain", rel="next") if older else ""
        return tag("div", newest, link, class_="left") if newest or link else Html("")


def _field(title: Html, name: str, entry: Html) -> Html:
    return tag("div", tag("label", title, for_=name), entry, class_="field")


def _day(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None

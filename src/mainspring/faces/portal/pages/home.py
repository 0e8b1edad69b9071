"""Home: every automation as a card that lives."""

from collections.abc import Mapping
from typing import Any, ClassVar

from mainspring.errors import MainspringError
from mainspring.faces.portal.page import Actions, Visit
from mainspring.faces.portal.pages.parts import figure, money, pill
from mainspring.faces.portal.pictures.spark import spark
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, number, tag


class Home:
    every: ClassVar[float] = 3.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "anything")

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @property
    def title(self) -> str:
        return self._visit.say.plain("Home")

    def actions(self) -> Actions:
        return {}

    def regions(self) -> dict[str, Html]:
        workspace, say = self._visit.workspace, self._visit.say
        known = [one for one in workspace.automations() if self._visit.may(Role.VIEWER, one["name"])]
        if not known:
            return {"head": self._welcome(), "cards": Html("")}
        alerts = workspace.alerts.list()
        return {
            "head": tag(
                "div",
                tag("h1", say("Automations")),
                tag("a", say("New automation"), href="/new", class_="button"),
                class_="row",
            ),
            "cards": tag(
                "div",
                *(self._card(one, [a for a in alerts if a["automation"] == one["name"]]) for one in known),
                class_="cards",
            ),
        }

    def _welcome(self) -> Html:
        say = self._visit.say
        return tag(
            "section",
            tag("h1", say("From a table to decisions")),
            tag(
                "p",
                say("Drop a table, say what should be predicted, and watch the best model being found."),
                class_="lead",
            ),
            tag("p", tag("a", say("Begin with a table"), href="/new", class_="button")),
            class_="sheet hero",
        )

    def _card(self, one: Mapping[str, Any], alerts: list[dict[str, Any]]) -> Html:
        workspace, say, name = self._visit.workspace, self._visit.say, str(one["name"])
        try:
            status, pulse = workspace.status(name), workspace.journal.pulse(name)
        except MainspringError as error:
            return tag(
                "article",
                tag("h2", name),
                pill("bad", say("cannot be opened")),
                tag("p", error.what, class_="muted"),
                class_="card",
            )
        earned = status["realised"]
        gain = money(earned["mainspring"]["gain"]) if earned else "–"
        return tag(
            "article",
            tag("div", tag("h2", tag("a", name, href=f"/automations/{name}")), self._state(status), class_="row"),
            tag("p", one["about"], class_="muted about") if one["about"] else "",
            spark(pulse["hours"], say.plain("Decisions in each of the last 24 hours")),
            tag(
                "div",
                figure(say("Decisions today"), number(pulse["today"])),
                figure(say("Realised gain"), gain),
                figure(say("Decisions in all"), number(status["decisions"])),
                class_="figures",
            ),
            self._alerts(name, alerts),
            class_="card",
        )

    def _state(self, status: Mapping[str, Any]) -> Html:
        say, run = self._visit.say, status["last_run"]
        if run is not None and run["state"] == "running":
            return pill("busy", say("learning"))
        if status["champion"] is None:
            return pill("still", say("rules alone"))
        if status["challenge"] is not None and status["challenge"]["state"] == "running":
            return pill("busy", say("version {v}, challenged", v=status["champion"]))
        return pill("good", say("version {v} decides", v=status["champion"]))

    def _alerts(self, name: str, alerts: list[dict[str, Any]]) -> Html:
        say = self._visit.say
        if not alerts:
            return tag("p", say("No alert stands"), class_="muted foot")
        worst = "bad" if any(alert["severity"] == "critical" for alert in alerts) else "warm"
        counted = say.count(len(alerts), "1 alert", "{n} alerts")
        return tag("p", pill(worst, tag("a", counted, href=f"/automations/{name}/watch")), class_="foot")

"""Alerts: what stands over all automations, with evidence; someone sees to it, or it is muted for a while."""

from collections.abc import Mapping
from typing import Any, ClassVar

from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.parts import pill, sheet
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, tag

LENGTHS = ("1h", "1d", "7d", "30d")


class Alerts:
    every: ClassVar[float] = 3.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "anything")

    def __init__(self, visit: Visit) -> None:
        self._visit = visit

    @property
    def title(self) -> str:
        return self._visit.say.plain("Alerts")

    def actions(self) -> Actions:
        return alert_actions(self._visit)

    def regions(self) -> dict[str, Html]:
        say = self._visit.say
        everything = self._visit.workspace.alerts.list(all=True)
        found = [alert for alert in everything if self._visit.may(Role.VIEWER, alert["automation"])]
        standing = [alert for alert in found if alert["state"] in ("open", "acknowledged")]
        past = [alert for alert in found if alert["state"] not in ("open", "acknowledged")]
        return {
            "head": tag("div", tag("h1", say("Alerts")), class_="heading"),
            "standing": listed(self._visit, standing),
            "past": self._past(past),
        }

    def _past(self, past: list[dict[str, Any]]) -> Html:
        say = self._visit.say
        lines = [
            tag(
                "li",
                tag("a", one["automation"], href=f"/automations/{one['automation']}/watch"),
                " · ",
                say.sentence(one["what"]),
                " ",
                tag("small", say.term(one["state"]), ", ", say.ago(one["last"])),
            )
            for one in past[:20]
        ]
        return sheet(say("Over, or not yet believed"), tag("ul", *lines, class_="plainlist")) if lines else Html("")


def alert_actions(visit: Visit) -> Actions:
    """What can be done about an alert."""

    def allowed(told: Told) -> str:
        alert = told.get("alert", "")
        of = next((one["automation"] for one in visit.workspace.alerts.list(all=True) if one["id"] == alert), "")
        visit.need(Role.OPERATOR, of)
        return alert

    def acknowledge(told: Told) -> None:
        visit.workspace.alerts.acknowledge(allowed(told), told.get("why", ""), by=visit.by)
        visit.tell(visit.say.plain("Taken on: nobody is told again while it stands."))

    def mute(told: Told) -> None:
        length = told.get("length", "")
        until = length if length in LENGTHS else None
        visit.workspace.alerts.mute(allowed(told), until, told.get("why", ""), by=visit.by)
        visit.tell(visit.say.plain("Done."))

    return {"acknowledge": (Role.VIEWER, acknowledge), "mute": (Role.VIEWER, mute)}


def listed(visit: Visit, alerts: list[dict[str, Any]]) -> Html:
    """Alerts that stand, each on its sheet."""
    say = visit.say
    if not alerts:
        return sheet("", tag("p", pill("good", say("No alert stands"))))
    return tag("div", *(_one(visit, alert) for alert in alerts), class_="stack")


def _one(visit: Visit, alert: Mapping[str, Any]) -> Html:
    say, id = visit.say, alert["id"]
    severity = pill("bad" if alert["severity"] == "critical" else "warm", say.term(alert["severity"]))
    state = tag("small", say.term(alert["state"]), " · ", say("since"), " ", say.ago(alert["first"]))
    automation = tag("a", alert["automation"], href=f"/automations/{alert['automation']}/watch")
    muted = pill("still", say("muted")) if alert["muted_until"] else ""
    options = [tag("option", length, value=length) for length in LENGTHS]
    if alert["muted_until"]:
        options.insert(0, tag("option", say("no longer"), value=""))
    buttons = tag(
        "form",
        tag("button", say("I see to it"), class_="button small", type="button", data_do="acknowledge", data_alert=id)
        if alert["state"] == "open"
        else "",
        tag("label", say("Mute for"), for_=f"mute-{id}", class_="muted"),
        tag("select", *options, name_="length", id=f"mute-{id}"),
        tag("button", say("Mute"), class_="button plain small", type="submit"),
        data_do="mute",
        data_alert=id,
        class_="line",
    )
    head = tag("div", tag("span", severity, muted, automation, class_="left"), state, class_="row")
    return tag("section", head, tag("p", say.sentence(alert["what"])), _evidence(visit, id), buttons, class_="sheet")


def _evidence(visit: Visit, id: str) -> Html:
    """The newest picture and rows that were left with the alert."""
    say, folder = visit.say, visit.workspace.place / "alerts" / id
    told = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if not told:
        return Html("")
    here, left = f"/portal/evidence/{id}/{told[-1].name}", told[-1]
    picture = (
        tag("img", src=f"{here}/picture.png", alt=say.plain("How it lay before and lies now"), class_="evidence")
        if (left / "picture.png").is_file()
        else ""
    )
    rows = tag("a", say("Rows that show it (CSV)"), href=f"{here}/rows.csv") if (left / "rows.csv").is_file() else ""
    return tag("details", tag("summary", say("Evidence")), picture, tag("p", rows) if rows else "")

"""Overview: an automation at a glance: the way of its data with live counts, its decisions, what it earned."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from mainspring.decision import NO_ACTION
from mainspring.errors import NotFound
from mainspring.faces.portal.page import Actions, Visit
from mainspring.faces.portal.pages.automation.runs import declaration_of
from mainspring.faces.portal.pages.journal.listing import decisions_grid
from mainspring.faces.portal.pages.parts import figure, grid, heading, money, sheet
from mainspring.faces.portal.pictures.columns import columns
from mainspring.faces.portal.pictures.way import Station, way
from mainspring.faces.serve.door.guard import Of
from mainspring.model import Question
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, bar, number, tag

NEWEST = 6


class Overview:
    every: ClassVar[float] = 2.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]

    @property
    def title(self) -> str:
        return self._name

    def actions(self) -> Actions:
        return {}

    def regions(self) -> dict[str, Html]:
        say, workspace = self._visit.say, self._visit.workspace
        status, pulse = workspace.status(self._name), workspace.journal.pulse(self._name)
        return {
            "head": heading(say, self._name, status["about"], ""),
            "deprecated": self._deprecated(),
            "deprecated-fields": self._fields(),
            "way": sheet(say("The way of the data"), self._way(status)),
            "figures": self._figures(status, pulse),
            "label": self._labels(),
            "hours": self._hours(pulse),
            "newest": self._newest(),
        }

    def _deprecated(self) -> Html:
        say, told = self._visit.say, self._visit.workspace.contracts.deprecations.of(self._name)
        if told is None:
            return Html("")
        lines = [
            say("Whoever asks it is told since {since} that it should not be asked any more.", since=_day(told.since))
        ]
        if told.since > datetime.now(UTC):
            lines = [
                say("From {since} on it should not be asked any more; whoever asks is told.", since=_day(told.since))
            ]
        if told.sunset is not None:
            lines.append(say("From {sunset} on it may not answer any more.", sunset=_day(told.sunset)))
        shown = [tag("p", line) for line in lines]
        if told.instead is not None:
            shown.append(
                tag("p", say("To be asked instead:"), " ", tag("a", told.instead, href=f"/automations/{told.instead}"))
            )
        if told.link is not None:
            shown.append(tag("p", tag("a", told.link, href=told.link, rel="noreferrer")))
        return sheet(say("Deprecated"), *shown)

    def _fields(self) -> Html:
        """Which fields of a record should not be sent any more."""
        say, told = self._visit.say, self._visit.workspace.contracts.deprecations.fields_of(self._name)
        if not told:
            return Html("")
        head = [(say(word), False) for word in ("Field", "since", "To be sent instead", "It may not be read from")]
        rows = [
            [
                tag("a", field, href=one.link, rel="noreferrer") if one.link else field,
                _day(one.since),
                one.instead or "",
                "" if one.sunset is None else _day(one.sunset),
            ]
            for field, one in told.items()
        ]
        return sheet(say("Deprecated fields"), grid(head, rows, say.plain("Deprecated fields")),
                     note=say("They go on being read. Whoever sends one is told."))  # fmt: skip

    def _rows(self, table: str) -> int | None:
        try:
            return self._visit.workspace.lake.count(f"{self._name}.{table}")
        except NotFound:
            return None

    def _way(self, status: Mapping[str, Any]) -> Html:
        say, here = self._visit.say, f"/automations/{self._name}"
        raw, clean, aside = (self._rows(table) for table in ("raw", "clean", "quarantine"))
        actions = status["actions"]
        acted = sum(n for action, n in status["by_action"].items() if action != NO_ACTION)
        model = "–" if status["champion"] is None else f"v{status['champion']}"
        open_actions = sum(n for state, n in actions.items() if state != "done")
        stations = [
            Station(
                say.plain("collected"),
                number(raw),
                say.plain("rows"),
                f"/data/{self._name}.raw" if raw is not None else "",
            ),
            Station(
                say.plain("cleaned"),
                number(clean),
                say.plain("rows"),
                f"/data/{self._name}.clean" if clean is not None else "",
            ),
            Station(
                say.plain("learned"),
                model,
                say.count(status["versions"], "1 version", "{n} versions"),
                f"{here}/versions",
                "model",
            ),
            Station(say.plain("decided"), number(status["decisions"]), say.plain("decisions"), f"{here}/decisions"),
            Station(
                say.plain("acted"),
                number(acted),
                say.plain("{n} under way", n=number(open_actions)),
                f"{here}/decisions",
            ),
            Station(say.plain("heard"), number(status["outcomes"]), say.plain("outcomes"), f"{here}/watch"),
        ]
        beside = (
            Station(
                say.plain("put aside"),
                number(aside),
                say.plain("rows with reasons"),
                f"/data/{self._name}.quarantine",
                "warm",
            )
            if aside
            else None
        )
        return way(stations, beside, say.plain("The way of the data"))

    def _figures(self, status: Mapping[str, Any], pulse: Mapping[str, Any]) -> Html:
        say, earned = self._visit.say, status["realised"]
        made = [
            figure(say("Decisions today"), number(pulse["today"])),
            figure(say("Outcomes heard"), number(status["outcomes"])),
        ]
        if not earned:
            return sheet(say("So far"), tag("div", *made, class_="figures"))
        made.insert(
            1,
            figure(
                say("Realised gain"),
                money(earned["mainspring"]["gain"]),
                say.count(earned["outcomes"], "of 1 outcome", "of {n} outcomes"),
            ),
        )
        return sheet(say("So far"), tag("div", *made, class_="figures"), self._against(earned))

    def _against(self, earned: Mapping[str, Any]) -> Html:
        """What simple policies would have earned on the same."""
        say = self._visit.say
        names = {
            "mainspring": say("Mainspring decides"),
            "everybody": say("Everybody"),
            "nobody": say("Nobody"),
            "top_decile": say("The likeliest tenth"),
        }
        found = [(names[name], float(earned[name]["gain"])) for name in names if name in earned]
        if len(found) < 2:
            return Html("")
        most = max(abs(gain) for _, gain in found) or 1.0
        rows = [[name, bar(abs(gain) / most, "loss" if gain < 0 else ""), money(gain)] for name, gain in found]
        head = [(say("Policy"), False), (Html(""), False), (say("Gain"), True)]
        return grid(
            [(say("Policy"), False), (say("Picture"), False), head[2]],
            rows,
            say.plain("What simple policies would have earned"),
        )

    def _labels(self) -> Html:
        """The way to labelling, where classes are learned and rows can be told apart."""
        versions = self._visit.workspace.models.list(self._name)
        if (
            not versions
            or versions[-1].card.question != Question.CLASS
            or not self._visit.may(Role.OPERATOR, self._name)
        ):
            return Html("")
        if declaration_of(self._visit, self._name).source.key is None:
            return Html("")
        say = self._visit.say
        link = tag("a", say("Label rows"), href=f"/automations/{self._name}/label", class_="button plain")
        told = tag("span", say("A few labels where they help most make the next version better."), class_="muted")
        return sheet("", tag("div", told, link, class_="row"))

    def _hours(self, pulse: Mapping[str, Any]) -> Html:
        say = self._visit.say
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        names = [f"{now - timedelta(hours=back):%H:%M}" for back in range(len(pulse["hours"]) - 1, -1, -1)]
        picture = columns(pulse["hours"], names, say.plain("Decisions in each of the last 24 hours"))
        ends = tag("div", tag("small", names[0]), tag("small", f"{names[-1]} UTC"), class_="row")
        return sheet(say("Decisions in each of the last 24 hours"), picture, ends)

    def _newest(self) -> Html:
        say = self._visit.say
        found = self._visit.workspace.journal.page(self._name, limit=NEWEST)["decisions"]
        return sheet(say("The newest decisions"), decisions_grid(self._visit, self._name, found)) if found else Html("")


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at.hour or at.minute else f"{at:%Y-%m-%d}"

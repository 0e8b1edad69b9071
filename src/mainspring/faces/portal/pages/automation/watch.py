"""Watch: whether the world is still as it was: columns, quality and performance against the reference, and the alerts."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.alerts import alert_actions, listed
from mainspring.faces.portal.pages.parts import figure, grid, heading, pill, sheet
from mainspring.faces.portal.pictures.pairs import pairs
from mainspring.faces.portal.pictures.ranges import Point, over_time
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, bar, join, number, share, tag

LOOKS = 60
MOST = 30


class Watch:
    every: ClassVar[float] = 4.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]
        self._about = str(visit.workspace.status(self._name)["about"])
        self._lying = Html("")

    @property
    def title(self) -> str:
        return f"{self._name}: {self._visit.say.plain('Watch')}"

    def actions(self) -> Actions:
        return {**alert_actions(self._visit), "look": (Role.OPERATOR, self._look), "lying": (Role.VIEWER, self._show)}

    def _look(self, _: Told) -> None:
        self._visit.workspace.watching.look(self._name)
        self._visit.tell(self._visit.say.plain("Looked at the newest decisions."))

    def _show(self, _: Told) -> None:
        """How columns lie is gone through the decisions for: only when someone asks."""
        say, found = self._visit.say, self._visit.workspace.watching.lying(self._name, MOST)
        drawn: list[Html] = []
        for column in dict.fromkeys(one["of"] for one in found):
            groups = [one for one in found if one["of"] == column]
            names = [one["x"] for one in groups if one["when"] == "now"]
            before, now = ([one["y"] for one in groups if one["when"] == when] for when in ("before", "now"))
            drawn.append(
                tag("div", tag("h3", column), pairs(names, before, now, f"{column}: {say.plain('before and now')}"))
            )
        legend = tag(
            "p",
            tag("i", class_="key before"),
            say("when it learned"),
            tag("i", class_="key now"),
            say("now"),
            class_="muted legend",
        )
        self._lying = (
            join([legend, tag("div", *drawn, class_="many")])
            if drawn
            else tag("p", say("Nothing was decided lately."), class_="muted")
        )

    def regions(self) -> dict[str, Html]:
        say, workspace = self._visit.say, self._visit.workspace
        looks = workspace.watching.recent(self._name, LOOKS)
        button = tag("button", say("Look now"), type="button", data_do="look", class_="button plain")
        told = (
            say(
                "Looked {ago}: {rows} decisions, {outcomes} outcomes.",
                ago=say.ago(looks[0]["at"]),
                rows=number(looks[0]["rows"]),
                outcomes=number(looks[0]["outcomes"]),
            )
            if looks
            else ""
        )
        last = looks[0] if looks else {}
        return {
            "head": heading(say, self._name, self._about, "/watch"),
            "look": tag("div", tag("span", told, class_="muted"), button, class_="row") if looks else self._begin(),
            "alerts": listed(self._visit, workspace.alerts.list(self._name)),
            "findings": self._findings(last.get("findings") or ()) or self._nothing(last),
            "performance": self._performance(looks),
            "drift": self._drift(last.get("columns") or ()),
            "lying": sheet(
                say("How the columns lie"),
                self._lying
                or tag("p", tag("button", say("Show them"), type="button", data_do="lying", class_="button plain")),
            )
            if last.get("columns")
            else Html(""),
            "quality": self._quality(last.get("quality") or ()),
            "service": self._service(last.get("service") or {}),
        }

    def _begin(self) -> Html:
        """What to do where nobody has looked yet."""
        say, decided = self._visit.say, bool(self._visit.workspace.journal.page(self._name, limit=1)["decisions"])
        what = say("Looking compares the newest decisions and their outcomes with what the version learned from:")
        kinds = say("whether columns lie as they did, values are missing or new, and answers are as good as they were.")
        button = (
            tag("button", say("Look now"), type="button", data_do="look", class_="button")
            if decided
            else tag("a", say("Try it"), href=f"/automations/{self._name}/try", class_="button")
        )
        told = (
            say("The gateway looks by itself from time to time while it runs; nobody need wait for that.")
            if decided
            else say("Nothing was decided yet. As soon as something is, the gateway looks by itself from time to time.")
        )
        title = tag("h2", say("Nobody has looked yet."))
        return tag("section", title, tag("p", what, " ", kinds), tag("p", told, class_="muted"), button, class_="sheet")

    def _nothing(self, last: Mapping[str, Any]) -> Html:
        """That the last look found nothing, or had too little to look at."""
        say = self._visit.say
        if not last:
            return Html("")
        if not last.get("columns"):
            return sheet("", tag("p", say("There are too few decisions yet to compare columns.")))
        return sheet("", tag("p", pill("good", say("The last look found nothing unusual."))))

    def _findings(self, findings: Sequence[Mapping[str, Any]]) -> Html:
        say = self._visit.say
        lines = [
            tag(
                "li",
                pill(
                    "bad" if one["severity"] == "critical" else "warm" if one["severity"] == "warning" else "still",
                    say.term(one["kind"]),
                ),
                " ",
                say.sentence(one["what"]),
            )
            for one in findings
        ]
        return sheet(say("What the last look found"), tag("ul", *lines, class_="plainlist")) if lines else Html("")

    def _performance(self, looks: Sequence[Mapping[str, Any]]) -> Html:
        """The first measure of each look, oldest first, with its interval; across lies what it was when the version was made."""
        say = self._visit.say
        told = [one for one in reversed(looks) if one.get("performance")]
        if not told:
            return Html("")
        newest: Mapping[str, Any] = told[-1]["performance"]
        measures: Mapping[str, Any] = newest.get("reference") or newest.get("realised") or {}
        measure = next(iter(measures), "")
        charts: list[Html] = []
        for which, title in (("realised", say("By outcomes")), ("estimated", say("Estimated, before outcomes come"))):
            points = [_measured(one["performance"], which, measure) for one in told]
            names = [f"{one['at']:%m-%d %H:%M}" for one in told]
            chart = over_time(
                points, names, _measured(newest, "reference", measure), say.plain("Performance over time")
            )
            if chart:
                charts.append(tag("div", tag("h3", title, ": ", say.term(measure)), chart))
        note = say("Dots with their 95 % intervals, a look each; the band is what it was on the test rows.")
        return (
            sheet(say("Performance over time"), tag("div", *charts, class_="pairs-of"), note=note)
            if charts
            else Html("")
        )

    def _drift(self, columns: Sequence[Mapping[str, Any]]) -> Html:
        say = self._visit.say
        if not columns:
            return Html("")
        most = max([*(max(c["distance"], c["allowed"]) for c in columns), 1e-9])
        rows: list[list[object]] = []
        for c in columns[:MOST]:
            state = pill("bad", say("moved")) if c["drifted"] else pill("good", say("as before"))
            rows.append(
                [
                    tag("b", c["column"]),
                    _against(c["distance"] / most, c["allowed"] / most, moved=c["drifted"]),
                    number(c["distance"], 2),
                    number(c["allowed"], 2),
                    state,
                ]
            )
        head = [
            (say("Column"), False),
            (say("How far"), False),
            (say("Distance"), True),
            (say("Allowed"), True),
            (say("State"), False),
        ]
        note = say("How far values lie from where they lay when the version learned; the mark is what chance allows.")
        return sheet(say("Drift"), grid(head, rows, say.plain("Drift")), note=note)

    def _quality(self, columns: Sequence[Mapping[str, Any]]) -> Html:
        say = self._visit.say
        if not columns:
            return Html("")
        worst = sorted(
            columns, key=lambda c: -max(c["missing"] - c["missing_before"], c["unseen"], c["beyond"], c["unreadable"])
        )
        rows = [
            [
                tag("b", c["column"]),
                bar(c["missing"]),
                share(c["missing"]),
                share(c["missing_before"]),
                share(c["unseen"]),
                share(c["beyond"]),
                share(c["unreadable"]),
            ]
            for c in worst[:MOST]
        ]
        head = [
            (say("Column"), False),
            (say("Missing"), False),
            (say("Missing"), True),
            (say("Missing before"), True),
            (say("New texts"), True),
            (say("Beyond the range"), True),
            (say("Unreadable"), True),
        ]
        return sheet(say("Quality"), grid(head, rows, say.plain("Quality")))

    def _service(self, served: Mapping[str, Any]) -> Html:
        say = self._visit.say
        if not served.get("decisions"):
            return Html("")
        made = [
            figure(say("Decisions"), number(served["decisions"])),
            figure(say("Refused"), number(served["refused"])),
            figure(say("Errors"), number(served["errors"])),
        ]
        for name in ("p50", "p95", "p99"):
            value = served.get(name)
            made.append(figure(Html(name), "–" if value is None else f"{1000 * value:.2g} ms"))
        return sheet(say("How it was served"), tag("div", *made, class_="figures"))


def _measured(performance: Mapping[str, Any], which: str, measure: str) -> Point:
    """A measure with its interval; none where it was not told."""
    known: Mapping[str, Sequence[float]] = performance.get(which) or {}
    told = known.get(measure)
    if not told:
        return Point(None)
    return Point(told[0], told[1], told[2]) if len(told) > 2 else Point(told[0])


def _against(part: float, allowed: float, *, moved: bool) -> Html:
    inner = tag("i", style=f"width:{100 * min(1.0, part):.1f}%")
    mark = tag("u", style=f"left:{100 * min(1.0, allowed):.1f}%")
    return tag("span", inner, mark, class_=f"gauge{' moved' if moved else ''}", aria_hidden="true")

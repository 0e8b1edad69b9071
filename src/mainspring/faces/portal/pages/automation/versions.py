"""Versions: the models of an automation side by side; which decides, and who changed that when and why."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mainspring.automation import Automation
from mainspring.automation.forms import write
from mainspring.backends.store.registry import ModelVersion
from mainspring.errors import MainspringError, SpecError
from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.automation.declaration import diff
from mainspring.faces.portal.pages.parts import grid, heading, money, pill, sheet
from mainspring.faces.portal.pictures.pareto import Dot, pareto
from mainspring.faces.portal.say import Say
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, bar, number, tag

METRICS = 4
LEAST_IS_BEST = ("log_loss", "rmse", "mae", "mse", "brier", "mape", "smape", "crps", "pinball")


class Versions:
    every: ClassVar[float] = 3.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]
        self._about = str(visit.workspace.status(self._name)["about"])
        self._pair: tuple[int, int] | None = None
        self._compared = Html("")

    @property
    def title(self) -> str:
        return f"{self._name}: {self._visit.say.plain('Versions')}"

    def actions(self) -> Actions:
        return {
            "promote": (Role.APPROVER, self._promote),
            "rollback": (Role.APPROVER, self._rollback),
            "compare": (Role.VIEWER, self._compare),
        }

    def _promote(self, told: Told) -> None:
        version = int(told["version"])
        self._visit.workspace.models.promote(self._name, version, why=told.get("why", ""), by=self._visit.by)
        decides = self._visit.workspace.status(self._name)["champion"] == version
        noted = "Version {v} decides from now on." if decides else "Noted: version {v} does not decide yet."
        self._visit.tell(self._visit.say.plain(noted, v=version))

    def _rollback(self, told: Told) -> None:
        before = self._visit.workspace.models.rollback(self._name, why=told.get("why", ""), by=self._visit.by)
        self._visit.tell(self._visit.say.plain("Version {v} decides from now on.", v=before.version))

    def _compare(self, told: Told) -> None:
        one, other = int(told["one"]), int(told["other"])
        if one == other:
            raise SpecError(self._visit.say.plain("choose two different versions"))
        known = {found.version: found for found in self._visit.workspace.models.list(self._name)}
        self._compared = self._side_by_side(known[one], known[other])

    def regions(self) -> dict[str, Html]:
        say, versions = self._visit.say, self._visit.workspace.models.list(self._name)
        if not versions:
            told = tag("p", say("Rules alone decide here: nothing was learned."), class_="muted")
            return {"head": heading(say, self._name, self._about, "/versions"), "table": sheet(say("Versions"), told)}
        deciding = next((found for found in versions if "champion" in found.aliases), versions[-1])
        return {
            "head": heading(say, self._name, self._about, "/versions"),
            "table": sheet(say("Versions"), self._table(versions)),
            "challenge": self._challenge(),
            "change": self._changing(versions),
            "compared": self._compared,
            "board": self._board(deciding),
            "history": self._history(),
        }

    def _table(self, versions: Sequence[ModelVersion]) -> Html:
        say = self._visit.say
        names = list(versions[-1].metrics)[:METRICS]
        head = [(say("Version"), False), (say("Learned"), False), *((say.term(name), True) for name in names)]
        head += [(say("Milliseconds"), True), (say("Rows"), True), (say("Report"), False)]
        rows: list[list[object]] = []
        for found in reversed(versions):
            alias = (
                pill("good", say("decides"))
                if "champion" in found.aliases
                else pill("busy", say("challenges"))
                if "challenger" in found.aliases
                else ""
            )
            link = tag("a", say("Report"), href=f"/automations/{self._name}/report?version={found.version}")
            rows.append(
                [
                    tag("span", tag("b", found.version), " ", alias, class_="left"),
                    say.ago(found.created),
                    *(number(found.metrics.get(name)) for name in names),
                    number(found.card.latency_ms.get("p95")),
                    number(found.card.rows),
                    link,
                ]
            )
        return grid(head, rows, say.plain("Versions"))

    def _challenge(self) -> Html:
        """How the running challenge stands, else how the last one ended."""
        say, told = self._visit.say, self._visit.workspace.status(self._name)["challenge"]
        if told is None:
            return Html("")
        state = pill("busy" if told["state"] == "running" else "still", say.term(told["state"]))
        versions = say("Version {v} beside version {w}, as a {mode}", v=told["version"], w=told["champion"],
                       mode=say.sentence(told["mode"]))  # fmt: skip
        lines = [tag("p", versions, " ", state)]
        if told["state"] == "running":
            until = say("It ends at {at} UTC at the latest.", at=told["until"][:16].replace("T", " "))
            heard = say("{n} of at least {m} outcomes tell of it so far.", n=number(told.get("outcomes", 0)),
                        m=number(told["at_least"]))  # fmt: skip
            lines.append(tag("p", heard, " ", until, class_="muted"))
        elif why := told.get("why"):
            lines.append(tag("p", say.sentence(why), class_="muted"))
        return sheet(say("Challenge"), *lines)

    def _changing(self, versions: Sequence[ModelVersion]) -> Html:
        if len(versions) < 2:
            return Html("")
        say = self._visit.say
        numbers = [found.version for found in reversed(versions)]
        others = [found.version for found in reversed(versions) if "champion" not in found.aliases]

        def pick(name: str, title: Html, values: Sequence[int]) -> Html:
            options = [tag("option", say("Version {v}", v=v), value=v) for v in values]
            return tag(
                "div", tag("label", title, for_=name), tag("select", *options, name_=name, id=name), class_="field"
            )

        def why(id: str) -> Html:
            entry = tag("input", name_="why", id=id, type="text", autocomplete="off")
            return tag("div", tag("label", say("Why"), for_=id), entry, class_="field")

        promote = tag(
            "form",
            tag("h3", say("Promote")),
            pick("version", say("Version"), others),
            why("why-promote"),
            tag("button", say("Let it decide"), class_="button", type="submit"),
            data_do="promote",
        )
        rollback = tag(
            "form",
            tag("h3", say("Roll back")),
            tag("p", say("The version that decided before decides again."), class_="muted"),
            why("why-back"),
            tag("button", say("Roll back"), class_="button plain", type="submit"),
            data_do="rollback",
        )
        compare = tag(
            "form",
            tag("h3", say("Compare")),
            pick("one", say("Version"), numbers),
            pick("other", say("with"), numbers[::-1]),
            tag("button", say("Compare"), class_="button plain", type="submit"),
            data_do="compare",
        )
        return tag("section", promote, rollback, compare, class_="sheet thirds")

    def _side_by_side(self, one: ModelVersion, other: ModelVersion) -> Html:
        say = self._visit.say
        head = [
            (say("Measure"), False),
            (say("Version {v}", v=one.version), True),
            (say("Version {v}", v=other.version), True),
            (say("Difference"), True),
        ]
        rows = [
            [
                say.term(name),
                number(one.metrics[name]),
                number(other.metrics[name]),
                _signed(one.metrics[name] - other.metrics[name]),
            ]
            for name in one.metrics
            if name in other.metrics
        ]
        rows.append([say("Milliseconds"), *(number(v.card.latency_ms.get("p95")) for v in (one, other)), ""])
        texts = [write(Automation.model_validate(v.facts["declaration"])) for v in (other, one)]
        changed = diff(*texts)
        return sheet(
            say("Version {v} beside version {w}", v=one.version, w=other.version),
            grid(head, rows, say.plain("Compare")),
            self._in_money((one, other)),
            tag("h3", say("What was declared otherwise")) if changed else "",
            changed,
        )

    def _in_money(self, pair: Sequence[ModelVersion]) -> Html:
        """What each would have earned with the decisions whose outcomes are known, where that can be told."""
        say = self._visit.say
        rows: list[list[object]] = []
        for found in pair:
            try:
                told = self._visit.workspace.models.what_if(self._name, version=found.version)
            except MainspringError:
                return Html("")
            by_truth = told.get("by_truth")
            if not by_truth:
                return Html("")
            rows.append(
                [
                    say("Version {v}", v=found.version),
                    money(by_truth.get("gain")),
                    f"{money(by_truth.get('low'))} – {money(by_truth.get('high'))}",
                ]
            )
        head = [(say("Version"), False), (say("Gain a decision"), True), (say("between"), True)]
        return grid(head, rows, say.plain("What each would have earned"))

    def _board(self, found: ModelVersion) -> Html:
        say, board = (
            self._visit.say,
            [line for line in found.facts.get("leaderboard", ()) if line.get("score") is not None],
        )
        if not board:
            return Html("")
        metric = str(found.facts["goal"].get("metric", ""))
        least = metric in LEAST_IS_BEST
        ranked = sorted(board, key=lambda line: line["score"] if least else -line["score"])
        dots = [
            Dot(
                line["name"],
                _p95(line),
                -line["score"] if least else line["score"],
                bool(line["weight"]),
            )
            for line in ranked
        ]
        low, high = min(dot.score for dot in dots), max(dot.score for dot in dots)
        rows = [
            [
                tag("b", line["name"]) if line["weight"] else line["name"],
                bar(0.12 + 0.88 * (dot.score - low) / (high - low) if high > low else 1.0),
                number(line["score"], 4),
                number(dot.latency or None),
                f"{line['weight']:.0%}" if line["weight"] else "–",
            ]
            for line, dot in zip(ranked, dots, strict=True)
        ]
        head = [
            (say("Candidate"), False),
            (say("How good"), False),
            (say("Score"), True),
            (say("Milliseconds"), True),
            (say("Part in the model"), True),
        ]
        words = (say.plain("Milliseconds for one row"), say.plain("Better is up"))
        picture = pareto(dots, words, say.plain("How good against how fast"))
        joined = say("Joined are those that nothing beats in both; filled ones are in the model.")
        return sheet(
            say("How version {v} was chosen", v=found.version),
            picture,
            grid(head, rows, say.plain("Leaderboard")),
            self._left_out(found),
            note=joined if picture else "",
        )

    def _left_out(self, found: ModelVersion) -> Html:
        """Which candidates took no part, and why."""
        say = self._visit.say
        left = [line for line in found.facts.get("leaderboard", ()) if line.get("why_not")]
        lines = [tag("li", tag("b", line["name"]), ": ", say.sentence(line["why_not"])) for line in left]
        return (
            tag("details", tag("summary", say("Left out")), tag("ul", *lines, class_="plainlist")) if left else Html("")
        )

    def _history(self) -> Html:
        say = self._visit.say
        rows = [
            [
                say.ago(one["at"]),
                _what(say, one),
                one["facts"].get("version", ""),
                say.sentence(one["by"]),
                say.sentence(one["facts"].get("why") or one["facts"].get("evidence", {}).get("why") or ""),
            ]
            for one in self._visit.workspace.models.changes(self._name, 30)
        ]
        head = [
            (say("When"), False),
            (say("What"), False),
            (say("Version"), True),
            (say("Who"), False),
            (say("Why"), False),
        ]
        return sheet(say("What changed"), grid(head, rows, say.plain("What changed")) if rows else "")


def _what(say: Say, one: Mapping[str, Any]) -> Html:
    """What was done; of a version that was promoted to challenge only, that it does not decide by it."""
    if one["what"] == "promoted" and one["facts"].get("alias") == "challenger":
        return say("stands by")
    return say.term(one["what"])


def _p95(line: Mapping[str, Any]) -> float:
    """Milliseconds of a candidate; 0 where they were not measured."""
    latency: Mapping[str, float] = line.get("latency_ms") or {}
    return float(latency.get("p95") or 0.0)


def _signed(value: float) -> str:
    return f"{value:+.4g}".replace("-", "−")

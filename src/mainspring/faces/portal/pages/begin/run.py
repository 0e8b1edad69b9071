"""Run: a run as it goes on: its steps, the leaderboard, and what came of it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mainspring.errors import NotFound
from mainspring.faces.portal.page import Actions, Visit
from mainspring.faces.portal.pages.parts import figure, grid, pill, sheet
from mainspring.faces.portal.running.runs import Running, Step
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, bar, number, tag

MOST = 12


class Run:
    every: ClassVar[float] = 0.5
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]
        if visit.running.get(self._name) is None:
            raise NotFound("run begun here of", self._name)

    @property
    def title(self) -> str:
        return self._visit.say.plain("Run of {name}", name=self._name)

    def actions(self) -> Actions:
        return {"stop": (Role.APPROVER, lambda _: self._visit.running.cancel(self._name))}

    def regions(self) -> dict[str, Html]:
        say, run = self._visit.say, self._visit.running.get(self._name)
        assert run is not None  # runs are kept as long as the portal lives
        return {
            "head": tag("div", tag("h1", say("Run of {name}", name=self._name)), self._state(run), class_="row"),
            "result": self._result(run),
            "steps": sheet(
                say("Step by step"), tag("ol", *(self._step(run, step) for step in run.steps), class_="steps")
            ),
            "board": leaderboard(self._visit, run.standings),
        }

    def _state(self, run: Running) -> Html:
        say = self._visit.say
        if run.result is not None:
            return pill("good", say("finished"))
        if run.error is not None:
            return pill("bad", say("stopped") if run.cancelled else say("failed"))
        stop = tag("button", say("Stop"), type="button", class_="button plain small", data_do="stop")
        return tag("div", pill("busy", say("running")), stop, class_="left")

    def _step(self, run: Running, step: Step) -> Html:
        say = self._visit.say
        done = step.seconds is not None
        spent = step.seconds if step.seconds is not None else time.monotonic() - step.began
        under_way = not done and not run.ended
        told = step.facts or (run.text if under_way else "") or step.about
        progress = bar(run.share) if under_way and run.share else ""
        return tag(
            "li",
            tag("span", tag("b", say.term(step.name)), tag("small", f"{spent:.1f} s"), class_="row"),
            tag("span", say.sentence(told), class_="muted"),
            progress,
            class_="done" if done else "now" if under_way else "",
        )

    def _result(self, run: Running) -> Html:
        say = self._visit.say
        if run.error is not None:
            told = [
                run.error.get("error") or say("the process ended before the run did"),
                run.error.get("remedy") or "",
            ]
            problems = [tag("li", problem) for problem in run.error.get("problems", ())]
            retry = say("What its steps left stays: the same declaration goes on from there.")
            return sheet(
                say("It did not come to its end"),
                *(tag("p", line) for line in told if line),
                tag("ul", *problems) if problems else "",
                note=retry,
            )
        if run.result is None:
            return Html("")
        figures = [figure(say.term(name), number(value)) for name, value in list(run.result["metrics"].items())[:4]]
        ways = [
            tag("a", say("Try it"), href=f"/automations/{self._name}/try", class_="button"),
            tag("a", say("The report"), href=f"/automations/{self._name}/report", class_="button plain"),
            tag("a", say("Overview"), href=f"/automations/{self._name}", class_="button plain"),
        ]
        decides = (
            say("Version {v} decides from now on.", v=run.result["version"])
            if run.result["champion"]
            else say("Version {v} was kept; the one before goes on deciding.", v=run.result["version"])
        )
        return sheet(decides, tag("div", *figures, class_="figures"), tag("div", *ways, class_="left"), kind="result")


def leaderboard(visit: Visit, standings: Sequence[Mapping[str, Any]]) -> Html:
    """The candidates, the best first; those left out say why."""
    say = visit.say
    if not standings:
        return Html("")
    scores = [line["score"] for line in standings if line["score"] is not None]
    # The best stands first, whether more is better or less.
    spread = (max(scores) - min(scores)) if scores else 0.0
    rows: list[list[object]] = []
    for line in sorted(standings, key=lambda line: line["state"] == "left out")[:MOST]:
        part = 0.0 if line["score"] is None else 1 - 0.85 * abs(line["score"] - scores[0]) / (spread or 1.0)
        state = say.sentence(line["why_not"]) if line.get("why_not") else say.term(line["state"])
        rows.append(
            [
                line["name"],
                bar(part),
                number(line["score"], 4),
                f"{line['folds_done']}/{line['folds']}",
                f"{line['seconds']:.1f} s",
                tag("span", state, class_="muted"),
            ]
        )
    head = [
        (say("Candidate"), False),
        (say("How good"), False),
        (say("Score"), True),
        (say("Folds"), True),
        (say("Time"), True),
        (say("State"), False),
    ]
    return sheet(say("Leaderboard"), grid(head, rows, say.plain("Leaderboard")))

"""Runs: what was carried out for an automation, step by step, and the button that does it again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from mainspring.automation import Automation
from mainspring.automation.forms import write
from mainspring.errors import NotFound
from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.parts import heading, pill, sheet
from mainspring.faces.portal.running import declaring, uploads
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, tag

MOST = 20
KINDS = {"finished": "good", "running": "busy", "waiting": "still", "failed": "bad", "interrupted": "warm"}


class RunsPage:
    every: ClassVar[float] = 2.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]
        self._about = str(visit.workspace.status(self._name)["about"])
        self._steps: dict[str, list[dict[str, Any]]] = {}

    @property
    def title(self) -> str:
        return f"{self._name}: {self._visit.say.plain('Runs')}"

    def actions(self) -> Actions:
        return {"run": (Role.APPROVER, self._run)}

    def _run(self, _: Told) -> None:
        visit = self._visit
        path = uploads.declaration_path(visit.workspace.place, self._name)
        if not path.is_file():
            path = declaring.keep(visit.workspace.place, self._name, write(declaration_of(visit, self._name)))
        visit.running.begin(self._name, path, folder_of(visit, self._name))
        visit.go(f"/runs/{self._name}")

    def regions(self) -> dict[str, Html]:
        say = self._visit.say
        run = self._visit.running.get(self._name)
        if run is not None and not run.ended:
            button = tag("a", say("A run is under way: watch it"), href=f"/runs/{self._name}", class_="button")
        else:
            button = tag("button", say("Run again"), type="button", data_do="run", class_="button")
        found = self._visit.workspace.runs.list(self._name, MOST)
        listed = [self._one(one) for one in found]
        none = tag("p", say("Nothing was run yet."), class_="muted")
        return {
            "head": heading(say, self._name, self._about, "/runs"),
            "button": tag("div", button, class_="left"),
            "runs": sheet(say("Runs"), tag("div", *listed, class_="folds") if listed else none),
        }

    def _one(self, one: Mapping[str, Any]) -> Html:
        say = self._visit.say
        state = pill(KINDS.get(one["state"], "still"), say.term(one["state"]))
        head = tag(
            "summary",
            tag("span", tag("b", say.term(one["kind"])), " ", tag("small", say.ago(one["began"])), " ", state),
        )
        steps = [
            tag(
                "li",
                tag("span", tag("b", say.term(step["step"])), tag("small", f"{step['seconds']:.1f} s"), class_="row"),
                tag("span", say.sentence(step["told"] or step["error"]), class_="muted"),
                class_="done",
            )
            for step in self._steps_of(one)
        ]
        error = tag("p", one["error"], class_="problems") if one["error"] else ""
        return tag("details", head, error, tag("ol", *steps, class_="steps"), id=f"run-{one['run'][:12]}")

    def _steps_of(self, one: Mapping[str, Any]) -> list[dict[str, Any]]:
        known = self._steps.get(one["run"])
        if known is None or one["state"] in ("running", "waiting"):
            known = self._steps[one["run"]] = self._visit.workspace.runs.show(one["run"])["steps"]
        return known


def folder_of(visit: Visit, name: str) -> Path:
    """From where the files of its source are named."""
    try:
        return visit.workspace.runs.folder(name)
    except NotFound:
        return visit.workspace.place


def declaration_of(visit: Visit, name: str) -> Automation:
    """The declaration by which an automation decides. Raises NotFound."""
    versions = visit.workspace.models.list(name)
    deciding = [found for found in versions if "champion" in found.aliases] or versions
    if deciding:
        return Automation.model_validate(deciding[-1].facts["declaration"])
    path = uploads.declaration_path(visit.workspace.place, name)
    return Automation.from_file(path) if path.is_file() else visit.workspace.runs.declaration(name)

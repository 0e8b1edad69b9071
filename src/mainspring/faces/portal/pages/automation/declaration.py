"""Declaration: what was declared; changed with problems told as one types, compared, applied, and how it came about."""

import difflib
from collections.abc import Iterator
from typing import ClassVar

from mainspring.automation import Automation
from mainspring.automation.forms import write
from mainspring.errors import Problem, SpecError
from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.automation.runs import declaration_of, folder_of
from mainspring.faces.portal.pages.parts import heading, pill, sheet
from mainspring.faces.portal.running import declaring, uploads
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, join, tag

LONGEST = 200_000


class Declaration:
    every: ClassVar[float] = 0.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]
        self._about = str(visit.workspace.status(self._name)["about"])
        self._deciding = write(declaration_of(visit, self._name))
        path = uploads.declaration_path(visit.workspace.place, self._name)
        self._text = path.read_text(encoding="utf-8") if path.is_file() else self._deciding
        self._problems = self._found()
        self._form = self._edited()

    @property
    def title(self) -> str:
        return f"{self._name}: {self._visit.say.plain('Declaration')}"

    def actions(self) -> Actions:
        return {"typed": (Role.VIEWER, self._typed), "apply": (Role.ADMIN, self._apply)}

    def _typed(self, told: Told) -> None:
        self._text = told.get("text", "")[:LONGEST].replace("\r\n", "\n")
        self._problems = self._found()

    def _found(self) -> list[Problem]:
        found = declaring.problems_of(self._visit.workspace.place, self._name, self._text)
        return found or self._renamed()

    def _renamed(self) -> list[Problem]:
        """Another name would be another automation, which is not what this page is of."""
        named = [line for line in self._text.splitlines() if line.startswith("name:")]
        told = named[0].removeprefix("name:").strip().strip("\"'") if named else self._name
        return (
            [] if told == self._name else [Problem("name", "is that of another automation", 1, f"keep {self._name!r}")]
        )

    def _apply(self, told: Told) -> None:
        self._typed(told)
        if self._problems:
            raise SpecError(self._visit.say.plain("it cannot run yet"), problems=self._problems)
        path = declaring.keep(self._visit.workspace.place, self._name, self._text)
        self._visit.running.begin(self._name, path, folder_of(self._visit, self._name))
        self._visit.go(f"/runs/{self._name}")

    def regions(self) -> dict[str, Html]:
        say = self._visit.say
        return {
            "head": heading(say, self._name, self._about, "/declaration"),
            "form": self._form,
            "check": self._checked(),
            "diff": sheet(say("What changes"), diff(self._deciding, self._text), note=say("Against what decides now.")),
            "history": sheet(say("How it came about"), *self._history()),
        }

    def _edited(self) -> Html:
        say = self._visit.say
        area = tag(
            "textarea",
            self._text,
            name_="text",
            id="text",
            class_="code",
            rows=min(28, self._text.count("\n") + 4),
            spellcheck="false",
            autocapitalize="off",
            autocomplete="off",
            aria_label=say.plain("Declaration"),
            aria_describedby="problems",
        )
        return tag("form", sheet("", area), data_typing="typed", data_do="apply", id="declaration")

    def _checked(self) -> Html:
        say = self._visit.say
        if self._problems:
            listed = [self._told(problem) for problem in self._problems]
            return sheet(
                "", pill("bad", say("It cannot run yet")), tag("ul", *listed, class_="problems", id="problems")
            )
        button = tag("button", say("Apply: run with this"), type="submit", form="declaration", class_="button")
        return sheet("", tag("div", pill("good", say("Checked: it can run")), button, class_="row", id="problems"))

    def _told(self, problem: Problem) -> Html:
        line = tag("b", self._visit.say("line {n}", n=problem.line)) if problem.line else Html("")
        remedy = tag("span", f" – {problem.remedy}", class_="muted") if problem.remedy else ""
        return tag("li", line, " ", tag("code", problem.path), " ", problem.what, remedy)

    def _history(self) -> Iterator[Html]:
        """What each version was declared with, against the one before; those that changed nothing are passed over."""
        say, before = self._visit.say, ""
        folds: list[Html] = []
        for found in self._visit.workspace.models.list(self._name):
            text = write(Automation.model_validate(found.facts["declaration"]))
            if before and text != before:
                title = tag("summary", say("Version {v}", v=found.version), " ", tag("small", say.ago(found.created)))
                folds.append(tag("details", title, diff(before, text)))
            elif not before:
                title = tag("summary", say("Version {v}", v=found.version), " ", tag("small", say.ago(found.created)))
                folds.append(tag("details", title, tag("pre", text, tabindex="0")))
            before = text
        yield from reversed(folds)


def diff(before: str, after: str) -> Html:
    """Lines that went and came, with what stands around them; nothing where they are the same."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]
    kinds = {"+": "came", "-": "went"}
    shown = [tag("span", line, class_=kinds.get(line[:1])) for line in lines if not line.startswith("@@")]
    return tag("pre", join(Html(f"{one}\n") for one in shown), class_="diff", tabindex="0") if shown else Html("")

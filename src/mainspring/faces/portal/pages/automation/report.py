"""Report: the report of a version, inside the page."""

from typing import ClassVar

from mainspring.errors import NotFound
from mainspring.faces.portal.page import Actions, Visit
from mainspring.faces.portal.pages.parts import heading
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, tag


class Report:
    every: ClassVar[float] = 0.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]
        status = visit.workspace.status(self._name)
        self._about = status["about"]
        versions = [found.version for found in visit.workspace.models.list(self._name)]
        asked = visit.query.get("version", "")
        self._version = int(asked) if asked.isdecimal() else status["champion"] or (versions[-1] if versions else None)
        self._versions = versions
        if self._version is None:
            raise NotFound("report of", self._name)

    @property
    def title(self) -> str:
        return f"{self._name}: {self._visit.say.plain('Report')}"

    def actions(self) -> Actions:
        return {}

    def regions(self) -> dict[str, Html]:
        say = self._visit.say
        links = [
            tag(
                "a",
                say("Version {v}", v=v),
                href=f"/automations/{self._name}/report?version={v}",
                class_="button plain small",
                aria_current="page" if v == self._version else None,
            )
            for v in reversed(self._versions[-8:])
        ]
        source = f"/portal/report/{self._name}/{self._version}"
        alone = tag(
            "a", say("Open it alone"), href=f"{source}?lang={self._visit.say.language}", target="_blank", rel="noopener"
        )
        frame = tag(
            "iframe",
            src=f"{source}?lang={say.language}",
            title=say.plain("Report"),
            class_="report",
            sandbox="allow-scripts allow-popups",
        )
        return {
            "head": heading(say, self._name, self._about, "/report"),
            "which": tag("div", tag("div", *links, class_="left"), alone, class_="row"),
            "frame": frame,
        }

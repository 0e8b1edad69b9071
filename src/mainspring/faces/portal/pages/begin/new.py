"""New: drop a table."""

from typing import ClassVar

from mainspring.faces.portal.page import Actions, Visit
from mainspring.faces.portal.running.uploads import KINDS
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, tag

ARROW = (
    '<svg viewBox="0 0 48 48" class="arrow" aria-hidden="true"><path d="M24 32V8m0 0l-9 9m9-9l9 9M8 34v6h32v-6"/></svg>'
)


class New:
    every: ClassVar[float] = 0.0
    needs: ClassVar[tuple[Role, Of]] = (Role.ADMIN, "everything")

    def __init__(self, visit: Visit) -> None:
        self._say = visit.say

    @property
    def title(self) -> str:
        return self._say.plain("New automation")

    def actions(self) -> Actions:
        return {}

    def regions(self) -> dict[str, Html]:
        say = self._say
        area = tag(
            "label",
            Html(ARROW),
            tag("strong", say("Drop a table here")),
            tag("span", say("or choose a file: CSV, Excel, Parquet or JSON"), class_="muted"),
            tag("input", type="file", accept=",".join(KINDS), class_="unseen", aria_label=say.plain("Choose a table")),
            tag("span", "", data_status="", role="status", class_="status"),
            class_="drop",
            data_drop="",
            data_reading=say.plain("Reading the table …"),
        )
        steps = [
            (say("Drop a table"), say("It stays on this machine.")),
            (say("Say what to predict"), say("Every other column may help to tell it.")),
            (say("Watch it learn"), say("Many models are tried; the best one within your limits is kept.")),
            (say("Try it"), say("Change a value and see the decision change.")),
        ]
        listed = [tag("li", tag("b", title), tag("span", what, class_="muted")) for title, what in steps]
        return {
            "head": tag(
                "div",
                tag("h1", say("New automation")),
                tag("p", say("From a table to a decision in a minute, without writing a line."), class_="about"),
                class_="heading",
            ),
            "drop": area,
            "steps": tag("ol", *listed, class_="ways"),
        }

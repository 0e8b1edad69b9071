"""Table: one table of the lake: its columns, some rows, and where it comes from and goes to."""

from collections.abc import Mapping
from typing import Any, ClassVar

from mainspring.errors import NotFound
from mainspring.faces.portal.page import Actions, Visit
from mainspring.faces.portal.pages.automation.runs import declaration_of
from mainspring.faces.portal.pages.data import quoted, rows_grid
from mainspring.faces.portal.pages.journal.samples import first_rows
from mainspring.faces.portal.pages.parts import figure, grid, pill, sheet
from mainspring.faces.portal.pictures.way import Station, way
from mainspring.faces.portal.running.declaring import columns_of
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, bar, number, share, tag

ROWS = 25


class TablePage:
    every: ClassVar[float] = 0.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "anything")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._table = visit, visit.path["table"]
        visit.need(Role.VIEWER, self._table.partition(".")[0])
        self._facts = next((one for one in visit.workspace.lake.tables() if one["name"] == self._table), None)
        if self._facts is None:
            raise NotFound("table", self._table, [one["name"] for one in visit.workspace.lake.tables()])
        self._automation, _, self._part = self._table.partition(".")
        self._rows = first_rows(visit.workspace, self._table)
        self._protected = self._protection()

    @property
    def title(self) -> str:
        return self._table

    def actions(self) -> Actions:
        return {}

    def _protection(self) -> Mapping[str, str]:
        try:
            return {
                name: str(how) for name, how in declaration_of(self._visit, self._automation).prepare.protect.items()
            }
        except NotFound:
            return {}

    def regions(self) -> dict[str, Html]:
        say, facts = self._visit.say, self._facts or {}
        ask = tag(
            "a",
            say("Ask in SQL"),
            href=f"/data?sql=SELECT * FROM {quoted(self._table)} LIMIT 100",
            class_="button plain",
        )
        figures = [
            figure(say("Rows"), number(facts["rows"])),
            figure(say("Columns"), number(self._rows.num_columns)),
            figure(say("Version"), number(facts["version"]), say.ago(facts["changed"])),
        ]
        return {
            "head": tag("div", tag("h1", self._table), ask, class_="row"),
            "figures": sheet("", tag("div", *figures, class_="figures")),
            "lineage": sheet(say("Where it comes from"), self._lineage()),
            "profile": sheet(
                say("Columns"),
                self._profile(),
                note=say.count(len(self._rows), "Of the only row.", "Of the first {n} rows."),
            ),
            "sample": sheet(
                say("Some rows"),
                rows_grid(self._rows.slice(0, ROWS), say.plain("Some rows")),
                note=say("As they are kept: protected values are replaced."),
            ),
            "history": sheet(say("Its versions"), self._history()),
        }

    def _profile(self) -> Html:
        say = self._visit.say
        rows: list[list[Any]] = []
        for column in columns_of(self._rows):
            how = self._protected.get(column.name)
            shown = pill("still", say("protected")) if how else tag("span", ", ".join(column.examples), class_="muted")
            rows.append(
                [
                    tag("b", column.name),
                    say.term(column.kind),
                    number(column.distinct),
                    bar(column.missing, "loss"),
                    share(column.missing),
                    shown,
                ]
            )
        head = [
            (say("Column"), False),
            (say("Kind"), False),
            (say("Different values"), True),
            (say("Missing"), False),
            (say("Missing"), True),
            (say("For instance"), False),
        ]
        return grid(head, rows, say.plain("Columns"))

    def _lineage(self) -> Html:
        """From the source through the lake's tables to the model and the decisions; this table stands out."""
        say, name = self._visit.say, self._automation
        known = {one["name"]: one["rows"] for one in self._visit.workspace.lake.tables()}
        try:
            source = str(declaration_of(self._visit, name).source.table).rpartition("/")[2][:17]
        except NotFound:
            source = ""
        stations = [Station(say.plain("source"), source or "–")]
        for part in ("raw", "clean"):
            if f"{name}.{part}" in known:
                stations.append(self._station(part, known[f"{name}.{part}"]))
        versions = self._visit.workspace.models.list(name)
        if versions:
            stations.append(
                Station(say.plain("learned"), f"v{versions[-1].version}", "", f"/automations/{name}/versions")
            )
        if f"{name}.decisions" in known:
            stations.append(self._station("decisions", known[f"{name}.decisions"]))
        aside = self._station("quarantine", known[f"{name}.quarantine"]) if f"{name}.quarantine" in known else None
        return way(stations, aside, say.plain("Where it comes from"))

    def _station(self, part: str, rows: int) -> Station:
        here = "model" if part == self._part else "warm" if part == "quarantine" else ""
        return Station(part, number(rows), self._visit.say.plain("rows"), f"/data/{self._automation}.{part}", here)

    def _history(self) -> Html:
        say = self._visit.say
        rows = [
            [one["version"], say.ago(one["at"]), one["operation"], number(one["rows"])]
            for one in self._visit.workspace.lake.history(self._table)[:20]
        ]
        head = [(say("Version"), False), (say("When"), False), (say("What"), False), (say("Rows added"), True)]
        return grid(head, rows, say.plain("Its versions"))

"""Data: the tables of the lake, and questions in SQL over them."""

from typing import Any, ClassVar

import pyarrow as pa

from mainspring.errors import MainspringError
from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.parts import grid, sheet
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import EVERYTHING, Role
from mainspring.steps.learn.report.markup import Html, number, tag

SHOWN, LONGEST = 200, 20_000


class Data:
    every: ClassVar[float] = 5.0
    needs: ClassVar[tuple[Role, Of]] = (Role.VIEWER, "anything")

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._answer = Html("")
        tables = visit.workspace.lake.tables()
        first = tables[0]["name"] if tables else "retention.raw"
        self._form = self._asked(visit.query.get("sql") or f"SELECT count(*) AS rows FROM {quoted(first)}")

    @property
    def title(self) -> str:
        return self._visit.say.plain("Data")

    def actions(self) -> Actions:
        return {"ask": (Role.VIEWER, self._ask)}

    def _ask(self, told: Told) -> None:
        # A question may be about any table.
        self._visit.need(Role.VIEWER, EVERYTHING)
        say = self._visit.say
        try:
            found = self._visit.workspace.lake.sql(told.get("sql", "")[:LONGEST])
        except MainspringError as error:
            remedy = tag("span", f" – {error.remedy}", class_="muted") if error.remedy else ""
            self._answer = sheet("", tag("p", error.what, remedy, class_="problems"))
            return
        counted = say.count(len(found), "1 row", "{n} rows")
        first = say("the first {n} are shown", n=SHOWN) if len(found) > SHOWN else ""
        self._answer = sheet(
            say("Answer"), rows_grid(found.slice(0, SHOWN), say.plain("Answer")), note=tag("span", counted, " ", first)
        )

    def regions(self) -> dict[str, Html]:
        say = self._visit.say
        return {
            "head": tag("div", tag("h1", say("Data")), class_="heading"),
            "tables": self._tables(),
            "form": self._form if self._visit.may(Role.VIEWER, EVERYTHING) else Html(""),
            "answer-rows": self._answer,
        }

    def _tables(self) -> Html:
        say = self._visit.say
        rows = [
            [
                tag("a", one["name"], href=f"/data/{one['name']}"),
                number(one["rows"]),
                _size(one["size"]),
                number(one["version"]),
                say.ago(one["changed"]),
            ]
            for one in self._visit.workspace.lake.tables()
            if self._visit.may(Role.VIEWER, one["name"].partition(".")[0])
        ]
        head = [
            (say("Table"), False),
            (say("Rows"), True),
            (say("Size"), True),
            (say("Version"), True),
            (say("Changed"), False),
        ]
        none = tag("p", say("There is no table yet."), class_="muted")
        return sheet(say("Tables"), grid(head, rows, say.plain("Tables")) if rows else none)

    def _asked(self, query: str) -> Html:
        say = self._visit.say
        area = tag(
            "textarea", query, name_="sql", id="sql", class_="code", rows="4", spellcheck="false", autocapitalize="off"
        )
        label = tag("label", say("Ask in SQL"), for_="sql", class_="title")
        button = tag("button", say("Ask"), type="submit", class_="button")
        note = tag("span", say("One SELECT over these tables; nothing can be changed."), class_="muted")
        return tag("form", label, area, tag("div", note, button, class_="row"), data_do="ask", class_="sheet")


def quoted(name: str) -> str:
    """A table's name as SQL writes it."""
    automation, _, table = name.partition(".")
    return ".".join(part if part.replace("_", "").isalnum() else f'"{part}"' for part in (automation, table))


def rows_grid(table: pa.Table, caption: str) -> Html:
    """Rows of a table as they are, long values cut."""
    numeric = [pa.types.is_integer(field.type) or pa.types.is_floating(field.type) for field in table.schema]
    head = [(tag("span", name), one) for name, one in zip(table.column_names, numeric, strict=True)]
    rows = [[_cell(value) for value in row.values()] for row in _renamed(table).to_pylist()]
    return grid(head, rows, caption)


def _renamed(table: pa.Table) -> pa.Table:
    """Columns of one name would be one in a mapping."""
    return table.rename_columns([str(i) for i in range(table.num_columns)])


def _cell(value: Any) -> object:
    if value is None:
        return tag("span", "–", class_="muted")
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)[:120]


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"

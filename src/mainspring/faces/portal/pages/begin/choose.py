"""Choose: what of a dropped table is to be predicted; the declaration it makes, checked; and off it goes."""

from typing import ClassVar

from mainspring.errors import SpecError
from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.parts import grid, pill, sheet
from mainspring.faces.portal.running import declaring, uploads
from mainspring.faces.portal.running.declaring import Column
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, join, number, share, tag


class Choose:
    every: ClassVar[float] = 0.0
    needs: ClassVar[tuple[Role, Of]] = (Role.ADMIN, "everything")

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._file = uploads.find(visit.workspace.place, visit.path["upload"])
        table = visit.workspace.read_rows(self._file)
        self._rows = len(table)
        self._columns = declaring.columns_of(table)
        self._told: dict[str, str] = {
            "name": declaring.name_of(self._file),
            "target": declaring.guess_target(self._columns),
            "key": declaring.guess_key(self._columns, len(table)),
            "time": declaring.TIMES[0],
        }
        self._form = self._asks(self._target())

    @property
    def title(self) -> str:
        return self._visit.say.plain("New automation")

    def actions(self) -> Actions:
        return {"typed": (Role.ADMIN, self._typed), "run": (Role.ADMIN, self._run)}

    def _typed(self, told: Told) -> None:
        before = self._target()
        self._told = {**told}
        if self._target() != before:
            # Another column brings other questions, and begins them empty.
            self._form = self._asks(self._target())

    def _run(self, told: Told) -> None:
        self._told = {**told}
        automation, problems, _ = declaring.checked(self._declared())
        if automation is None:
            raise SpecError("; ".join(problems), remedy=self._visit.say.plain("correct it and press Run again"))
        path = declaring.keep(self._visit.workspace.place, automation.name, declaring.write(automation))
        self._visit.running.begin(automation.name, path)
        self._visit.go(f"/runs/{automation.name}")

    def _target(self) -> Column:
        named = {column.name: column for column in self._columns}
        return named.get(self._told.get("target", ""), self._columns[-1])

    def _declared(self) -> dict[str, object]:
        return declaring.declared(self._file, self._told, self._target())

    def regions(self) -> dict[str, Html]:
        say = self._visit.say
        about = say(
            "{rows} rows and {columns} columns of {file}",
            rows=number(self._rows),
            columns=len(self._columns),
            file=self._file.name,
        )
        return {
            "head": tag(
                "div", tag("h1", say("What should be predicted?")), tag("p", about, class_="about"), class_="heading"
            ),
            "form": self._form,
            "check": self._checked(),
        }

    def _asks(self, target: Column) -> Html:
        say = self._visit.say
        return tag(
            "form",
            sheet(say("The columns"), self._picker(target), note=say("Pick the one that is to be known in advance.")),
            sheet(say("The declaration"), self._fields(), self._together(target), self._worth(target)),
            data_typing="typed",
            data_do="run",
            id="choose",
        )

    def _picker(self, target: Column) -> Html:
        say = self._visit.say
        head = [
            (say("Predict"), False),
            (say("Column"), False),
            (say("Kind"), False),
            (say("Different values"), True),
            (say("Missing"), True),
            (say("For instance"), False),
        ]
        rows = [
            [
                Html(
                    tag(
                        "input",
                        type="radio",
                        name_="target",
                        value=c.name,
                        id=f"target-{i}",
                        checked="" if c.name == target.name else None,
                    )
                ),
                tag("label", c.name, for_=f"target-{i}"),
                say.term(c.kind),
                number(c.distinct),
                share(c.missing),
                tag("span", ", ".join(c.examples), class_="muted"),
            ]
            for i, c in enumerate(self._columns)
        ]
        return grid(head, rows, say.plain("The columns of the table"))

    def _fields(self) -> Html:
        say, told = self._visit.say, self._told
        keys = [("", say.plain("none")), *((c.name, c.name) for c in self._columns)]
        times = {"20s": "20 s", "1m": "1 min", "5m": "5 min", "15m": "15 min", "1h": "1 h"}
        return tag(
            "div",
            _field(
                say("Name"),
                tag("input", name_="name", id="name", value=told["name"], required="", autocomplete="off"),
                "name",
            ),
            _field(
                say("What it is for"),
                tag("input", name_="about", id="about", value=told.get("about", ""), autocomplete="off"),
                "about",
            ),
            _field(say("Identifies a row"), _select("key", keys, told.get("key", "")), "key"),
            _field(say("Time to learn"), _select("time", list(times.items()), told.get("time", "20s")), "time"),
            class_="fields",
        )

    def _together(self, target: Column) -> Html:
        texts = declaring.texts_beside(self._columns, target.name, self._told.get("key", ""))
        if len(texts) < 2:
            return Html("")
        say, told = self._visit.say, self._told
        listed = [("", say.plain("none")), *((name, name) for name in texts)]
        ask = (("pair_one", say("One text")), ("pair_other", say("The other text")))
        fields = [_field(title, _select(name, listed, told.get(name, "")), name) for name, title in ask]
        lead = say("Does the one answer the other, ask the same, follow from it? Then both are read in one go.")
        return tag(
            "details",
            tag("summary", say("Are two texts to be read together? (optional)")),
            tag("p", lead, class_="muted"),
            tag("div", *fields, class_="fields"),
        )

    def _worth(self, target: Column) -> Html:
        if target.distinct != 2:
            return Html("")
        say = self._visit.say
        labels = [(example, example) for example in target.examples]
        ask = (
            ("true_positive", say("Acting, rightly")),
            ("false_positive", say("Acting in vain")),
            ("false_negative", say("Not acting where it was needed")),
        )
        amounts = [
            _field(title, tag("input", name_=name, id=name, type="number", step="any", placeholder="0"), name)
            for name, title in ask
        ]
        return tag(
            "details",
            tag("summary", say("What is right and wrong worth? (optional)")),
            tag(
                "p",
                say("In your money, a decision each: then the model is chosen and its threshold set by what it gains."),
                class_="muted",
            ),
            tag(
                "div",
                _field(say("The case to act on"), _select("positive", labels, target.examples[-1]), "positive"),
                *amounts,
                class_="fields",
            ),
        )

    def _checked(self) -> Html:
        say = self._visit.say
        automation, problems, remarks = declaring.checked(self._declared())
        if automation is None:
            listed = tag("ul", *(tag("li", problem) for problem in problems), class_="problems")
            return sheet("", tag("div", pill("bad", say("It cannot run yet")), class_="row"), listed)
        yaml = tag("details", tag("summary", say("As a file")), tag("pre", declaring.write(automation), tabindex="0"))
        run = tag("button", say("Run"), type="submit", form="choose", class_="button")
        remarked = tag("ul", *(tag("li", remark) for remark in remarks), class_="muted") if remarks else ""
        return sheet(
            "", tag("div", pill("good", say("Checked: it can run")), run, class_="row"), join([remarked, yaml])
        )


def _field(title: Html, entry: Html, name: str) -> Html:
    return tag("div", tag("label", title, for_=name), entry, class_="field")


def _select(name: str, options: list[tuple[str, str]], chosen: str) -> Html:
    listed = [tag("option", shown, value=value, selected="" if value == chosen else None) for value, shown in options]
    return tag("select", *listed, name_=name, id=name)

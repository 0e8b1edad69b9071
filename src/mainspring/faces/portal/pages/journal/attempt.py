"""Attempt: a record that one can change, decided as one changes it. Nothing is kept, nobody acts."""

import json
from typing import Any, ClassVar

from mainspring.errors import BadRecord
from mainspring.faces.portal.page import Actions, Told, Visit
from mainspring.faces.portal.pages.journal.decided import answer, why
from mainspring.faces.portal.pages.journal.samples import Field, as_number, fields, sample
from mainspring.faces.portal.pages.parts import heading, pill, sheet
from mainspring.faces.serve.door.guard import Of
from mainspring.run.access.roles import Role
from mainspring.steps.learn.report.markup import Html, number, tag


class Attempt:
    every: ClassVar[float] = 0.0
    needs: ClassVar[tuple[Role, Of]] = (Role.OPERATOR, "automation")

    def __init__(self, visit: Visit) -> None:
        self._visit, self._name = visit, visit.path["name"]
        workspace = visit.workspace
        rows = sample(workspace, self._name)
        self._fields = fields(workspace.journal.asks(self._name), rows)
        begun = workspace.explain(self._name, visit.query["from"])["record"] if "from" in visit.query else None
        first = begun or (rows[0] if rows else {})
        self._deprecated = workspace.contracts.deprecations.fields_of(self._name)
        self._record: dict[str, Any] = {field.name: first.get(field.name) for field in self._fields}
        self._about = str(workspace.status(self._name)["about"])
        self._form = self._asked()

    @property
    def title(self) -> str:
        return f"{self._name}: {self._visit.say.plain('Try it')}"

    def actions(self) -> Actions:
        return {"typed": (Role.OPERATOR, self._typed)}

    def _typed(self, told: Told) -> None:
        for field in self._fields:
            if not field.protected and field.name in told:
                self._record[field.name] = _read(field, told[field.name])

    def regions(self) -> dict[str, Html]:
        say = self._visit.say
        return {
            "head": heading(say, self._name, self._about, "/try"),
            "form": self._form,
            "answer": self._decided(),
            "program": self._program(),
        }

    def _program(self) -> Html:
        """The same question as a program asks it; what is protected it must know itself."""
        say = self._visit.say
        required = self._visit.workspace.contracts.of(self._name)["record"]["required"] if self._deprecated else ()
        open_fields = [
            field for field in self._fields
            if not field.protected and (field.name not in self._deprecated or field.name in required)
        ]  # fmt: skip
        record = {field.name: self._record[field.name] for field in open_fields if self._record[field.name] is not None}
        body = json.dumps({"record": record}, ensure_ascii=False, default=str).replace("'", "'\\''")
        command = (
            f"curl $MAINSPRING/v1/automations/{self._name}/decisions \\\n"
            '  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\\n'
            f"  -d '{body}'"
        )
        note = say("A decision that is asked for so is recorded, and acted upon.")
        return sheet(say("Ask from a program"), tag("pre", command, tabindex="0"), note=note)

    def _decided(self) -> Html:
        say = self._visit.say
        known = {name: value for name, value in self._record.items() if value is not None}
        try:
            decision = self._visit.workspace.journal.consider(self._name, known)
        except BadRecord as error:
            listed = [tag("li", tag("b", field), " ", what) for field, what in error.fields.items()]
            return sheet(say("It cannot be decided like this"), tag("ul", *listed, class_="problems"), kind="sticky")
        return tag("div", sheet("", answer(say, decision), kind="decided"), why(say, decision), class_="sticky stack")

    def _asked(self) -> Html:
        say = self._visit.say
        entries = [self._entry(i, field) for i, field in enumerate(self._fields)]
        note = say("Move the values: the answer follows at once. Nothing is recorded and nobody acts.")
        return tag("form", sheet(say("A record"), tag("div", *entries, class_="knobs"), note=note), data_typing="typed")

    def _entry(self, place: int, field: Field) -> Html:
        say, value, id = self._visit.say, self._record[field.name], f"field-{place}"
        mark = (" ", pill("warm", say.term("deprecated"))) if field.name in self._deprecated else ()
        title = tag("label", field.name, *mark, for_=id)
        if field.protected:
            told = tag("input", id=id, value=say.plain("protected"), disabled="", type="text")
            return tag("div", title, told, class_="field")
        if field.kind == "number" and field.low is not None and field.high is not None:
            return tag("div", title, self._slider(id, field, value), class_="field")
        if field.levels and field.kind != "number":
            known = [str(level) for level in field.levels]
            options = known if value is None or str(value) in known else [str(value), *known]
            listed = [tag("option", say("missing"), value="", selected="" if value is None else None)]
            listed += [tag("option", one, value=one, selected="" if str(value) == one else None) for one in options]
            return tag("div", title, tag("select", *listed, id=id, name_=field.name), class_="field")
        shown = "" if value is None else str(value)
        return tag("div", title, tag("input", id=id, name_=field.name, value=shown, type="text"), class_="field")

    def _slider(self, id: str, field: Field, value: Any) -> Html:
        assert field.low is not None  # the caller has looked
        assert field.high is not None
        step = "1" if field.whole else f"{max((field.high - field.low) / 200, 1e-6):.3g}"
        shown = "" if value is None else f"{as_number(value) or 0:g}"
        slide = tag(
            "input",
            type="range",
            min=f"{field.low:g}",
            max=f"{field.high:g}",
            step=step,
            value=shown,
            data_twin=id,
            id=f"{id}-slide",
            aria_label=f"{field.name} ({number(field.low)} – {number(field.high)})",
        )
        box = tag("input", type="number", step="any", id=id, name_=field.name, value=shown, data_twin=f"{id}-slide")
        return tag("div", slide, box, class_="slider")


def _read(field: Field, text: str) -> Any:
    if text == "":
        return None
    if field.kind == "number":
        value = as_number(text)
        return text if value is None else int(value) if value == int(value) else value
    return text

"""Contracts: the JSON Schema of what an automation is asked and of what it answers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pyarrow as pa

from mainspring.automation.decide import COVERED
from mainspring.backends.opening import Backends
from mainspring.decision import NO_ACTION
from mainspring.errors import MainspringError, NotFound
from mainspring.event import topic_address
from mainspring.model import Question
from mainspring.run.contract.client import client_of
from mainspring.run.contract.deprecation import Deprecation, Deprecations
from mainspring.run.contract.fields import SCALAR, Schema, fields_of, required_of
from mainspring.run.contract.typical import typical
from mainspring.run.desk import Desk

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ROWS = 5_000


class Contracts:
    """What programs must know of each automation. Thread-safe."""

    def __init__(self, backends: Backends, desk: Callable[[str], Desk]) -> None:
        self._backends, self._desk = backends, desk
        self.deprecations = Deprecations(backends, lambda name: fields_of(desk(name)))
        self._known: dict[str, tuple[Desk, dict[str, Any]]] = {}

    def of(self, name: str) -> dict[str, Any]:
        """``automation``, ``version`` (of the model that decides), ``record`` and ``decision``: JSON Schemas (2020-12) of what is asked
        and of what is answered. A record's fields come from the declaration and from the columns that the model was learned from;
        ``examples`` has a record that would be decided, of typical values, without protected columns. ``deprecated`` says since when it
        should not be asked any more, and what instead; None where it may. ``deprecated_fields`` says so of fields that should not be sent.

        Raises:
            NotFound: there is no such automation.
        """
        desk = self._desk(name)
        known = self._known.get(name)
        if known is None or known[0] is not desk:
            known = self._known[name] = (desk, self._told(name, desk))
        return _with(_without(known[1], self.deprecations.fields_of(name)), self.deprecations.of(name))

    def of_topics(self) -> dict[str, list[str]]:
        """Topic of the workspace's own bus → the automations that decide on its events and of which fields are deprecated."""
        found: dict[str, list[str]] = {}
        for name in self.deprecations.fields():
            # Of one that cannot be opened nobody is told; whoever asks it is told why.
            with suppress(MainspringError):
                stream = self._desk(name).automation.stream
                if stream is not None and (address := topic_address(stream)).bus is None:
                    found.setdefault(address.topic, []).append(name)
        return found

    def client(self, name: str) -> str:
        """The source of a Python module: a typed client of the automation over HTTP, which needs ``httpx`` and nothing of Mainspring.

        Raises:
            NotFound: there is no such automation.
        """
        return client_of(self.of(name))

    def _told(self, name: str, desk: Desk) -> dict[str, Any]:
        fields, required = fields_of(desk), required_of(desk)
        example = typical(fields, self._rows(name), desk.automation.source.key)
        whole = all(field in example for field in required) and not desk.wrong(desk.protect(example))
        if whole:
            for field, value in example.items():
                fields[field]["examples"] = [value]
        record: Schema = {
            "$schema": DIALECT, "title": f"A record of {name}", "type": "object", "properties": fields, "required": required,
            "additionalProperties": {"type": SCALAR, "description": "neither read nor kept"},
            **({"examples": [example]} if whole else {}),
        }  # fmt: skip
        version = desk.decider.model_version
        return {"automation": name, "version": version, "record": record, "decision": _decision(name, desk)}

    def _rows(self, name: str) -> pa.Table | None:
        """Some rows of the cleaned table, else of the raw one: in both, what is protected is replaced."""
        for table in ("clean", "raw"):
            with suppress(NotFound):
                return _first(self._backends.lake.batches(f"{name}.{table}"))
        return None


def _without(contract: Mapping[str, Any], deprecated: Mapping[str, Deprecation]) -> dict[str, Any]:
    """Its deprecated fields marked, and left out of the examples where they may be."""
    told = {field: one.to_dict() for field, one in deprecated.items()}
    record, left_out = contract["record"], deprecated.keys() - contract["record"]["required"]
    properties = {
        field: _marked(schema, deprecated[field]) if field in deprecated else schema
        for field, schema in record["properties"].items()
    }
    shown = {**record, "properties": properties}
    if left_out and "examples" in record:
        shown["examples"] = [{k: v for k, v in one.items() if k not in left_out} for one in record["examples"]]
    return {**contract, "record": shown, "deprecated_fields": told}


def _marked(schema: Schema, deprecation: Deprecation) -> Schema:
    note = f"deprecated since {deprecation.since:%Y-%m-%d}"
    note += f", {deprecation.instead} is to be sent instead" if deprecation.instead is not None else ""
    before = schema.get("description")
    return {**schema, "deprecated": True, "description": f"{before}; {note}" if before else note}


def _with(contract: Mapping[str, Any], deprecation: Deprecation | None) -> dict[str, Any]:
    if deprecation is None:
        return {**contract, "deprecated": None}
    return {
        **contract, "deprecated": deprecation.to_dict(),
        **{part: {**contract[part], "deprecated": True} for part in ("record", "decision")},
    }  # fmt: skip


def _first(batches: Iterator[pa.RecordBatch]) -> pa.Table:
    taken: list[pa.RecordBatch] = []
    for batch in batches:
        taken.append(batch)
        if sum(map(len, taken)) >= ROWS:
            break
    return pa.Table.from_batches(taken).slice(0, ROWS)


def _decision(name: str, desk: Desk) -> Schema:
    card = None if desk.model is None else desk.model.card
    number, text = {"type": ["number", "null"]}, {"type": ["string", "null"]}
    prediction: Mapping[str, Any] = {"type": "null"}
    if card is not None:
        prediction = _answer(card.answer.field("prediction").type)
        if card.question == Question.LABELS:
            prediction = {"type": ["array", "null"], "items": {"enum": [*card.classes]}}
        elif card.classes:
            prediction = {"enum": [*card.classes, None]}
    covered = (
        {}
        if card is None
        else {one: _answer(card.answer.field(one).type) for one in card.answer.names if one in COVERED}
    )
    properties: dict[str, Mapping[str, Any]] = {
        "decision": {"type": "string"}, "key": text,
        "action": {"enum": sorted({NO_ACTION, *desk.decider.policy.actions})}, "prediction": prediction,
        **dict.fromkeys(() if card is None else card.chances, number), **covered, "gain": number,
        "reasons": {"type": "array", "items": {"type": "string"}}, "model_version": {"type": ["integer", "null"]},
        "policy_version": {"type": "string"}, "at": {"type": "string", "format": "date-time"},
    }  # fmt: skip
    return {
        "$schema": DIALECT,
        "title": f"A decision of {name}",
        "type": "object",
        "properties": properties,
        "required": [*properties],
    }


def _answer(kind: pa.DataType) -> Mapping[str, Any]:
    if pa.types.is_boolean(kind):
        return {"type": ["boolean", "null"]}
    if pa.types.is_integer(kind):
        return {"type": ["integer", "null"]}
    if pa.types.is_floating(kind):
        return {"type": ["number", "null"]}
    return {"type": ["array", "null"]} if pa.types.is_list(kind) else {"type": ["string", "null"]}

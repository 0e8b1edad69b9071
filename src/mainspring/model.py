"""Model: something fitted, with a card. Every family's model has the same small interface.

A *Transform* turns raw rows into features; a *Model* turns rows into answers; *Prepared* is the two together and is itself
a Model over raw rows, saved as one artefact. A record is a request: ``predict_one`` of a row equals ``predict`` of a table of it.
"""

import hashlib
import importlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self, cast, runtime_checkable

import pyarrow as pa

from mainspring.errors import Tampered

CARD = "card.json"
MANIFEST = "manifest.json"
CARD_FORMAT = 1

Label = str | int | float | bool
Kinds = Mapping[str, str]
"""A table from the name of a saved kind to the dotted path ``package.module:Class`` that opens it."""


class Question(StrEnum):
    """What is asked of the data. More questions come with the families that answer them."""

    CLASS = "class"
    NUMBER = "number"
    SPANS = "spans"
    LABELS = "labels"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model answers, and how good, fast and big it was measured to be.

    ``input`` and ``answer`` are the contract as Arrow schemas. ``metrics`` are measured on rows no choice saw once the model
    is evaluated. ``latency_ms`` has ``p50`` and ``p95`` of one row; ``memory_mb`` and ``size_mb`` are of the opened model and of its files.
    """

    kind: str
    question: Question
    target: str
    input: pa.Schema
    answer: pa.Schema
    classes: tuple[Label, ...] = ()
    positive: Label | None = None
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    latency_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    memory_mb: float | None = None
    size_mb: float | None = None
    training_seconds: float | None = None
    rows: int = 0
    notes: tuple[str, ...] = ()
    format: int = CARD_FORMAT

    @property
    def chances(self) -> tuple[str, ...]:
        """The columns of the answer that hold probabilities: behind the prediction, one a class, in the order of ``classes``."""
        return tuple(self.answer.names[1 : len(self.classes) + 1])

    def with_metrics(self, metrics: Mapping[str, float]) -> Self:
        return replace(self, metrics=dict(metrics))

    def to_json(self) -> str:
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["input"], plain["answer"] = _schema_to_list(self.input), _schema_to_list(self.answer)
        plain["metrics"], plain["latency_ms"] = dict(self.metrics), dict(self.latency_ms)
        return json.dumps(plain, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        plain = cast(dict[str, Any], json.loads(text))
        if plain["format"] > CARD_FORMAT:
            raise Tampered(
                f"the model card has format {plain['format']}, this release reads up to {CARD_FORMAT}",
                remedy="upgrade mainspring, or learn the model again with this release",
            )
        plain["question"] = Question(plain["question"])
        plain["input"], plain["answer"] = _schema_from_list(plain["input"]), _schema_from_list(plain["answer"])
        for name in ("classes", "notes"):
            plain[name] = tuple(plain[name])
        return cls(**plain)


def class_answer(classes: tuple[Label, ...], kind: pa.DataType) -> pa.Schema:
    """The answer to *which class*: ``prediction`` in the target's own type, then ``probability_<class>`` for each class."""
    return pa.schema([("prediction", kind), *((f"probability_{label}", pa.float64()) for label in classes)])


def labels_answer(labels: tuple[Label, ...]) -> pa.Schema:
    """The answer to *which labels, of several that may hold at once*: a list of those, then ``probability_<label>`` for each there is."""
    return class_answer(labels, pa.list_(pa.string()))


NUMBER_ANSWER = pa.schema([("prediction", pa.float64())])

SPAN = pa.struct(
    [("start", pa.int64()), ("end", pa.int64()), ("label", pa.string()), ("text", pa.string()), ("score", pa.float64())]
)
SPANS_ANSWER = pa.schema([("prediction", pa.list_(SPAN))])
"""The answer to *which stretches of the text are what*: characters ``start`` to before ``end``, and how sure (0 to 1) of each."""


@runtime_checkable
class Model(Protocol):
    """Something fitted. ``predict`` answers every row in order; ``predict_one`` is the hot path, pure and equal to it."""

    card: ModelCard

    def predict(self, table: pa.Table) -> pa.Table:
        """An answer a row: ``len(out) == len(table)`` and ``out.schema == card.answer``."""
        ...

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]: ...

    def save(self, folder: Path) -> None:
        """Write the model into the empty ``folder``: ``card.json`` and the family's own safe formats."""
        ...


@runtime_checkable
class PredictsEach(Protocol):
    """A model that answers several records at once without making a table of them."""

    def predict_each(self, records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The rows of :meth:`Model.predict` of these records, bit for bit."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A model that can say what each input column contributed, in log-odds (of the positive or predicted class) or the target's unit."""

    def explain(self, table: pa.Table) -> pa.Table:
        """A float64 column per input column, same names, same length: signed contributions."""
        ...


@runtime_checkable
class ExplainsOne(Protocol):
    """A model that explains one record without making a table of it: the hot path of reasons."""

    def explain_one(self, record: Mapping[str, Any]) -> Mapping[str, float]:
        """Input column → signed contribution, equal to the row of :meth:`Explains.explain`."""
        ...


@runtime_checkable
class NamesWords(Protocol):
    """A model that reads texts, and says which of their words pushed its answer."""

    def words_of(self, record: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
        """Column of text → word → what it adds, signed, in the unit of :meth:`Explains.explain`; without columns that are not read."""
        ...


class Opens(Protocol):
    """The class side of a saved kind: how it comes back from its folder."""

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Any: ...


@runtime_checkable
class Transform(Protocol):
    """A fitted preparation: raw rows in, features out, the same for a table and for one record."""

    input: pa.Schema
    output: pa.Schema

    def apply(self, table: pa.Table) -> pa.Table:
        """Features of (n rows, ``output``): float64 for numbers (NaN when missing), int32 codes for categories (-1: missing or unseen),
        strings for free texts (null when missing)."""
        ...

    def apply_one(self, record: Mapping[str, Any]) -> dict[str, float | int | str | None]: ...

    def save(self, folder: Path) -> None: ...


SEVERAL = 512
"""So many records are answered together without a table, at most: more are answered faster with one."""
TIMES, FEW, MOMENT = 16, 64, 0.3
"""So often so many records are asked about until a model is ready, for so many seconds at most: what is slow has nothing to prepare."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A transform and a model over its features: a Model over raw rows, saved as one artefact."""

    transform: Transform
    model: Model
    card: ModelCard
    _origins: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """Feature → raw column."""
    _texts: bool = field(init=False, repr=False, compare=False)
    """Whether there is one of free text."""
    answers_each: bool = field(init=False, repr=False, compare=False)
    """Whether :meth:`predict_each` is faster than a table of some hundred records. Texts are read one by one, or many at once."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_origins", {feature.name: origin_of(feature) for feature in self.transform.output})
        object.__setattr__(self, "_texts", any(pa.types.is_string(kind) for kind in self.transform.output.types))
        object.__setattr__(self, "answers_each", not self._texts and isinstance(self.model, PredictsEach))

    def predict(self, table: pa.Table) -> pa.Table:
        return self.model.predict(self.transform.apply(table))

    def predict_one(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.model.predict_one(self.transform.apply_one(record))

    def predict_each(self, records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return self.answers_to([self.transform.apply_one(record) for record in records])

    def ready(self) -> None:
        """Answer unknowns for a moment: what is prepared once many have asked is there when the first come."""
        ends = time.monotonic() + MOMENT
        for _ in range(TIMES if self.answers_each else 0):
            self.predict_each([dict[str, Any]()] * FEW)
            if time.monotonic() > ends:
                return

    def answers_to(self, features: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The answers to records as the transform has made them."""
        if isinstance(self.model, PredictsEach):
            return self.model.predict_each(features)
        return [self.model.predict_one(each) for each in features]

    def explain(self, table: pa.Table) -> pa.Table:
        """Contributions per raw column: those of the features made from it, added up."""
        if not isinstance(self.model, Explains):
            return pa.table({})
        contributions = self.model.explain(self.transform.apply(table))
        columns = {name: contributions.column(name).to_numpy() for name in contributions.column_names}
        return pa.table(self._by_origin(columns))

    def explain_one(self, record: Mapping[str, Any]) -> Mapping[str, float]:
        """The same of one record; nothing where the model cannot explain one without a table."""
        if not isinstance(self.model, ExplainsOne):
            return {}
        return self._by_origin(self.model.explain_one(self.transform.apply_one(record)))

    def words_of(self, record: Mapping[str, Any]) -> Mapping[str, Mapping[str, float]]:
        """Of the raw columns of text; nothing where none is read."""
        if not self._texts or not isinstance(self.model, NamesWords):
            return {}
        told = self.model.words_of(self.transform.apply_one(record))
        return {self._origins[name]: words for name, words in told.items()}

    def _by_origin(self, contributions: Mapping[str, Any]) -> dict[str, Any]:
        totals: dict[str, Any] = {}
        for name, values in contributions.items():
            origin = self._origins[name]
            totals[origin] = values if origin not in totals else totals[origin] + values
        return totals

    def save(self, folder: Path) -> None:
        for part, name in ((self.transform, "transform"), (self.model, "model")):
            (folder / name).mkdir(parents=True)
            part.save(folder / name)
        (folder / CARD).write_text(self.card.to_json(), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, kinds: Kinds) -> Self:
        card = ModelCard.from_json((folder / CARD).read_text(encoding="utf-8"))
        transform = _open_part(folder / "transform", kinds)
        return cls(cast(Transform, transform), cast(Model, _open_part(folder / "model", kinds)), card)


ORIGIN = b"origin"
"""Field metadata of a feature: the raw column it was made from (utf-8)."""

LEVELS = b"levels"
"""Field metadata of category codes: the JSON list of level names, in the order of their codes."""


def origin_of(feature: pa.Field) -> str:
    metadata: dict[bytes, bytes] = feature.metadata or {}
    return (metadata.get(ORIGIN) or feature.name.encode()).decode()


PREPARED = {"prepared": "mainspring.model:Prepared"}


def seal(folder: Path) -> str:
    """Record the SHA-256 of every file of a saved model in ``manifest.json``; the manifest's own hash is the model's."""
    hashes = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST
    }
    text = json.dumps(hashes, indent=1)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def open_model(folder: Path, kinds: Kinds, expected_hash: str | None = None) -> Model:
    """Open a sealed model: hashes are checked first, only the kinds in the table are opened, nothing is unpickled.

    Raises:
        Tampered: a file is missing, changed or extra, the manifest is not the expected one, or the kind is unknown.
    """
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
        recorded = cast(dict[str, str], json.loads(text))
    except (OSError, ValueError) as error:
        raise Tampered("the model has no readable manifest", where=str(folder)) from error
    if expected_hash is not None and hashlib.sha256(text.encode()).hexdigest() != expected_hash:
        raise Tampered(
            "the model is not the one that was registered", where=str(folder), remedy="roll back, or learn again"
        )
    present = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file() and p != folder / MANIFEST}
    if set(present) != set(recorded):
        odd = sorted(set(present) ^ set(recorded))
        raise Tampered(f"files of the model are missing or extra: {', '.join(odd[:5])}", where=str(folder))
    for name, path in present.items():
        if hashlib.sha256(path.read_bytes()).hexdigest() != recorded[name]:
            raise Tampered(f"{name} was changed after the model was saved", where=str(folder))
    return cast(Model, _open_part(folder, {**PREPARED, **kinds}))


def _open_part(folder: Path, kinds: Kinds) -> object:
    kind = cast(dict[str, Any], json.loads((folder / CARD).read_text(encoding="utf-8")))["kind"]
    if kind not in kinds:
        raise Tampered(f"nothing here opens a saved {kind!r}", where=str(folder))
    module, _, name = kinds[kind].partition(":")
    opener = cast(Opens, getattr(importlib.import_module(module), name))
    return opener.open(folder, kinds)


def open_part(folder: Path, kinds: Kinds) -> object:
    """Open a part of a model whose hashes the enclosing :func:`open_model` has already checked."""
    return _open_part(folder, kinds)


def _schema_to_list(schema: pa.Schema) -> list[list[str]]:
    return [[f.name, str(f.type)] for f in schema]


def _schema_from_list(plain: list[list[str]]) -> pa.Schema:
    return pa.schema([(name, type_named(kind)) for name, kind in plain])


def type_named(name: str) -> pa.DataType:
    """The Arrow type written as ``name`` (as ``str(type)`` writes it), timestamps with zone and decimals included."""
    if name.startswith("timestamp["):
        unit, _, zone = name[len("timestamp[") : -1].partition(", tz=")
        return pa.timestamp(cast(Any, unit), tz=zone or None)
    if name.startswith("decimal128("):
        precision, scale = (int(part) for part in name[len("decimal128(") : -1].split(","))
        return pa.decimal128(precision, scale)
    if name == str(SPANS_ANSWER.field(0).type):
        return SPANS_ANSWER.field(0).type
    if name.startswith("list<item: "):
        return pa.list_(type_named(name[len("list<item: ") : -1]))
    special = {"date32[day]": pa.date32(), "double": pa.float64(), "float": pa.float32(), "halffloat": pa.float16()}
    return special.get(name) or pa.type_for_alias(name)


def card_dict(card: ModelCard) -> dict[str, Any]:
    """The card as plain values, for JSON answers."""
    return cast(dict[str, Any], json.loads(card.to_json()))


__all__ = [
    "CARD", "LEVELS", "NUMBER_ANSWER", "ORIGIN", "SPANS_ANSWER", "Explains", "ExplainsOne", "Kinds", "Label", "Model", "ModelCard",
    "NamesWords", "Prepared", "Question", "Transform", "card_dict", "class_answer", "labels_answer", "open_model", "open_part",
    "origin_of", "seal", "type_named",
]  # fmt: skip

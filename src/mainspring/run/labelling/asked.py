"""Asked: the rows whose labels would help most, and those whose labels are doubted."""

from collections.abc import Iterator, Mapping
from itertools import chain, zip_longest
from typing import Any, cast

import numpy as np
import pyarrow as pa

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import CHAMPION, ModelVersion
from mainspring.errors import SpecError
from mainspring.measure.values.words import plain_text
from mainspring.model import Question, open_model
from mainspring.run.kinds import KINDS
from mainspring.run.labels.given import given, labelled, refuse_without_key
from mainspring.run.train.collect import raw_table
from mainspring.run.train.prepare import TRAIN, part_of
from mainspring.steps.prepare.clean import CleaningPlan

MOST_ASKED = 20_000
"""Rows without a label that the model is asked about; of more, as many evenly spread."""

Row = dict[str, Any]


def queue(backends: Backends, name: str, most: int) -> list[Row]:
    """Rows of the source without a label, those first whose label would help most."""
    version, automation = known(backends, name)
    table = raw_table(automation)
    if not backends.lake.exists(table):
        return []
    rows = labelled(automation, backends.lake, backends.lake.read(table))
    target = cast(Any, automation.learn).target
    reading = CleaningPlan.from_json(version.facts["plan"]).reading(target)
    rows = rows.filter(reading.many(rows.column(target)).is_null()).drop_columns([target])
    if not len(rows):
        return []
    some = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_ASKED)).astype(np.int64))
    rows = rows.take(pa.array(some))
    answers = open_model(version.folder, KINDS, version.hash).predict(rows)
    chances = np.column_stack([answers.column(chance).to_numpy() for chance in version.card.chances])
    guesses = answers["prediction"].to_pylist()
    return [
        _shown(automation, rows.slice(i, 1)) | {"guess": guesses[i], "chance": float(chances[i].max())}
        for i in list(_most_useful(chances))[:most]
    ]


def doubtful(backends: Backends, name: str, version: int | None, most: int) -> list[Row]:
    """Training rows whose label may be wrong, the surest first, but for those that were labelled since."""
    found, automation = known(backends, name, version)
    told: list[Mapping[str, Any]] = found.facts.get("doubts") or []
    data = found.facts["data_version"]
    train = part_of(backends.lake.read(data["table"], data["version"]), TRAIN)
    since = given(backends.lake, name)
    rows: list[Row] = []
    for doubt in told:
        row = _shown(automation, train.slice(doubt["row"], 1).drop_columns([cast(Any, automation.learn).target]))
        if row["key"] not in since:
            rows.append(row | {part: doubt[part] for part in ("label", "guess", "chance")})
    return rows[:most]


def known(backends: Backends, name: str, version: int | None = None) -> tuple[ModelVersion, Automation]:
    found = backends.registry.get(name, version or CHAMPION)
    automation = Automation.model_validate(found.facts["declaration"])
    refuse_without_key(automation)
    if not found.card.classes or found.card.question == Question.LABELS:
        what = "several labels at once" if found.card.question == Question.LABELS else "numbers"
        raise SpecError(f"{name!r} learns {what}: labels are given of one class each", where="learn.question")
    return found, automation


def _shown(automation: Automation, row: pa.Table) -> Row:
    (record,) = row.to_pylist()
    key = refuse_without_key(automation)
    columns = {name: value for name, value in record.items() if name != key and value is not None}
    return {"key": plain_text(record[key]) or "", "columns": columns}


def _most_useful(chances: np.ndarray) -> Iterator[int]:
    """Rows with probabilities (n × classes), of each likeliest class in turn the one with the least margin over the second."""
    two = np.sort(chances, axis=1)[:, -2:]
    order = np.argsort(two[:, 1] - two[:, 0], kind="stable")
    by_guess: dict[int, list[int]] = {}
    for i in order.tolist():
        by_guess.setdefault(int(chances[i].argmax()), []).append(i)
    return (i for i in chain.from_iterable(zip_longest(*by_guess.values())) if i is not None)

"""Checks: what every learner and every model must keep. A family is done when nothing is found.

Each check yields, in words, what is wrong; none looks at the kind of model. Columns are changed by their Arrow type, so the
same checks serve models over features and models over raw rows.
"""

import re
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.measure.profile import Profile
from mainspring.model import Explains, ExplainsOne, Kinds, Model, PredictsEach, Question, open_model, seal
from mainspring.steps.learn.learner import Budget, Goal, Learner

TOLERANCE = 1e-9
"""How far one row's answer may be from the same row's answer among many, relative to its size."""
RECORDS = 40
FEW, MANY = 4_000, 20_000
MOST_MEMORY = 400_000_000
"""Bytes that answering ``MANY`` rows may take beside the answer; where ``FEW`` take so little that as much a row would be half of it, the
many are not asked, for tracing is slow."""
SHORT, LONG = (0.0, 0.03), 600.0
"""Seconds in which few learners come to their end, and all."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

Check = Callable[[Model, pa.Table], Iterator[str]]


def check_learner(learner: Learner, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget) -> list[str]:
    """What is wrong with a learner: it must say whether it fits, leave its tables alone, and learn the same twice, cut short or not."""
    return [
        *_says_whether_it_fits(learner, len(train), goal),
        *_learns_the_same_twice(learner, train, valid, goal, budget),
        *_does_again_what_the_clock_cut(learner, train, valid, goal),
    ]


def check_model(model: Model, table: pa.Table, kinds: Kinds) -> list[str]:
    """What is wrong with a model, tried on rows (n > 0) of its input, and saved and opened with ``kinds``."""
    found = [f"{check.__name__.strip('_')}: {complaint}" for check in CHECKS for complaint in check(model, table)]
    return found + [f"opens as it was saved: {complaint}" for complaint in _opens_as_it_was_saved(model, table, kinds)]


def _says_whether_it_fits(learner: Learner, rows: int, goal: Goal) -> Iterator[str]:
    reason = learner.fits(goal, Profile(rows=rows))
    if reason is not None and (not isinstance(reason, str) or not reason):
        yield f"fits() answers {reason!r}"


def _learns_the_same_twice(
    learner: Learner, train: pa.Table, valid: pa.Table | None, goal: Goal, budget: Budget
) -> Iterator[str]:
    before = deepcopy(train.to_pydict())
    first = learner.fit(train, valid, goal, budget)
    # A copy is made as a worker of the engine gets the learner: from its class and its settings.
    again = deepcopy(learner).fit(train, valid, goal, budget)
    if not _same(before, train.to_pydict()):
        yield "fit changed its table"
    if apart := _apart(first.predict(train), again.predict(train), 0.0):
        yield f"learned twice from the same rows it answers differently: {apart}"


def _does_again_what_the_clock_cut(
    learner: Learner, train: pa.Table, valid: pa.Table | None, goal: Goal
) -> Iterator[str]:
    for seconds in SHORT:
        cut = Budget(time.monotonic() + seconds)
        first = learner.fit(train, valid, goal, cut)
        again = learner.fit(train, valid, goal, Budget(time.monotonic() + LONG, 1, cut.work.follows()))
        if apart := _apart(first.predict(train), again.predict(train), 0.0):
            yield f"with the work that {seconds} s allowed it answers differently: {apart}"


def _one_equals_many(model: Model, table: pa.Table) -> Iterator[str]:
    many = model.predict(table.slice(0, RECORDS))
    for record, expected in zip(table.slice(0, RECORDS).to_pylist(), many.to_pylist(), strict=True):
        answer = model.predict_one(record)
        if list(answer) != list(expected) or not all(_near(answer[k], expected[k]) for k in expected):
            yield f"predict_one says {answer}, predict {expected}"
            return


def _each_equals_many(model: Model, table: pa.Table) -> Iterator[str]:
    if not isinstance(model, PredictsEach):
        return
    rows = table.slice(0, RECORDS)
    for answer, expected in zip(model.predict_each(rows.to_pylist()), model.predict(rows).to_pylist(), strict=True):
        if list(answer) != list(expected) or not all(_near(answer[k], expected[k]) for k in expected):
            yield f"predict_each says {answer}, predict {expected}"
            return
    if list(model.predict_each([])):
        yield "predict_each answers nobody"


def _a_row_a_row(model: Model, table: pa.Table) -> Iterator[str]:
    for n in (0, 1, len(table)):
        answer = model.predict(table.slice(0, n))
        if len(answer) != n:
            yield f"{n} rows in, {len(answer)} out"
        if answer.schema != model.card.answer:
            yield f"the answer to {n} rows is {answer.schema}, the card says {model.card.answer}"


def _probabilities_are_ones(model: Model, table: pa.Table) -> Iterator[str]:
    if model.card.question != Question.CLASS:
        return
    answer = model.predict(table)
    chances = _matrix(answer)
    if not np.isfinite(chances).all() or (chances < 0).any() or (chances > 1).any():
        yield "a probability is not within 0 and 1"
    elif np.abs(chances.sum(axis=1) - 1.0).max() > TOLERANCE:
        yield "the probabilities of a row do not sum to 1"
    else:
        picked = [model.card.classes[k] for k in chances.argmax(axis=1)]
        if answer["prediction"].to_pylist() != picked:
            yield "the prediction is not the likeliest class"


def _is_pure(model: Model, table: pa.Table) -> Iterator[str]:
    before = deepcopy(table.to_pydict())
    first = model.predict(table)
    record = table.slice(0, 1).to_pylist()[0]
    kept = dict(record)
    model.predict_one(record)
    if not _same(kept, record) or not _same(before, table.to_pydict()):
        yield "it changed its input"
    if apart := _apart(first, model.predict(table), 0.0):
        yield f"asked twice it answers differently: {apart}"


def _threads_do_not_meet(model: Model, table: pa.Table) -> Iterator[str]:
    records = table.slice(0, RECORDS).to_pylist()
    expected = [model.predict_one(record) for record in records]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(model.predict_one, records * 4))
    if answers != expected * 4:
        yield "asked by several threads it answers differently"


def _columns_in_any_order(model: Model, table: pa.Table) -> Iterator[str]:
    expected = model.predict(table)
    turned = table.select(list(reversed(table.column_names))).append_column("not seen before", pa.nulls(len(table)))
    if _apart(expected, model.predict(turned), 0.0):
        yield "columns in another order, and one more, change the answer"
    record = table.slice(0, 1).to_pylist()[0]
    wider = {"not seen before": [1], **dict(reversed(record.items()))}
    if model.predict_one(wider) != model.predict_one(record):
        yield "a record with its fields in another order, and one more, changes the answer"


def _missing_is_missing(model: Model, table: pa.Table) -> Iterator[str]:
    """A column that is not there, one of nulls, a field that is not there and one of None are the same."""
    part = table.slice(0, RECORDS)
    for field in model.card.input:
        if field.name not in part.column_names:
            continue
        without = part.drop_columns([field.name])
        nulls = without.append_column(field, pa.nulls(len(part), field.type))
        if apart := _apart(model.predict(without), model.predict(nulls), 0.0):
            yield f"without {field.name!r} it answers other than for nulls: {apart}"
        record = without.slice(0, 1).to_pylist()[0]
        answers = [model.predict_one(record), model.predict_one({**record, field.name: None})]
        expected = model.predict(without.slice(0, 1)).to_pylist()[0]
        if any(not _near(answer[k], expected[k]) for answer in answers for k in expected):
            yield f"a record without {field.name!r} is answered other than a row"
    if len(model.predict_one({})) != len(model.card.answer):
        yield "an empty record is not answered"


def _stands_the_unseen(model: Model, table: pa.Table) -> Iterator[str]:
    """Categories never seen, numbers beyond all reason, and nothing at all are answered, and one row as many."""
    for extreme in (np.inf, -np.inf, np.nan, 1e300, -1e300, 1e9):
        columns = {f.name: _extreme(f.type, extreme) for f in model.card.input if f.name in table.column_names}
        rows = pa.table({name: column for name, column in columns.items() if column is not None})
        many = model.predict(rows).to_pylist()
        if any(isinstance(v, float) and not np.isfinite(v) for v in many[0].values()):
            yield f"where everything is {extreme} it does not answer a number"
        if not all(_near(v, many[0][k]) for k, v in model.predict_one(rows.to_pylist()[0]).items()):
            yield f"where everything is {extreme} one row is answered other than many"


def _explains_each_column(model: Model, table: pa.Table) -> Iterator[str]:
    if not isinstance(model, Explains):
        return
    for n in (0, 1, min(len(table), RECORDS)):
        why = model.explain(table.slice(0, n))
        if len(why) != n:
            yield f"{n} rows in, {len(why)} explained"
        if set(why.column_names) != set(model.card.input.names):
            yield "the contributions are not of the input's columns"
        if not np.isfinite(_matrix(why)).all():
            yield "a contribution is not a number"


def _explains_one_as_many(model: Model, table: pa.Table) -> Iterator[str]:
    if not isinstance(model, Explains) or not isinstance(model, ExplainsOne):
        return
    part = table.slice(0, RECORDS)
    many = model.explain(part)
    told = [model.explain_one(record) for record in part.to_pylist()]
    single = pa.table({name: [one.get(name) for one in told] for name in many.column_names})
    if apart := _apart(many, single, TOLERANCE):
        yield f"one record's explanation is another than that row's among many: {apart}"


def _memory_is_bounded(model: Model, table: pa.Table) -> Iterator[str]:
    rows = pa.concat_tables([table] * (MANY // len(table) + 1))
    if _peak(model, rows.slice(0, FEW)) <= MOST_MEMORY / 2 * FEW / MANY:
        return
    if (peak := _peak(model, rows.slice(0, MANY))) > MOST_MEMORY:
        yield f"answering {MANY} rows takes {peak // 1_000_000} MB"


def _peak(model: Model, rows: pa.Table) -> int:
    """Bytes that answering the rows takes at its worst."""
    tracemalloc.start()
    try:
        model.predict(rows)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _tells_no_value(model: Model, table: pa.Table) -> Iterator[str]:
    texts = {v for column in table.columns if pa.types.is_string(column.type) for v in column.to_pylist() if v}
    shown = ADDRESS.sub("", repr(model))  # one may spell a value by chance
    if any(text in shown for text in texts if text not in model.card.classes):
        yield "its repr shows values of its rows"


CHECKS: tuple[Check, ...] = (
    _one_equals_many, _each_equals_many, _a_row_a_row, _probabilities_are_ones, _is_pure, _threads_do_not_meet, _columns_in_any_order,
    _missing_is_missing, _stands_the_unseen, _explains_each_column, _explains_one_as_many, _memory_is_bounded,
    _tells_no_value,
)  # fmt: skip


def _opens_as_it_was_saved(model: Model, table: pa.Table, kinds: Kinds) -> Iterator[str]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        model.save(folder)
        seal(folder)
        opened = open_model(folder, kinds)
        if opened.card != model.card:
            yield "the card is another"
        if apart := _apart(model.predict(table), opened.predict(table), 0.0):
            yield f"the answers are others: {apart}"
        if isinstance(model, Explains) and isinstance(opened, Explains):
            part = table.slice(0, RECORDS)
            if apart := _apart(model.explain(part), opened.explain(part), TOLERANCE):
                yield f"the explanations are others: {apart}"


def _extreme(kind: pa.DataType, value: float) -> pa.Array | None:
    if pa.types.is_floating(kind):
        return pa.array([value], kind)
    if pa.types.is_integer(kind):
        return pa.array([1_000_000 if value > 0 else -1], kind)
    return pa.array([f"never seen {value}"], kind) if pa.types.is_string(kind) else None


def _matrix(table: pa.Table) -> np.ndarray:
    columns = [c.to_numpy() for c in table.columns if pa.types.is_floating(c.type)]
    return np.column_stack(columns) if columns else np.zeros((len(table), 0))


def _near(a: Any, b: Any, tolerance: float | None = None) -> bool:
    tolerance = TOLERANCE if tolerance is None else tolerance
    if isinstance(a, float) and isinstance(b, float):
        return a == b or abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)) or (np.isnan(a) and np.isnan(b))
    return type(a) is type(b) and a == b


def _same(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return repr(a) == repr(b)


def _apart(a: pa.Table, b: pa.Table, tolerance: float) -> str:
    """The first difference of two tables in words, empty when there is none."""
    if a.schema != b.schema or len(a) != len(b):
        return "the tables are of other shapes"
    for name in a.column_names:
        for i, (x, y) in enumerate(zip(a[name].to_pylist(), b[name].to_pylist(), strict=True)):
            if not _near(x, y, tolerance):
                return f"{name} of row {i}: {x} and {y}"
    return ""

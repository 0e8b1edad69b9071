"""Decide: from rows to recorded decisions and queued actions, in one transaction."""

from collections.abc import Mapping, Sequence, Set
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyarrow as pa

from mainspring.automation.decide import COVERED, SCOPED
from mainspring.backends.opening import Backends
from mainspring.backends.store.decisions import Recorded
from mainspring.backends.store.outbox import Action
from mainspring.decision import Decision
from mainspring.errors import BadRecord
from mainspring.event import Event
from mainspring.model import NUMBER_ANSWER
from mainspring.run.challenge.beside import Ask, beside
from mainspring.run.desk import Desk, bad_record
from mainspring.run.past.past import Asked, Occasion, Past, looking_back
from mainspring.run.stages.stages import alone, stage, traces
from mainspring.steps.decide.capacity import limit_to
from mainspring.steps.decide.decider import told_apart

Record = Mapping[str, Any]
EVENT_TYPE = "io.mainspring.decision"


@dataclass(frozen=True, slots=True)
class Made:
    """Place → decision; decision's id → what a shadow would have decided; how often the challenger could not; and decision's id → the
    trace that it belongs to."""

    decided: dict[int, Decision]
    shadows: Mapping[str, Decision]
    failures: int
    traces: Mapping[str, str] = field(default_factory=dict[str, str])


def decide(
    desk: Desk, backends: Backends, records: Sequence[Record], *, occasion: str = "", reasons: bool = True, strict: bool = False
) -> pa.Table:  # fmt: skip
    """Decide for raw records, in order. A record that is wrong has a null ``decision`` and its ``problem``, unless the
    declaration says ``on_error: none``: then it is decided as ``none``, with the reason.

    Decisions, their actions and the capacity they use are kept together or not at all. Asking again for the same record on the
    same ``occasion`` answers the decision of the first time.

    Raises:
        BadRecord: ``strict`` and one is wrong, or every one is.
    """
    decided, wrong = _kept(desk, backends, records, occasion, reasons=reasons, strict=strict)
    if wrong and len(wrong) == len(records):
        raise bad_record(desk.automation.name, wrong[min(wrong)])
    keys = [desk.key_of(record) for record in records]
    return _table(desk, [(decided.get(i), keys[i], wrong.get(i)) for i in range(len(records))])


def decide_each(
    desk: Desk, backends: Backends, records: Sequence[Record], occasion: Occasion, *, reasons: bool
) -> tuple[Mapping[int, Decision], Mapping[int, Mapping[str, str]]]:
    """Decide for raw records that may come from different askers, in one transaction: place → decision, and place →
    what is wrong with a record that was not decided. Otherwise as :func:`decide`.
    """
    try:
        return _kept(desk, backends, records, occasion, reasons=reasons, strict=False)
    except BadRecord as error:
        if len(records) == 1:
            return {}, {0: error.fields}
        # Nobody's record may spoil another's: asked one by one, since what was not kept was not decided.
        occasions = [occasion] * len(records) if isinstance(occasion, str) else occasion
        each = [
            alone(i, partial(decide_each, desk, backends, [record], [told], reasons=reasons))
            for i, (record, told) in enumerate(zip(records, occasions, strict=True))
        ]
        return (
            {i: decided[0] for i, (decided, _) in enumerate(each) if decided},
            {i: wrong[0] for i, (_, wrong) in enumerate(each) if wrong},
        )


def decide_ahead(
    desk: Desk, records: Sequence[Record], occasion: Occasion, *, reasons: bool
) -> tuple[Made, Mapping[int, Mapping[str, str]]] | None:
    """As :func:`decide_each`, recording nothing: what was made is for :func:`keep`. None where what is recorded has a say in what is
    decided (windows, a capacity), or a rule cannot read a record.
    """
    limited = desk.automation.decide is not None and desk.automation.decide.capacity is not None
    if desk.keeper is not None or limited:
        return None
    protected = [desk.protect(record) for record in records]
    wrong = desk.wrong_among(protected)
    try:
        with stage("decide"):
            return _choose(desk, Past(records, protected, occasion), wrong, reasons=reasons, strict=False), wrong
    except BadRecord:
        return None


def keep(desk: Desk, backends: Backends, made: Sequence[Made]) -> None:
    """Record what was decided ahead, in one transaction, and have its actions carried out."""
    decided = dict(enumerate(decision for one in made for decision in one.decided.values()))
    shadows = {id: shadow for one in made for id, shadow in one.shadows.items()}
    traced = {id: trace for one in made for id, trace in one.traces.items()}
    whole = Made(decided, shadows, sum(one.failures for one in made), traced)
    _note(desk, _record(desk, backends, whole, Past((), (), "")))


def _kept(
    desk: Desk, backends: Backends, records: Sequence[Record], occasion: Occasion, *, reasons: bool, strict: bool
) -> tuple[dict[int, Decision], dict[int, dict[str, str]]]:
    protected = [desk.protect(record) for record in records]
    # What comes before the others, where windows look back, has to be known to be right beforehand.
    wrong = desk.wrong_among(protected) if desk.keeper is None else desk.wrong_each(protected)
    with looking_back(desk, backends, Asked(records, protected, wrong, occasion), by_time=True) as past:
        decided, new = _decide(desk, backends, past, wrong, reasons=reasons, strict=strict)
    _note(desk, new)
    return decided, wrong


def _decide(
    desk: Desk, backends: Backends, past: Past, wrong: dict[int, dict[str, str]], *, reasons: bool, strict: bool
) -> tuple[dict[int, Decision], Recorded]:
    """Place → decision, and what became of those that were made; what is wrong besides is added to ``wrong``."""
    with stage("decide"):
        made = _choose(desk, past, wrong, reasons=reasons, strict=strict)
    with stage("journal"):
        recorded = _record(desk, backends, made, past)
    return {**past.known, **dict(zip(made.decided, recorded.decisions, strict=True))}, recorded


def _choose(desk: Desk, past: Past, wrong: dict[int, dict[str, str]], *, reasons: bool, strict: bool) -> Made:
    """What is decided, before it is recorded; what is wrong besides is added to ``wrong``."""
    wrong.update({i: dict(late) for i, late in past.late.items()})
    try:
        return _chosen(desk, past, wrong, reasons=reasons, strict=strict)
    except BadRecord:
        # A rule before the model cannot read a value: looked for only now, because it takes asking the rules of each.
        found = desk.wrong_each(past.protected)
        if past.recording is not None or found.keys() <= wrong.keys():
            raise  # what came before the others hangs on it: they are tried again without it
        wrong.update(found)
        return _chosen(desk, past, wrong, reasons=reasons, strict=strict)


def _chosen(desk: Desk, past: Past, wrong: dict[int, dict[str, str]], *, reasons: bool, strict: bool) -> Made:
    forgiven = dict[int, Decision]()
    if desk.decider.policy.forgives:
        forgiven = {i: _forgiven(desk, past.protected[i], wrong.pop(i), _occasion(past, i)) for i in list(wrong)}
    if wrong and strict:
        raise bad_record(desk.automation.name, wrong[min(wrong)])

    def ask(asked: Desk, places: Sequence[int], rows: Sequence[Record]) -> list[Decision]:
        occasion = past.occasion if isinstance(past.occasion, str) else [past.occasion[i] for i in places]
        return _decided(asked, rows, occasion, reasons=reasons)

    made = _made(desk, _asked(past, wrong.keys() | forgiven), ask)
    made.decided.update(forgiven)
    return _traced(made)


def _traced(made: Made) -> Made:
    found = traces(made.decided)
    return replace(made, traces={made.decided[i].id: trace for i, trace in found.items()}) if found else made


def _note(desk: Desk, recorded: Recorded) -> None:
    if desk.noted is not None and recorded.fresh:
        desk.noted(desk, recorded.fresh)


def _asked(past: Past, apart: Set[int]) -> dict[int, tuple[Record, Record]]:
    """Place → the record as it came and as it is protected, of those that are to be decided."""
    return {
        i: (past.records[i], past.protected[i])
        for i in range(len(past.records))
        if i not in apart and i not in past.known
    }


def _occasion(past: Past, place: int) -> str:
    return past.occasion if isinstance(past.occasion, str) else past.occasion[place]


@dataclass(frozen=True, slots=True)
class Done:
    """What was ``recorded``; and place → what is wrong, of records that were not decided."""

    recorded: Recorded
    wrong: Mapping[int, Mapping[str, str]]


def decide_events(desk: Desk, backends: Backends, records: Sequence[Record], occasions: Sequence[str]) -> Done:
    """Decide for raw records that have an occasion each; otherwise as :func:`decide`, and without reasons of features."""
    protected = [desk.protect(record) for record in records]
    wrong = desk.wrong_among(protected)
    with looking_back(desk, backends, Asked(records, protected, wrong, occasions)) as past:
        with stage("decide"):
            made = _choose(desk, past, wrong, reasons=False, strict=False)
        with stage("journal"):
            recorded = _record(desk, backends, made, past, span=True)
    _note(desk, recorded)
    return Done(recorded, wrong)


def _made(desk: Desk, rows: Mapping[int, tuple[Record, Record]], ask: Ask) -> Made:
    """``rows`` are records as they came and as they are protected, by place."""
    other = beside(desk, {i: raw for i, (raw, _) in rows.items()}, ask)
    mine = {i: protected for i, (_, protected) in rows.items() if i not in other.canary}
    ours = dict(zip(mine, ask(desk, list(mine), list(mine.values())), strict=True))
    decided = {i: other.canary.get(i) or ours[i] for i in rows}
    return Made(decided, {decided[i].id: shadow for i, shadow in other.shadow.items()}, other.failures)


def _forgiven(desk: Desk, record: Record, wrong: Mapping[str, str], occasion: str) -> Decision:
    return desk.decider.forgiven(record, wrong, key=desk.key_of(record), at=datetime.now(UTC), occasion=occasion)


def _decided(desk: Desk, records: Sequence[Record], occasion: str | Sequence[str], *, reasons: bool) -> list[Decision]:
    if not records:
        return []
    at = datetime.now(UTC)
    keys = [desk.key_of(record) for record in records]
    if len(records) == 1 or (len(records) <= desk.decider.one_by_one and not reasons):
        occasions = told_apart(records, keys, occasion) if isinstance(occasion, str) else occasion
        return [
            desk.decider.decide_one(record, key=key, at=at, occasion=told, reasons=reasons)
            for record, key, told in zip(records, keys, occasions, strict=True)
        ]
    return desk.decider.decide(desk.table, records, keys=keys, at=at, occasion=occasion, reasons=reasons)


def _record(desk: Desk, backends: Backends, made: Made, past: Past, *, span: bool = False) -> Recorded:
    """Record what is new, within the capacity left; answer known decisions as they were."""
    decided = list(made.decided.values())
    if not decided:
        return Recorded()
    name = desk.automation.name
    with nullcontext(past.recording) if past.recording else backends.decisions.transaction(name) as recording:
        capacity = desk.automation.decide.capacity if desk.automation.decide else None
        if capacity is not None:
            known = recording.known(decision.id for decision in decided)
            fresh = {d.id: d for d in decided if d.id not in known}
            wanted = sum(d.acts for d in fresh.values())
            period = int(decided[0].at.timestamp()) // capacity.period * capacity.period
            begins = datetime.fromtimestamp(period, UTC)
            if desk.decider.policy.explore and recording.left(begins, capacity.count) < len(fresh):
                # Where capacity may run out, how probable an action was hangs on all the others.
                fresh = {id: replace(d, propensity=None) for id, d in fresh.items()}
            granted = recording.reserve(begins, wanted, capacity.count)
            allowed = {d.id: d for d in limit_to(list(fresh.values()), granted)}
            decided = [allowed.get(d.id, d) for d in decided]
        actions = (_action(act, d, made.traces.get(d.id)) for d in decided if (act := _act(desk, d)) is not None)
        recorded = recording.record(decided, actions, span=span)
        if desk.rival is not None:
            known = recorded.new
            new = [(id, shadow) for id, shadow in made.shadows.items() if id in known]
            recording.beside(desk.rival.challenge.number, new, made.failures)
        return recorded


def _act(desk: Desk, decision: Decision) -> Mapping[str, Any] | None:
    """How the action is carried out, as the version that chose it was declared."""
    rival = desk.rival
    chose = rival.desk if rival is not None and decision.model_version == rival.challenge.version else desk
    return chose.acts.get(decision.action)


def _action(act: Mapping[str, Any], decision: Decision, trace: str | None) -> Action:
    data = {
        "decision": decision.id, "automation": decision.automation, "key": decision.key, "action": decision.action,
        "prediction": decision.prediction, **decision.coverage, "probabilities": dict(decision.probabilities), "gain": decision.gain,
        "reasons": [reason.text for reason in decision.reasons], "model_version": decision.model_version,
        "policy_version": decision.policy_version, "occasion": decision.occasion,
    }  # fmt: skip
    event = Event(
        decision.id,
        f"/v1/automations/{decision.automation}",
        f"{EVENT_TYPE}.{decision.action}",
        decision.at,
        data,
        decision.key,
        trace,
    )
    return Action(event, decision.action, act)


Row = tuple[Decision | None, str | None, Mapping[str, str] | None]


def _table(desk: Desk, rows: Sequence[Row]) -> pa.Table:
    model = desk.model
    answer, chances = (model.card.answer, model.card.chances) if model is not None else (NUMBER_ANSWER, ())
    columns: dict[str, list[Any]] = {name: [] for name in ("decision", "key", "action")}
    decisions = [decision for decision, _, _ in rows]
    columns["decision"] = [None if d is None else d.id for d in decisions]
    columns["key"] = [key for _, key, _ in rows]
    columns["action"] = [None if d is None else d.action for d in decisions]
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    table = table.append_column("prediction", _predictions(decisions, answer.field("prediction").type))
    for name in chances:
        label = name.removeprefix("probability_")
        values = [None if d is None else d.probabilities.get(label) for d in decisions]
        table = table.append_column(name, pa.array(values, pa.float64()))
    for name in (name for name in answer.names if name in COVERED | SCOPED):
        values = [None if d is None else d.coverage.get(name) for d in decisions]
        table = table.append_column(name, pa.array(values, answer.field(name).type))
    rest: dict[str, pa.Array] = {
        "gain": pa.array([None if d is None else d.gain for d in decisions], pa.float64()),
        "reasons": pa.array(
            [[] if d is None else [r.text for r in d.reasons] for d in decisions], pa.list_(pa.string())
        ),
        "model_version": pa.array([None if d is None else d.model_version for d in decisions], pa.int64()),
        "policy_version": pa.array([None if d is None else d.policy_version for d in decisions], pa.string()),
        "at": pa.array([None if d is None else d.at for d in decisions], pa.timestamp("us", "UTC")),
    }
    for name, column in rest.items():
        table = table.append_column(name, column)
    problems = [
        None if wrong is None else "; ".join(f"{f} {why}" for f, why in sorted(wrong.items())) for _, _, wrong in rows
    ]
    return table.append_column("problem", pa.array(problems, pa.string())) if any(problems) else table


def _predictions(decisions: Sequence[Decision | None], kind: pa.DataType) -> pa.Array:
    return pa.array([None if d is None else d.prediction for d in decisions], kind)

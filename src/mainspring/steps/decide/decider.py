"""Decider: a record, a model and a policy make a Decision. Loads no training code."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from math import isinf
from typing import Any, NamedTuple, Self

import pyarrow as pa

from mainspring.automation.decide import COVERED, SCOPED
from mainspring.decision import NO_ACTION, Decision, Reason, decision_id
from mainspring.errors import BadRecord
from mainspring.model import SEVERAL, ExplainsOne, Model, Prepared, Question
from mainspring.steps.decide import explore
from mainspring.steps.decide.policy import Policy
from mainspring.steps.decide.reasons import feature_reasons, gain_reason, reasons_of_one
from mainspring.steps.decide.receipts import Basis, Receipts, hash_of_one, hashes_of_many
from mainspring.steps.decide.rules import Fired, Rules

Record = Mapping[str, Any]
Tabled = Callable[[Sequence[Record]], pa.Table]
"""Makes the table of protected records that a model is asked about."""
FEW = 32
"""So many are asked about one by one where a model knows nothing between one and a table: making one costs more than it saves."""


class _Answered(NamedTuple):
    """The model's ``answer``, the hash of the ``features`` it saw, and how many ``rows`` it answered at once."""

    answer: Record
    features: str | None
    rows: int


class _Choice(NamedTuple):
    """An action, its expected gain over doing nothing, the reasons and the codes of what decided."""

    action: str = NO_ACTION
    gain: float | None = None
    reasons: tuple[Reason, ...] = ()
    codes: tuple[str, ...] = ()


class Decider:
    """Decides for an automation. ``model`` is None where rules alone decide; ``model_version`` is kept with every decision.

    ``reading`` gives the columns of a record as rules see them (``"24"`` as 24); what it leaves out, they see as it came.
    """

    def __init__(
        self, automation: str, model: Model | None, policy: Policy, model_version: int | None,
        reading: Callable[[Record], Record] | None = None, basis: Basis | None = None,
    ) -> None:  # fmt: skip
        self.automation = automation
        self.model = model
        self.policy = policy
        self.model_version = model_version
        self.policy_version = policy.version
        self._reading = reading
        self._before, self._after = Rules(policy.before), Rules(policy.after, "after")
        self._basis = basis or Basis()
        self._receipts = Receipts(policy, self._basis)
        self._explains = model if isinstance(model, ExplainsOne) else None
        self._beside = [] if model is None else [name for name in model.card.answer.names if name in COVERED | SCOPED]
        self._labels = [(str(label), f"probability_{label}") for label in policy.classes]
        self._matrix = None if policy.gains is None else policy.gains.matrix
        self._drawn = policy.gains.actions if policy.gains is not None else (NO_ACTION, policy.action or NO_ACTION)

    @property
    def one_by_one(self) -> int:
        """So many records without reasons are better decided one by one."""
        return 1 if isinstance(self.model, Prepared) and self.model.answers_each else FEW

    def under(self, policy: Policy) -> Self:
        """The same, deciding under another policy."""
        return type(self)(self.automation, self.model, policy, self.model_version, self._reading, self._basis)

    def decide_one(
        self, record: Record, *, key: str | None, at: datetime, occasion: str = "", reasons: bool = False
    ) -> Decision:
        """Decide for one protected record of raw columns. ``at`` is timezone-aware.

        Raises:
            BadRecord: a rule compares a field with what it cannot be compared with.
        """
        seen = self._seen(record)
        fired = self._before.first(seen)
        answered = None if fired is not None or self.model is None else _ask_one(self.model, record)
        told = self._told((record, seen), answered, fired, key, at, occasion)
        if not reasons:
            return told
        explained = () if answered is None else self._explained(record)
        return self._reasoned(told, explained)

    def _explained(self, record: Record) -> tuple[Reason, ...]:
        if self._explains is not None and (contributions := self._explains.explain_one(record)):
            return reasons_of_one(self.model, record, contributions)
        return feature_reasons(self.model, _one_row(record, self.model))[0]

    def decide(
        self, tabled: Tabled, records: Sequence[Record], *,
        keys: Sequence[str | None], at: datetime, occasion: str | Sequence[str] = "", reasons: bool = False,
    ) -> list[Decision]:  # fmt: skip
        """Decide for many; those that the model is asked about as a table are ``tabled``. The same decisions as one by one.

        ``occasion`` is that of all, or one a row. Where it is that of all, rows without a key that repeat another of the same call
        are told apart by how often they came before.

        Raises:
            BadRecord: as for one; nothing is decided then (:meth:`problems` tells beforehand).
        """
        seen = [self._seen(record) for record in records]
        fired = [self._before.first(row) for row in seen]
        asked = [i for i, rule in enumerate(fired) if rule is None] if self.model is not None else []
        answers: dict[int, _Answered] = {}
        explained: dict[int, tuple[Reason, ...]] = {}
        if asked and self.model is not None:
            rows = [records[i] for i in asked]
            table = cache(lambda: tabled(rows))
            answers = dict(zip(asked, _ask_many(self.model, rows, table), strict=True))
            if reasons:
                explained = dict(zip(asked, feature_reasons(self.model, table()), strict=True))
        occasions = told_apart(records, keys, occasion) if isinstance(occasion, str) else occasion
        decided = [
            self._told((record, seen[i]), answers.get(i), fired[i], keys[i], at, occasions[i])
            for i, record in enumerate(records)
        ]
        return [self._reasoned(d, explained.get(i, ())) for i, d in enumerate(decided)] if reasons else decided

    def problems(self, record: Record) -> dict[str, str]:
        """Field → why the rules before the model cannot read it; empty when they can."""
        try:
            self._before.first(self._seen(record))
        except BadRecord as error:
            return error.fields
        return {}

    def forgiven(
        self, record: Record, wrong: Mapping[str, str], *, key: str | None, at: datetime, occasion: str = ""
    ) -> Decision:
        """``none`` for a record with ``wrong`` fields (field → what is wrong), where the policy forgives."""
        identity, receipt = self.identity(record, key, occasion), self._receipts.of(("error",))
        told = "; ".join(f"{field} {why}" for field, why in sorted(wrong.items()))
        return Decision(
            identity, self.automation, key, NO_ACTION, at, record, reasons=(Reason("error", told),),
            model_version=self.model_version, policy_version=self.policy_version, occasion=occasion, receipt=receipt,
        )  # fmt: skip

    def _seen(self, record: Record) -> Record:
        if self._reading is None or not (self._before or self._after):
            return record
        return {**record, **self._reading(record)}

    def identity(self, record: Record, key: str | None, occasion: str) -> str:
        """The id of the decision about a record."""
        if made := self._basis.made:
            record = {name: value for name, value in record.items() if name not in made}
        return decision_id(self.automation, (self.model_version, self.policy_version), key, record, occasion)

    def _told(
        self, rows: tuple[Record, Record], answered: _Answered | None, fired: Fired | None, key: str | None, at: datetime,
        occasion: str,
    ) -> Decision:  # fmt: skip
        """``rows`` are the record as it came, and as rules see it."""
        record, seen = rows
        probabilities: dict[str, float] = {}
        prediction, identity = None, self.identity(record, key, occasion)
        coverage: dict[str, Any] = {}
        propensity = 1.0 if self.policy.explore else None
        if fired is not None:
            choice = _Choice(fired[0], None, (fired[1],), (fired[1].code,))
        elif answered is None:
            choice = self._ruled(_Choice(), seen, None, probabilities)
        else:
            prediction = answered.answer["prediction"]
            probabilities = {label: answered.answer[column] for label, column in self._labels}
            coverage = {name: _ended(answered.answer[name]) for name in self._beside}
            seen = {**seen, **coverage} if coverage else seen
            choice = self._ruled(self._chosen(probabilities), seen, prediction, probabilities)
            if self.policy.explore:
                choice, propensity = self._explored(identity, choice, seen, prediction, probabilities)
        features, asked = (None, 1) if answered is None else answered[1:]
        return Decision(
            identity, self.automation, key, choice.action, at, record, prediction, probabilities, choice.gain,
            choice.reasons, self.model_version, self.policy_version, occasion,
            self._receipts.of(choice.codes, features, asked), propensity, coverage,
        )  # fmt: skip

    def _ruled(self, choice: _Choice, seen: Record, prediction: Any, probabilities: Mapping[str, float]) -> _Choice:
        """What the rules after the model make of a choice."""
        if not self._after:
            return choice
        fired = self._after.first(self._with_answer(seen, prediction, probabilities, choice.gain, choice.action))
        if fired is None:
            return choice
        gain = self._gain_of(fired[0], probabilities) if probabilities else None
        return _Choice(fired[0], gain, (*choice.reasons, fired[1]), (*choice.codes, fired[1].code))

    def _explored(
        self, identity: str, usual: _Choice, seen: Record, prediction: Any, probabilities: Mapping[str, float]
    ) -> tuple[_Choice, float]:
        """What chance makes of the usual choice, and how probable the action was that came of it: rules may make one of several."""
        share, drawn, told = self.policy.explore, self._drawn, explore.reason(self.policy.explore)
        chances = {
            action: self._ruled(
                _Choice(action, self._gain_of(action, probabilities), (told,), (explore.CODE,)), seen, prediction, probabilities
            )
            for action in drawn
        }  # fmt: skip
        action = explore.drawn(identity, share, self.policy.seed, drawn)
        choice = usual if action is None else chances[action]
        made = [one.action for one in chances.values()]
        return choice, explore.propensity(choice.action, usual.action, share, made)

    def _chosen(self, probabilities: Mapping[str, float]) -> _Choice:
        policy = self.policy
        if policy.question != Question.CLASS:
            return _Choice()
        if policy.threshold is not None and policy.positive is not None and policy.action is not None:
            acts = probabilities[str(policy.positive)] >= policy.threshold
            action = policy.action if acts else NO_ACTION
            code = "threshold.reached" if acts else "threshold.below"
            return _Choice(action, self._gain_of(action, probabilities), (), (code,))
        if self._matrix is None or policy.gains is None:
            return _Choice()
        expected = [sum(p * g for p, g in zip(probabilities.values(), row, strict=True)) for row in self._matrix]
        best = max(range(len(expected)), key=lambda i: (expected[i], -i))
        return _Choice(policy.gains.actions[best], expected[best] - expected[0], (), ("gain.best",))

    def _gain_of(self, action: str, probabilities: Mapping[str, float]) -> float | None:
        if self._matrix is None or self.policy.gains is None or action not in self.policy.gains.actions:
            return None
        row = self._matrix[self.policy.gains.actions.index(action)]
        resting = self._matrix[0]
        return sum(p * (g - r) for p, g, r in zip(probabilities.values(), row, resting, strict=True))

    def _with_answer(
        self, record: Record, prediction: object, probabilities: Mapping[str, float], gain: float | None, action: str
    ) -> dict[str, Any]:
        positive = self.policy.positive
        probability = (
            probabilities.get(str(positive)) if positive is not None else max(probabilities.values(), default=None)
        )
        return {**record, "prediction": prediction, "probability": probability, "gain": gain, "action": action}

    def _reasoned(self, decision: Decision, explained: tuple[Reason, ...]) -> Decision:
        gain = gain_reason(self.policy, decision.probabilities, decision.action) if decision.probabilities else None
        return replace(decision, reasons=(*decision.reasons, *(() if gain is None else (gain,)), *explained))


def _ask_one(model: Model, record: Record) -> _Answered:
    if not isinstance(model, Prepared):
        return _Answered(model.predict_one(record), None, 1)
    features = model.transform.apply_one(record)
    return _Answered(model.model.predict_one(features), hash_of_one(features.values()), 1)


def _ask_many(model: Model, records: Sequence[Record], table: Callable[[], pa.Table]) -> list[_Answered]:
    if len(records) == 1:
        return [_ask_one(model, records[0])]
    if not isinstance(model, Prepared):
        return [_Answered(answer, None, len(records)) for answer in model.predict(table()).to_pylist()]
    if len(records) <= SEVERAL and model.answers_each:
        made = [model.transform.apply_one(record) for record in records]
        answers, hashes = model.answers_to(made), [hash_of_one(each.values()) for each in made]
    else:
        features = model.transform.apply(table())
        answers, hashes = model.model.predict(features).to_pylist(), hashes_of_many(features)
    return [_Answered(*pair, len(records)) for pair in zip(answers, hashes, strict=True)]


def _ended(end: Any) -> Any:
    """The end of an interval, None where it has none: nothing that keeps or sends decisions knows infinity."""
    return None if isinstance(end, float) and isinf(end) else end


def told_apart(records: Sequence[Record], keys: Sequence[str | None], occasion: str) -> list[str]:
    """The occasion of each record: those without a key that repeat another are numbered."""
    seen: Counter[str] = Counter()
    occasions: list[str] = []
    for record, key in zip(records, keys, strict=True):
        if key is not None:
            occasions.append(occasion)
            continue
        content = repr(sorted(record.items()))
        occasions.append(f"{occasion}#{seen[content]}" if seen[content] else occasion)
        seen[content] += 1
    return occasions


def _one_row(record: Record, model: Model | None) -> pa.Table:
    """Every column the model asks for, so that a record without any field is still a row."""
    expected: list[str] = [] if model is None else list(model.card.input.names)
    return pa.table({name: _array(record.get(name)) for name in dict.fromkeys([*expected, *record])})


def _array(value: Any) -> pa.Array:
    try:
        return pa.array([value])
    except (pa.ArrowException, OverflowError, UnicodeError):
        return pa.array([str(value).encode("utf-8", "replace").decode()])

"""Desk: an automation opened for deciding: its protection, its model, its policy, and what its records must look like."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring.automation import Automation
from mainspring.automation.condition import Condition
from mainspring.automation.decide import answered
from mainspring.backends.opening import Backends
from mainspring.backends.store.challenge.challenges import Challenge
from mainspring.backends.store.json_text import to_text
from mainspring.decision import Decision
from mainspring.errors import BadRecord, MainspringError, NotFound
from mainspring.model import SEVERAL, Model, Prepared, open_model
from mainspring.run.flow import CODE_VERSION
from mainspring.run.kinds import KINDS
from mainspring.run.windows.keeper import Keeper
from mainspring.steps.decide.decider import Decider
from mainspring.steps.decide.foresee import spoken_of
from mainspring.steps.decide.policy import Policy
from mainspring.steps.decide.receipts import Basis
from mainspring.steps.prepare.clean import CleaningPlan
from mainspring.steps.prepare.expect import Expectations
from mainspring.steps.prepare.protect import Protector
from mainspring.steps.prepare.windows.windowing import windowing_of

CHAMPION = "champion"
SOME = 16
"""Of fewer records each is looked at for itself: columns of them cost more than they save."""
ASKED_FIRST = 100
"""Rows of the table that warms a model."""


@dataclass(frozen=True)
class Desk:
    """What deciding needs of one version. ``fields`` are the columns a record may bring; others are neither read nor kept.

    ``keeper`` knows what came before, where windows are declared; ``noted`` hears of decisions that were made for the first time.
    """

    automation: Automation
    protector: Protector
    plan: CleaningPlan
    expectations: Expectations
    decider: Decider
    fields: frozenset[str]
    keeper: Keeper | None = None
    noted: "Callable[[Desk, Sequence[Decision]], None] | None" = None
    rival: "Rival | None" = None

    @property
    def model(self) -> Model | None:
        return self.decider.model

    @cached_property
    def acts(self) -> Mapping[str, Mapping[str, Any]]:
        """Action → how it is carried out, as the outbox keeps it: the same for every decision."""
        return {name: act.model_dump(mode="json", by_alias=True) for name, act in self.automation.act.items()}

    def protect(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record as it may be kept: known fields only, protected."""
        if record.keys() <= self.fields:
            return self.protector.apply_one(record)
        return self.protector.apply_one({name: value for name, value in record.items() if name in self.fields})

    def wrong(self, record: Mapping[str, Any]) -> dict[str, str]:
        """Field → what is wrong with it, of a protected record; empty when it can be decided."""
        return (
            self.plan.problems(record)
            or self.expectations.violations(self._expected.apply_one(record))
            or self.decider.problems(record)
        )

    def wrong_each(self, records: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
        """Place → :meth:`wrong`, of those that are."""
        return {i: problem for i, record in enumerate(records) if (problem := self.wrong(record))}

    def wrong_among(self, records: Sequence[Mapping[str, Any]]) -> dict[int, dict[str, str]]:
        """:meth:`wrong_each`, of many a column at a time. What rules before the model cannot read is not looked for."""
        if len(records) < SOME:
            suspects = {i for i, record in enumerate(records) if self.plan.problems(record)}
        else:
            suspects = self.plan.suspects(records)
        if (names := self.expectations.names) and len(records) <= SEVERAL:
            readable = [i for i in range(len(records)) if i not in suspects]
            suspects.update(i for i in readable if self.expectations.violations(self._expected.apply_one(records[i])))
        elif names:
            try:
                kept = self.expectations.judge(self._expected.apply(self.table(records, names))).kept
                suspects.update(np.flatnonzero(~kept).tolist())
            except MainspringError:
                suspects.update(range(len(records)))
        return {i: wrong for i in sorted(suspects) if (wrong := self.wrong(records[i]))}

    def warm(self) -> None:
        """Answer unknowns: what a model prepares once many have asked is there when the first events come."""
        model = self.model
        # One that cannot bear unknowns is not warm, and that is all.
        with suppress(Exception):
            if isinstance(model, Prepared) and model.answers_each:
                model.ready()
            elif model is not None:
                model.predict(self.table([dict[str, Any]()] * ASKED_FIRST))

    def answers(self, records: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """What the model, which there must be, says of protected records, in order.

        Raises:
            BadRecord: it cannot read one.
        """
        model = self.model
        assert model is not None
        if len(records) <= self.decider.one_by_one:
            return [model.predict_one(record) for record in records]
        if len(records) <= SEVERAL and isinstance(model, Prepared) and model.answers_each:
            return model.predict_each(records)
        return model.predict(self.table(records)).to_pylist()

    def key_of(self, record: Mapping[str, Any]) -> str | None:
        key = self.automation.source.key
        value = None if key is None else record.get(key)
        return None if value is None else str(value)

    @cached_property
    def _expected(self) -> CleaningPlan:
        """The plan of the columns that expectations speak of."""
        return self.plan.only(self.expectations.names)

    def table(self, records: Sequence[Mapping[str, Any]], among: Collection[str] | None = None) -> pa.Table:
        """Protected records as a table of the columns the plan knows (``among`` these only, where they are told); the model's
        transform reads whatever types they have.
        """
        present = set[str]().union(*records)
        known = [column.name for column in self.plan.columns if among is None or column.name in among]
        names = [name for name in known if name in present]
        names = names or [self.plan.columns[0].name]  # a table without columns has no rows either
        return pa.table({name: _column([record.get(name) for record in records]) for name in names})


@dataclass(frozen=True)
class Rival:
    """A challenger's desk beside the champion's."""

    challenge: Challenge
    desk: Desk

    def takes(self, key: str | None, record: Mapping[str, Any]) -> bool:
        """Whether a canary decides about this key (or, without one, this record): the same whenever it is asked."""
        told = key if key is not None else to_text(sorted(record.items()))
        digest = hashlib.sha256(f"{self.challenge.number}:{told}".encode("utf-8", "surrogatepass")).digest()
        return self.challenge.mode == "canary" and int.from_bytes(digest[:8]) < self.challenge.share * 2**64


def bad_record(name: str, wrong: Mapping[str, str]) -> BadRecord:
    """Names every field that is wrong, and how."""
    told = "; ".join(f"{field} {why}" for field, why in sorted(wrong.items()))
    return BadRecord(told, fields=dict(wrong), where=name, remedy="correct the fields and ask again")


def open_desk(backends: Backends, name: str, which: int | str = CHAMPION) -> Desk:
    """Open a version of an automation, the champion with its challenger; where rules alone decide there is one version only.

    Raises:
        NotFound: there is no such automation or version.
    """
    if backends.registry.has(name):
        found = backends.registry.get(name, which)
        model = open_model(found.folder, KINDS, found.hash)
        desk = _desk(backends, found.facts, model, (found.version, found.hash))
        return replace(desk, rival=_rival(backends, name, found.version)) if which == CHAMPION else desk
    return open_rules(backends, name)


def _rival(backends: Backends, name: str, champion: int) -> Rival | None:
    challenge = backends.challenges.running(name)
    if challenge is None or challenge.champion != champion:
        return None
    desk = open_desk(backends, name, challenge.version)
    if challenge.mode == "shadow":
        # What is drawn at random says nothing of the challenger.
        desk = replace(desk, decider=desk.decider.under(replace(desk.decider.policy, explore=0.0)))
    return Rival(challenge, desk)


def open_rules(backends: Backends, name: str, policy_version: str | None = None) -> Desk:
    """Open an automation that rules alone decide, as it was run last, or as it was when its policy had that version.

    Raises:
        NotFound: there is no such automation, or it never had that policy.
    """
    for run in backends.runs.list(name):
        done = backends.runs.kept(run.id, "register")
        if run.state != "finished" or done is None or done["version"] is not None:
            continue
        if policy_version in (None, Policy.from_dict(done["policy"]).version):
            return _desk(backends, {**done, "declaration": run.facts["declaration"]}, None, None)
    raise NotFound("automation", name, known_automations(backends))


def known_automations(backends: Backends) -> list[str]:
    """Those that can decide."""
    ruled = {run.automation for run in backends.runs.list() if run.state == "finished"}
    return sorted({*backends.registry.automations(), *ruled})


def declared_now(backends: Backends) -> list[Automation]:
    """The declarations by which automations decide now."""
    found: list[Automation] = []
    for name in known_automations(backends):
        # Of one that only ever ran without coming to a decision there is nothing.
        with suppress(NotFound):
            found.append(_declared(backends, name))
    return found


def _declared(backends: Backends, name: str) -> Automation:
    if backends.registry.has(name):
        return Automation.model_validate(backends.registry.get(name).facts["declaration"])
    return open_rules(backends, name).automation


def _desk(backends: Backends, facts: Mapping[str, Any], model: Model | None, known: tuple[int, str] | None) -> Desk:
    """``known`` are the version and the hash of the model."""
    automation = Automation.model_validate(facts["declaration"])
    version, digest = known or (None, None)
    policy = Policy.from_dict(facts["policy"])
    plan = CleaningPlan.from_json(facts["plan"])
    protector = Protector(automation.prepare.protect, backends.vault.key())
    columns = {column.name for column in plan.columns} | set(automation.prepare.protect)
    target = automation.learn.target if automation.learn else None
    later = answered(automation.learn)
    spoken = spoken_of((*policy.before, *policy.after)) - later
    fields = (columns | spoken) - {target}
    windowing = windowing_of(automation, plan)
    made = frozenset(windowing.names if windowing else ())
    basis = Basis(digest, _told(facts.get("data_version")), CODE_VERSION, made)
    keeper = None if windowing is None else Keeper(windowing, plan.only(windowing.needs).apply_one)
    decider = Decider(automation.name, model, policy, version, plan.only(spoken).apply_one, basis)
    expectations = Expectations(_without(automation, target))
    return Desk(automation, protector, plan, expectations, decider, frozenset(fields), keeper)


def _told(data: Mapping[str, Any] | None) -> str | None:
    return None if data is None else f"{data['table']}@{data['version']}"


def _without(automation: Automation, target: str | None) -> Any:
    """The expectations that a record to be decided can keep: nothing about the target, which is not known yet."""
    kept = {name: expected for name, expected in automation.prepare.expect.items() if name != target}
    conditions = [text for text in automation.prepare.conditions if target not in Condition(text).names]
    return automation.prepare.model_copy(update={"expect": kept, "conditions": conditions})


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())

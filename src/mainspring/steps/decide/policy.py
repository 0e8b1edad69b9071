"""Policy: what the declaration and the validation data say about acting, as one value with a version."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from mainspring.automation.decide import ANSWERED, SKIP, Decide, OutcomeGains, staged
from mainspring.decision import NO_ACTION
from mainspring.errors import SpecError
from mainspring.measure.gains import Gains
from mainspring.model import Label, Question

ACT = "act"
"""What acting is called where no action is declared."""


@dataclass(frozen=True, slots=True)
class RulePart:
    """One rule made definite: a ``condition`` with ``then``, or the rows of a decision ``table``."""

    then: str = NO_ACTION
    because: str = ""
    condition: str | None = None
    table: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """``threshold`` is for the probability of ``positive``: from it on, ``action`` is chosen. Where either is None, the choice
    is left to expected gains, or to the rules alone. ``actions`` are all that may be chosen, doing nothing first.
    """

    question: Question | None
    classes: tuple[Label, ...] = ()
    positive: Label | None = None
    actions: tuple[str, ...] = (NO_ACTION,)
    action: str | None = None
    gains: Gains | None = None
    threshold: float | None = None
    before: tuple[RulePart, ...] = ()
    after: tuple[RulePart, ...] = ()
    forgives: bool = False
    """Whether a record that cannot be read is decided as ``none``, with the reason, and not refused."""
    explore: float = 0.0
    """The share of decisions made at random, drawn from the decision's id and ``seed``."""
    seed: int = 0

    @property
    def version(self) -> str:
        """12 hexadecimal digits from everything the policy says."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True, default=str).encode()).hexdigest()[:12]

    @property
    def rules(self) -> str:
        """32 hexadecimal digits from the rules alone."""
        plain = [[asdict(part) for part in stage] for stage in (self.before, self.after)]
        return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:32]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON. What earlier releases did not know is left out where it says nothing, for the version's sake."""
        plain = asdict(self)
        return plain if self.explore else {name: plain[name] for name in plain if name not in ("explore", "seed")}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        gains = plain["gains"]
        return cls(
            question=None if plain["question"] is None else Question(plain["question"]),
            classes=tuple(plain["classes"]),
            positive=plain["positive"],
            actions=tuple(plain["actions"]),
            action=plain["action"],
            gains=None if gains is None else _gains_from(gains),
            threshold=plain["threshold"],
            before=tuple(_part_from(part) for part in plain["before"]),
            after=tuple(_part_from(part) for part in plain["after"]),
            forgives=plain["forgives"],
            explore=plain.get("explore", 0.0),
            seed=plain.get("seed", 0),
        )


def policy_of(
    decide: Decide | None, actions: Sequence[str], *,
    question: Question | None, classes: Sequence[Label] = (), positive: Label | None = None, threshold: float | None = None,
) -> Policy:  # fmt: skip
    """The policy of a declaration. ``threshold`` is what validation data say; a declared one comes first.

    ``actions`` are the names under ``act``; where there are none, gains speak of one action called ``act``. A rule whose stage is
    not said stands after the model, if it speaks of the answer; intervals and sets are not meant, unless the declaration is ``staged``.

    Raises:
        SpecError: the gains do not fit the question.
    """
    decide = staged(decide, ANSWERED) or Decide()
    unnamed = isinstance(decide.gains, OutcomeGains) or (decide.gains is None and decide.threshold is not None)
    named = tuple(actions) or ((ACT,) if unnamed else ())
    gains = gains_of(decide, named, classes, positive)
    before, after = _rules(decide)
    spoken = {rule.then for rule in (*before, *after) if not rule.table} | {
        _action(row.get("then", NO_ACTION)) for rule in (*before, *after) for row in rule.table
    }
    chosen = gains.actions[1:] if gains else named
    everything = dict.fromkeys([NO_ACTION, *chosen, *named, *sorted(spoken)])
    return Policy(
        question, tuple(classes), positive, tuple(everything), chosen[0] if len(chosen) == 1 else None, gains,
        decide.threshold if decide.threshold is not None else threshold, before, after, decide.on_error == NO_ACTION,
        decide.explore or 0.0,
    )  # fmt: skip


def gains_of(
    decide: Decide | None, actions: Sequence[str], classes: Sequence[Label], positive: Label | None
) -> Gains | None:
    """The declared gains for these classes, or None where none are declared.

    Raises:
        SpecError: gains are declared for a question without classes, or do not fit them.
    """
    if decide is None or decide.gains is None:
        return None
    if not classes:
        raise SpecError(
            "gains need a question with classes",
            where="decide.gains",
            remedy="for numbers, write rules over 'prediction'",
        )
    declared = decide.gains
    if isinstance(declared, OutcomeGains):
        return Gains.of(declared.model_dump(), classes, positive, actions[0] if actions else ACT)
    return Gains.of(declared, classes, positive, "")


def _rules(decide: Decide) -> tuple[tuple[RulePart, ...], tuple[RulePart, ...]]:
    before: list[RulePart] = []
    after: list[RulePart] = []
    for rule in decide.rules:
        if rule.condition is not None:
            part = RulePart(_action(rule.then or NO_ACTION), rule.because, condition=rule.condition)
        else:
            part = RulePart(because=rule.because, table=tuple(rule.table or []))
        (after if rule.stage == "after" else before).append(part)
    return tuple(before), tuple(after)


def _action(name: Any) -> str:
    return NO_ACTION if name in (SKIP, NO_ACTION, None, "") else str(name)


def _gains_from(plain: Mapping[str, Any]) -> Gains:
    return Gains(tuple(plain["actions"]), tuple(plain["classes"]), tuple(tuple(row) for row in plain["matrix"]))


def _part_from(plain: Mapping[str, Any]) -> RulePart:
    return RulePart(plain["then"], plain["because"], plain["condition"], tuple(plain["table"]))

"""Story: everything the report tells, as plain values ready for JSON. Only the automation must be there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Plain = Mapping[str, Any]
NOTHING: Plain = {}


@dataclass(frozen=True, slots=True)
class Story:
    """What is absent is left out of the report.

    ``automation`` is ``Automation.model_dump()``; ``counts`` are rows: collected, duplicates, unlabelled, quarantined, train,
    test; ``cleaning`` are sentences; ``profile`` is ``Profile.to_dict()``, ``found`` is ``Found.to_dict()``, ``evaluation`` is
    ``Evaluation.to_dict()`` with ``baselines``, ``card`` is ``card_dict(card)``, ``policy`` is ``Policy.to_dict()``; ``facts``
    are what is needed to do it again: version, run_id, data_version, code_version, libraries, seed, seconds, hash.
    """

    automation: Plain
    counts: Plain = field(default_factory=dict)
    cleaning: Sequence[str] = ()
    profile: Plain = field(default_factory=dict)
    found: Plain = field(default_factory=dict)
    evaluation: Plain = field(default_factory=dict)
    card: Plain = field(default_factory=dict)
    policy: Plain = field(default_factory=dict)
    facts: Plain = field(default_factory=dict)

    @property
    def target(self) -> str:
        return str((self.automation.get("learn") or NOTHING).get("target") or self.card.get("target") or "")

    @property
    def objective(self) -> str:
        declared = (self.automation.get("learn") or NOTHING).get("optimise")
        return str(self.found.get("objective") or declared or "")

    @property
    def actions(self) -> list[str]:
        """What the automation may do, by name."""
        return [str(name) for name in (self.automation.get("act") or NOTHING)]

"""Verdict: what becomes of a version that was learned anew: it decides, proves itself first, waits for a person, or is kept aside."""

from dataclasses import dataclass
from typing import Any

from mainspring.automation import Automation
from mainspring.automation.watch import Challenger
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import CHALLENGER
from mainspring.run.challenge.judge import begin
from mainspring.run.retrain.compare import Beside


@dataclass(frozen=True, slots=True)
class Verdict:
    """``decision`` is ``promote``, ``challenge``, ``ask`` or ``reject``."""

    decision: str
    why: str

    def to_dict(self) -> dict[str, Any]:
        return {"decision": self.decision, "why": self.why}


def verdict(automation: Automation, found: Beside, against: int) -> Verdict:
    """By what ``watch.retrain.promote`` and ``watch.challenger`` declare.

    Whoever proves itself in shadow or canary need only be better more likely than not; whoever decides at once must surely be.
    """
    told = f"{found.told()}, version {against} deciding"
    promote, terms = automation.watch.retrain.promote, automation.watch.challenger
    if automation.watch.approvals > 1 and promote in ("always", "when_better"):
        promote = "ask"
    if promote == "always":
        return Verdict("promote", f"declared to decide always: {told}")
    if promote == "never":
        return Verdict("reject", f"declared never to decide by itself: {told}")
    proves = found.metric == "profit" or (automation.decide is not None and automation.decide.gains is not None)
    proves = proves and (promote == "when_proved" or (promote == "when_better" and terms is not None))
    if not (found.perhaps if proves or promote == "ask" else found.better):
        return Verdict("reject", f"not {'surely ' if found.perhaps else ''}better: {told}")
    if promote == "ask":
        return Verdict("ask", f"it waits for a person to promote it: {told}")
    return Verdict("challenge" if proves else "promote", f"{'surely ' if found.better else ''}better: {told}")


@dataclass(frozen=True, slots=True)
class Carried:
    """Carries a verdict out once the version is registered."""

    automation: Automation
    backends: Backends
    verdict: Verdict
    against: int | None
    by: str
    evidence: Any = None

    def __call__(self, version: int, ours: tuple[str, float]) -> tuple[bool, str]:  # noqa: ARG002 - figures were compared before
        name, registry, why = self.automation.name, self.backends.registry, self.verdict.why
        standing = registry.standing(name)
        if standing == version:
            return True, why  # a process that was killed since has promoted it
        if self.against is not None and standing != self.against:
            why = f"version {standing} was made champion meanwhile; {why}"
            registry.reject(name, version, by=self.by, why=why, evidence=self.evidence)
        elif self.verdict.decision == "promote":
            registry.promote(name, version, by=self.by, why=why)
            return True, why
        elif self.verdict.decision == "challenge":
            running = self.backends.challenges.running(name)
            if running is None or running.version != version:
                begin(
                    self.backends, name, version, self.automation.watch.challenger or Challenger(), by=self.by, why=why
                )
        elif self.verdict.decision == "ask":
            registry.promote(name, version, alias=CHALLENGER, by=self.by, why=why)
        else:
            registry.reject(name, version, by=self.by, why=why, evidence=self.evidence)
        return False, why

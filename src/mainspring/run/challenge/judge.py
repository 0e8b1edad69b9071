"""Judge: begins a challenge, and ends it when the evidence says so: the challenger is promoted, or it goes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mainspring.automation.watch import Challenger
from mainspring.backends.opening import Backends
from mainspring.backends.store.challenge.challenges import Challenge, State
from mainspring.backends.store.registry import CHALLENGER
from mainspring.backends.store.watching.alerts import Alerting
from mainspring.errors import SpecError
from mainspring.run.access.approvals import needed
from mainspring.run.challenge.compare import Comparison, compare
from mainspring.run.challenge.limit import ends, over
from mainspring.run.challenge.telling import alarm
from mainspring.run.desk import Desk, open_desk

BY = "the challenge"
FAILURES = 10
"""Records about which the challenger could not decide, though the champion could, before it is sent away."""
TOO_CLOSE = 10
"""After so many times the outcomes that were asked for, who could not be told from the champion goes: it would bar every retraining."""


def begin(backends: Backends, name: str, version: int, terms: Challenger, *, by: str, why: str = "") -> Challenge:
    """Let ``version`` challenge the champion on these terms.

    Raises:
        NotFound: there is no such version.
        SpecError: it is the champion, answers another question, or there are no gains to compare by.
    """
    champion, challenger = backends.registry.get(name), backends.registry.get(name, version)
    one, other = champion.card, challenger.card
    if champion.version == version:
        raise SpecError(f"version {version} is the champion", where=name, remedy="name another: mainspring models")
    if (one.question, one.target, one.classes) != (other.question, other.target, other.classes):
        raise SpecError(
            f"version {version} answers another question than version {champion.version}", where=name,
            remedy="promote it, if that is meant: mainspring promote",
        )  # fmt: skip
    if champion.facts["policy"]["gains"] is None:
        raise SpecError(
            "there is nothing to compare by", where="decide.gains", remedy="declare decide.gains, and run again"
        )
    backends.registry.promote(name, version, alias=CHALLENGER, by=by, why=why)
    return backends.challenges.start(name, (version, champion.version), terms, by=by, why=why)


def stop(backends: Backends, name: str, *, by: str, why: str = "") -> Challenge | None:
    """End the running challenge; the champion stays. None where there is none."""
    running = backends.challenges.running(name)
    if running is not None:
        backends.challenges.end(running, "stopped", {"why": why}, by=by)
    return running


def judge(backends: Backends, name: str, desk: Desk | None = None, at: datetime | None = None) -> State | None:
    """Look at the evidence, however often; how the running challenge ended, or None where it goes on or there is none.

    What has reached its limit is looked at once more and then ends, *undecided* where that look does not tell. The interval holds at all
    moments together, also at one that a clock chooses. ``desk`` is the champion's, where it is open; ``at`` stands for now.
    """
    challenge = backends.challenges.running(name)
    if challenge is None:
        return None
    standing = backends.registry.standing(name)
    if standing != challenge.champion:
        left: State = "promoted" if standing == challenge.version else "stopped"
        backends.challenges.end(challenge, left, {"why": f"version {standing} was made champion meanwhile"}, by=BY)
        return left
    if desk is None or desk.decider.model_version != standing:
        desk = open_desk(backends, name, challenge.champion)
    found = compare(desk, backends, challenge)
    state, why = _verdict(challenge, found)
    if state == "promoted" and (people := needed(backends, name)) > 1:
        state, why = None, f"{why}; {people} people must agree"  # they say so, with the evidence before them
    tell: Callable[[Alerting], None] | None = None
    if state is None and (limit := over(desk, backends, challenge, at or datetime.now(UTC))) is not None:
        state, why = "undecided", f"{limit}: {why}; the champion stays"
        tell = alarm(desk.automation.watch.alert, challenge, {**found.to_dict(), "why": why}, at or datetime.now(UTC))
    if state == "promoted":
        # First, so that whoever is killed in between is found to have promoted it.
        backends.registry.promote(name, challenge.version, by=BY, why=why)
    evidence = {**found.to_dict(), "why": why}
    ended = state is not None and backends.challenges.end(challenge, state, evidence, by=BY, tell=tell)
    return state if ended else None


def standing_of(desk: Desk, backends: Backends) -> dict[str, Any] | None:
    """The running challenge with what is known by now, else the last one with how it ended; None where there was none.

    ``desk`` is the champion's.
    """
    last = next(iter(backends.challenges.list(desk.automation.name)), None)
    if last is None:
        return None
    known = compare(desk, backends, last).to_dict() if last.state == "running" else {}
    return {**last.to_dict(), "until": ends(desk, last).isoformat(), **known}


def _verdict(challenge: Challenge, found: Comparison) -> tuple[State | None, str]:
    """How it ends, or None, and why."""
    if challenge.failures >= FAILURES:
        return "rejected", f"it could not decide about {challenge.failures} records about which the champion could"
    if not found.outcomes:
        return None, f"no outcome tells of it, and {challenge.at_least:,} were waited for"
    if found.outcomes < challenge.at_least:
        return None, f"{found.outcomes:,} outcomes tell of it, and {challenge.at_least:,} were waited for"
    if found.low is None or found.high is None:
        return None, f"{found.outcomes:,} outcomes tell of it, and none of them what it earns beside the champion"
    told = f"{found.difference:+,.4g} a decision ({found.low:+,.4g} to {found.high:+,.4g}) after {found.outcomes:,} outcomes"
    if found.low > 0:
        return "promoted", f"it earns more: {told}"
    if found.high < 0:
        return "rejected", f"it earns less: {told}"
    if found.outcomes >= TOO_CLOSE * challenge.at_least:
        return "rejected", f"too close to tell, so the champion stays: {told}"
    return None, f"it cannot be told which earns more: {told}"

"""Approvals: another version decides only when enough people agree, where the declaration asks for more than one."""

from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from mainspring.automation import Automation
from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import CHAMPION
from mainspring.errors import NotFound

APPROVED, PROMOTED, ROLLED_BACK = "approved", "promoted", "rolled back"
ENOUGH_TO_LOOK_AT = 1_000


def needed(backends: Backends, name: str) -> int:
    """How many people must agree: what the version that decides was declared with, so that no new declaration lowers it by itself. One
    where nothing decides yet.
    """
    try:
        champion = backends.registry.get(name)
    except NotFound:
        return 1
    return Automation.model_validate(champion.facts["declaration"]).watch.approvals


def approved_by(backends: Backends, name: str, version: int) -> list[str]:
    """Who agreed that ``version`` decides, since the last time that changed: to go back is to begin anew."""
    told = takewhile(lambda entry: not _changed(entry), backends.audit.recent(name, ENOUGH_TO_LOOK_AT))
    agreed = [entry["by"] for entry in told if entry["what"] == APPROVED and entry["facts"]["version"] == version]
    return list(dict.fromkeys(reversed(agreed)))


def approve(backends: Backends, name: str, version: int, *, by: str, why: str) -> list[str]:
    """Note that ``by`` agrees, once; everyone who does by now."""
    if by not in approved_by(backends, name, version):
        backends.audit.record(name, APPROVED, by=by, facts={"version": version, "why": why})
    return approved_by(backends, name, version)


def lacking(backends: Backends, name: str, version: int) -> str | None:
    """What is lacking before ``version`` may decide, in words; None where nothing is."""
    wanted = needed(backends, name)
    have = approved_by(backends, name, version) if wanted > 1 else []
    if wanted <= 1 or len(have) >= wanted:
        return None
    return f"{len(have)} of {wanted} people agree{'' if not have else ': ' + ', '.join(have)}"


def _changed(entry: Mapping[str, Any]) -> bool:
    return entry["what"] == ROLLED_BACK or (entry["what"] == PROMOTED and entry["facts"]["alias"] == CHAMPION)

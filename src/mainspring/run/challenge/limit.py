"""Limit: when a challenge has lasted long enough, whatever is known by then."""

from datetime import datetime, timedelta

from mainspring.automation.problems.watching import ripening
from mainspring.automation.watch import Challenger
from mainspring.backends.opening import Backends
from mainspring.backends.store.challenge.challenges import Challenge
from mainspring.run.desk import Desk


def ends(desk: Desk, challenge: Challenge) -> datetime:
    """When it ends at the latest. ``desk`` is the champion's."""
    lasts = Challenger(within=challenge.within).lasts(ripening(desk.automation.decide))
    try:
        return challenge.started + timedelta(seconds=lasts)
    except OverflowError:
        return datetime.max.replace(tzinfo=challenge.started.tzinfo)


def over(desk: Desk, backends: Backends, challenge: Challenge, at: datetime) -> str | None:
    """Which limit is reached, in words; None where it may go on."""
    if at >= (end := ends(desk, challenge)):
        return f"its time was over at {end:%Y-%m-%d %H:%M} UTC"
    if challenge.decisions is None:
        return None
    (made,) = backends.journal.counts(challenge.automation, [challenge.started, datetime.max.replace(tzinfo=at.tzinfo)])
    return f"it stood beside {made:,} decisions" if made >= challenge.decisions else None

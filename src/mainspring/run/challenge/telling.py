"""Telling: that a challenge ended undecided is an alert. Somebody must see to it that outcomes come, or that more of them do."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mainspring.automation.watch import Alert
from mainspring.backends.store.challenge.challenges import Challenge
from mainspring.backends.store.watching.alerts import Alerting
from mainspring.run.alerts.alerting import AlertTerms, changed
from mainspring.run.alerts.telling import message
from mainspring.steps.watch.finding import Finding


def alarm(
    declared: Alert, challenge: Challenge, evidence: Mapping[str, Any], at: datetime
) -> Callable[[Alerting], None]:
    """What raises the alert in the transaction of the end. It needs no second look; later looks do not find it again, so it is over by
    and by.
    """
    what = f"the challenge of version {challenge.version} ended undecided: {evidence['why']}"
    finding = Finding("challenge", f"version {challenge.version}", what, facts=dict(evidence))
    terms = AlertTerms((1, 1), timedelta(seconds=declared.cooldown), declared.least)

    def tell(alerting: Alerting) -> None:
        known = {mark: alert for mark, alert in alerting.all().items() if mark == finding.mark}
        changes, to_tell = changed(challenge.automation, known, [finding], at, terms)
        for alert in changes:
            alerting.keep(replace(alert, facts={**alert.facts, "files": []}))
        for alert in to_tell:
            facts = {"alert": alert.id, "mark": alert.mark, "severity": alert.severity, "what": alert.what}
            alerting.note("raised an alert", facts, "the challenge")
            alerting.send(*(message(alert, to, ()) for to in declared.to))

    return tell

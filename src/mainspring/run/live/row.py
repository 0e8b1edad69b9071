"""Row: a decision as it is answered to whoever asked; the columns of a table of decisions, without the table."""

from collections.abc import Callable, Mapping
from typing import Any

from mainspring.automation.decide import COVERED
from mainspring.decision import Decision
from mainspring.run.desk import Desk


def row_of(desk: Desk) -> Callable[[Decision, Mapping[str, Any]], dict[str, Any]]:
    """What makes the row of a decision and of the record as it came, in an automation."""
    card = None if desk.model is None else desk.model.card
    chances = () if card is None else tuple((name, name.removeprefix("probability_")) for name in card.chances)
    covered = () if card is None else tuple(name for name in card.answer.names if name in COVERED)

    def row(decision: Decision, record: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "decision": decision.id, "key": desk.key_of(record), "action": decision.action, "prediction": decision.prediction,
        }  # fmt: skip
        for name, label in chances:
            answer[name] = decision.probabilities.get(label)
        for name in covered:
            answer[name] = decision.coverage.get(name)
        answer["gain"] = decision.gain
        answer["reasons"] = [reason.text for reason in decision.reasons]
        answer["model_version"] = decision.model_version
        answer["policy_version"] = decision.policy_version
        answer["at"] = decision.at
        return answer

    return row

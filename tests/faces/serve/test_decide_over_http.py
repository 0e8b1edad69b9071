"""Decide, predict, hear back and explain through the gateway, in the process."""

import pytest

from mainspring import Workspace
from mainspring.faces.serve.documents import Decision, Decisions, Explanation, Feedback, Prediction, Predictions, Status

HERE = "/v1/automations/retention"


def decide(client, **body: object) -> dict:
    answer = client.post(f"{HERE}/decisions", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_one_record_gets_a_decision(client, leaving: dict) -> None:
    decided = decide(client, record=leaving)
    Decision.model_validate(decided)
    assert decided["action"] == "offer"
    assert decided["prediction"] == "Yes"
    assert decided["key"] == "N1"
    assert 0.5 < decided["probability_Yes"] <= 1
    assert decided["reasons"]


def test_the_same_record_is_the_same_decision(client, leaving: dict) -> None:
    first, again = decide(client, record=leaving), decide(client, record=leaving)
    assert first["decision"] == again["decision"]
    other = decide(client, record=leaving, occasion="2026-12")
    assert other["decision"] != first["decision"]


def test_a_rule_says_why(client, leaving: dict) -> None:
    decided = decide(client, record={**leaving, "contract": "Two year"})
    assert decided["action"] == "none"
    assert any("bound by contract" in reason for reason in decided["reasons"])


def test_reasons_are_left_out_when_not_wanted(client, leaving: dict) -> None:
    assert not decide(client, record={**leaving, "customer": "N2"}, reasons=False)["reasons"]


def test_the_gateway_and_python_agree(client, workspace: Workspace, leaving: dict) -> None:
    over_http = client.post(f"{HERE}/predictions", json={"record": leaving}).json()
    Prediction.model_validate(over_http)
    assert over_http == workspace.predict("retention", leaving).to_pylist()[0]


def test_many_records_are_answered_in_order(client, leaving: dict) -> None:
    records = [{**leaving, "customer": f"M{n}"} for n in range(5)]
    answer = decide(client, records=records)
    Decisions.model_validate(answer)
    assert [decision["key"] for decision in answer["decisions"]] == [f"M{n}" for n in range(5)]
    assert (answer["answered"], answer["refused"]) == (5, 0)


def test_a_bad_record_does_not_spoil_the_good(client, leaving: dict) -> None:
    records = [{**leaving, "customer": "G1"}, {**leaving, "tenure": "soon"}, 7, {**leaving, "customer": "G2"}]
    answer = decide(client, records=records)
    Decisions.model_validate(answer)
    good, text, number, also_good = answer["decisions"]
    assert good["key"] == "G1"
    assert also_good["key"] == "G2"
    assert text["problem"]["errors"][0]["field"] == "tenure"
    assert number["problem"]["status"] == 422
    assert (answer["answered"], answer["refused"]) == (2, 2)


def test_the_decision_of_a_record_does_not_hang_on_its_neighbours(client, leaving: dict) -> None:
    alone = decide(client, record={**leaving, "customer": "A1"})
    beside = decide(client, records=[{**leaving, "customer": "A1"}, {**leaving, "tenure": "soon"}])
    assert beside["decisions"][0]["decision"] == alone["decision"]


def test_no_records_get_no_decisions(client) -> None:
    assert decide(client, records=[]) == {"decisions": [], "answered": 0, "refused": 0}


def test_predictions_record_nothing(client, leaving: dict) -> None:
    before = client.get(HERE).json()
    answer = client.post(f"{HERE}/predictions", json={"records": [leaving, leaving]}).json()
    Predictions.model_validate(answer)
    assert answer["answered"] == 2
    assert client.get(HERE).json()["decisions"] == before["decisions"]


def test_many_predictions_are_those_of_each_alone(client, leaving: dict) -> None:
    records = [{**leaving, "tenure": n} for n in range(45)]
    alone = [client.post(f"{HERE}/predictions", json={"record": record}).json() for record in records]
    together = client.post(f"{HERE}/predictions", json={"records": records}).json()
    Predictions.model_validate(together)
    assert (together["answered"], together["refused"]) == (45, 0)
    for one, other in zip(alone, together["predictions"], strict=True):
        assert one.keys() == other.keys()
        assert one["prediction"] == other["prediction"]
        assert one["probability_Yes"] == pytest.approx(other["probability_Yes"], abs=1e-9)


def test_feedback_comes_back_to_its_decision_once(client, leaving: dict) -> None:
    decided = decide(client, record={**leaving, "customer": "F1"})
    told = {"record": {"decision": decided["decision"], "outcome": "Yes"}}
    first, again = (client.post(f"{HERE}/feedback", json=told).json() for _ in range(2))
    Feedback.model_validate(first)
    nothing = {"accepted": 0, "repeated": 0, "corrected": 0, "contradictory": 0, "unknown": 0}
    assert first == nothing | {"accepted": 1}
    assert again == nothing | {"repeated": 1}


def test_feedback_on_an_unknown_decision_is_counted(client) -> None:
    told = {"records": [{"decision": "0" * 32, "outcome": "Yes"}]}
    assert client.post(f"{HERE}/feedback", json=told).json()["unknown"] == 1


def test_a_decision_is_explained(client, leaving: dict) -> None:
    decided = decide(client, record={**leaving, "customer": "E1"})
    told = client.get(f"{HERE}/decisions/{decided['decision']}")
    assert told.status_code == 200, told.text
    Explanation.model_validate(told.json())
    assert told.json()["action"] == decided["action"]
    assert told.json()["record"]["contract"] == "Month-to-month"


def test_status_counts(client, leaving: dict) -> None:
    before = client.get(HERE).json()
    Status.model_validate(before)
    decide(client, record={**leaving, "customer": "S1"})
    assert client.get(HERE).json()["decisions"] == before["decisions"] + 1
    assert "retention" in [entry["name"] for entry in client.get("/v1/automations").json()["automations"]]

"""Several labels at once over HTTP: predicted, decided, told in the contract, and heard of."""

from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator

from mainspring import Workspace

HERE = "/v1/automations/topics"
SAID = {"billing": "I was charged twice", "delivery": "the parcel never came", "refund": "please refund me"}


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory, begun) -> Iterator:
    folder = tmp_path_factory.mktemp("topics")
    pairs = [(a, b) for a in SAID for b in SAID] * 8
    rows = [f"{n},{SAID[a]} and {SAID[b]} {n},{'|'.join({a, b})}" for n, (a, b) in enumerate(pairs)]
    (folder / "t.csv").write_text(
        "\n".join(["id,text,topics", *rows, "h,hello there,", "i,good day,"]), encoding="utf-8"
    )
    path = folder / "topics.yaml"
    learn = "learn: {target: topics, question: labels, candidates: [tfidf_linear], limits: {time: 30s}}"
    rule = "decide: {rules: [{if: \"'refund' in prediction\", then: pay}]}\nact: {pay: {table: pays}}"
    path.write_text(f"name: topics\nsource: {{table: t.csv, key: id}}\n{learn}\n{rule}\n", encoding="utf-8")
    with Workspace(folder / "ws") as space:
        space.run(path)
        with begun(space, space.keys.new("tests", ["admin"])["key"]) as client:
            yield client


def test_labels_are_predicted_with_their_probabilities(topics) -> None:
    record = {"text": "the parcel never came and please refund me"}
    answer = topics.post(f"{HERE}/predictions", json={"record": record}).json()
    assert answer["prediction"] == ["delivery", "refund"]
    assert answer["probability_refund"] > 0.5 > answer["probability_billing"]
    none = topics.post(f"{HERE}/predictions", json={"record": {"text": ""}})
    assert none.status_code == 200
    assert isinstance(none.json()["prediction"], list)


def test_a_decision_keeps_its_contract(topics) -> None:
    contract = topics.get(f"{HERE}/schema").json()
    decided = topics.post(f"{HERE}/decisions", json={"record": {"text": "please refund me"}}).json()
    assert (decided["action"], decided["prediction"]) == ("pay", ["refund"])
    fits = Draft202012Validator(contract["decision"])
    assert not list(fits.iter_errors(decided))
    assert list(fits.iter_errors({**decided, "prediction": ["refnud"]}))


def test_outcomes_are_lists_of_labels(topics) -> None:
    ids = [
        topics.post(f"{HERE}/decisions", json={"record": {"text": text}}).json()["decision"] for text in SAID.values()
    ]
    good = [{"decision": ids[0], "outcome": ["billing", "refund"]}, {"decision": ids[1], "outcome": "billing|delivery"}]
    heard = topics.post(f"{HERE}/feedback", json={"records": good})
    assert heard.status_code == 200, heard.text
    assert heard.json()["accepted"] == 2
    wrong = topics.post(f"{HERE}/feedback", json={"records": [{"decision": ids[2], "outcome": ["refnud"]}]})
    assert wrong.status_code == 422
    assert "the classes are billing, delivery, refund" in wrong.text


@pytest.mark.parametrize(
    ("text", "status"), [("x" * 200_000, 422), (["a"], 422), ({"a": 1}, 422), (12, 200), (None, 200)]
)
def test_bad_texts_are_refused_or_answered(topics, text: object, status: int) -> None:
    answer = topics.post(f"{HERE}/predictions", json={"record": {"text": text}})
    assert answer.status_code == status, answer.text

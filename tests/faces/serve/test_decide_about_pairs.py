"""Two texts that are read together, asked about over HTTP of a real gateway and on the command line."""

import csv
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow
NAMES = ("parcel", "refund", "login", "invoice", "price", "包裹", "退款", "登录", "发票", "价格")
OPENINGS = ("please help me with the {}", "a question about the {}", "{}?", "想问一下{}的事", "关于{}")
HERE = "/v1/automations/same_question"
SAME = {"id": "N1", "question": "退款?", "before": "想问一下退款的事"}
OTHER = {"id": "N2", "question": "price?", "before": "关于发票"}
DECLARATION = """
name: same_question
source: {table: questions.csv, key: id}
learn: {target: same, pair: [question, before], limits: {time: 30s}, candidates: [tfidf_linear], split: {folds: 3}}
decide: {rules: [{if: "prediction == 'yes'", then: merge, because: it was asked before}]}
act: {merge: {table: merged}}
"""


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, dice = tmp_path_factory.mktemp("pairs"), random.Random(3)
    with (folder / "questions.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", "question", "before", "same"])
        for number in range(400):
            subject, other = dice.sample(NAMES, 2)
            same = number % 2 == 0
            one, two = (dice.choice(OPENINGS).format(name) for name in (subject, subject if same else other))
            out.writerow([f"Q{number}", one, two, "yes" if same else "no"])
    (folder / "same.yaml").write_text(DECLARATION, encoding="utf-8")
    with Workspace(folder / "space") as workspace:
        workspace.run(folder / "same.yaml")
    return folder / "space"


@pytest.fixture(scope="module")
def gateway(space: Path, serving: Callable[[Path], list[str]]) -> Iterator[httpx.Client]:
    with Workspace(space) as workspace:
        key = workspace.keys.new("tests", ["operator"])["key"]
    with subprocess.Popen(serving(space), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
            yield client
        process.terminate()


def test_both_texts_are_read_together(gateway: httpx.Client) -> None:
    answers = gateway.post(f"{HERE}/decisions", json={"records": [SAME, OTHER]}).json()["decisions"]
    assert [answer["action"] for answer in answers] == ["merge", "none"]
    alone = gateway.post(f"{HERE}/predictions", json={"record": SAME}).json()
    assert alone["prediction"] == "yes"
    assert alone["probability_yes"] == answers[0]["probability_yes"]


def test_which_text_is_which_stays_told(gateway: httpx.Client) -> None:
    explained = gateway.post(f"{HERE}/decisions", json={"record": {**SAME, "id": "N3"}}).json()
    told = gateway.get(f"{HERE}/decisions/{explained['decision']}")
    assert {name: told.json()["record"][name] for name in ("question", "before")} == {
        name: SAME[name] for name in ("question", "before")
    }


@pytest.mark.parametrize("lacking", [{"question": None}, {"before": None}, {"before": ""}])
def test_one_that_is_missing_is_answered_as_missing(gateway: httpx.Client, lacking: dict) -> None:
    told = gateway.post(f"{HERE}/decisions", json={"record": {**SAME, "id": str(lacking), **lacking}})
    assert told.status_code == 200
    assert told.json()["action"] == "none"  # half a pair is no pair that is the same
    [name] = lacking
    if lacking[name] is None:
        left_out = {field: value for field, value in SAME.items() if field != name}
        same = gateway.post(f"{HERE}/predictions", json={"record": left_out}).json()
        assert same["probability_yes"] == told.json()["probability_yes"]


@pytest.mark.parametrize("wrong", [["退款"], {"text": "退款"}, [["退款"]]])
def test_what_is_no_text_is_refused_by_its_field(gateway: httpx.Client, wrong: object) -> None:
    for field in ("question", "before"):
        refused = gateway.post(f"{HERE}/decisions", json={"record": {**SAME, field: wrong}})
        assert refused.status_code == 422
        assert [error["field"] for error in refused.json()["errors"]] == [field]
    answer = gateway.post(f"{HERE}/decisions", json={"records": [SAME, {**SAME, "before": wrong}, OTHER]}).json()
    assert (answer["answered"], answer["refused"]) == (2, 1)
    assert "problem" in answer["decisions"][1]


@pytest.mark.parametrize("odd", [42, 4.5, True, "\x00", "😀" * 1_000, "x" * 200_000])
def test_what_can_be_read_as_text_is(gateway: httpx.Client, odd: object) -> None:
    told = gateway.post(f"{HERE}/predictions", json={"record": {**SAME, "before": odd}})
    assert told.status_code in (200, 422)
    assert told.status_code == 200 or told.json()["errors"][0]["field"] == "before"


def test_the_contract_names_both(gateway: httpx.Client) -> None:
    record = gateway.get(f"{HERE}/schema").json()["record"]
    assert {"question", "before"} <= set(record["properties"])
    example = record["examples"][0]
    assert gateway.post(f"{HERE}/decisions", json={"record": example}).status_code == 200


def command(space: Path, *given: str) -> subprocess.CompletedProcess[str]:
    told = [sys.executable, "-m", "mainspring", *given, "-w", str(space), "--json"]
    return subprocess.run(told, capture_output=True, text=True, timeout=120, check=False)


def test_on_the_command_line(space: Path, tmp_path: Path) -> None:
    rows = tmp_path / "asked.jsonl"
    lacking = {"id": "N8", "question": "退款?"}
    rows.write_text("".join(json.dumps(row) + "\n" for row in (SAME, OTHER, lacking)), encoding="utf-8")
    predicted = command(space, "predict", "same_question", str(rows))
    assert predicted.returncode == 0, predicted.stderr
    assert [row["prediction"] for row in json.loads(predicted.stdout)] == ["yes", "no", "no"]
    decided = command(space, "decide", "same_question", str(rows))
    assert decided.returncode == 0, decided.stderr
    assert [row["action"] for row in json.loads(decided.stdout)] == ["merge", "none", "none"]


def test_an_object_in_a_file_is_columns_of_its_own_and_no_text(space: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.jsonl"
    odd.write_text(json.dumps({**SAME, "id": "N9", "before": {"text": "退款"}}) + "\n", encoding="utf-8")
    told = command(space, "decide", "same_question", str(odd))
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)[0]["action"] == "none"  # half a pair

"""``mainspring topics``."""

import json
import uuid
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.backends.bus.letters import dead_letter
from mainspring.backends.opening import Settings, open_backends

ROWS = '{"customer": "C1", "price": 1}\n{"customer": "C2", "price": 2}\n'


@pytest.fixture
def topic() -> str:
    return f"orders.{uuid.uuid4().hex[:8]}"


def told(result) -> dict:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_publish_list_and_show(ask, topic: str, tmp_path: Path) -> None:
    assert told(ask("publish", topic, "-", "--subject", "customer", "--json", stdin=ROWS))["published"] == 2
    (listed,) = [row for row in json.loads(ask("topics", "--json").stdout) if row["topic"] == topic]
    assert listed == {"topic": topic, "events": 2, "groups": 0, "lag": None, "dead": 0}
    shown = told(ask("topics", "show", topic, "--json"))
    assert [(one["subject"], one["data"]["price"]) for one in shown["newest"]] == [("C1", 1), ("C2", 2)]
    (tmp_path / "more.csv").write_text("customer,price\nC3,3\n", encoding="utf-8")
    told(ask("publish", topic, str(tmp_path / "more.csv"), "--json"))
    assert "C3" in ask("topics", "show", topic).stdout


def test_publishing_the_same_file_again_adds_nothing(ask, topic: str) -> None:
    for _ in range(2):
        ask("publish", topic, "-", stdin=ROWS + ROWS)
    assert told(ask("topics", "show", topic, "--json"))["events"] == 4


def test_a_group_goes_back(ask, topic: str, workspace: Workspace, place: Path) -> None:
    ask("publish", topic, "-", stdin=ROWS)
    with open_backends(Settings.read(place)) as backends:
        member = backends.buses.own.subscribe(topic, "retention")
        member.acknowledge(member.fetch(10, 5))
    assert told(ask("topics", "show", topic, "--json"))["groups"] == {"retention": 0}
    assert told(ask("topics", "replay", topic, "--group", "retention", "--from", "1", "--json"))["lag"] == 1
    assert (
        told(ask("topics", "replay", topic, "--group", "retention", "--from", "2026-01-01T00:00", "--json"))["lag"] == 2
    )
    assert told(ask("topics", "replay", topic, "--group", "retention", "--from", "new", "--json"))["lag"] == 0


def test_dead_letters_tell_why_and_go_again(ask, topic: str, place: Path) -> None:
    ask("publish", topic, "-", stdin=ROWS)
    with open_backends(Settings.read(place)) as backends:
        bus = backends.buses.own
        messages = bus.read(topic, "first", 10)
        for _ in range(2):
            bus.publish(
                f"{topic}.dead", [dead_letter(message, "retention", "price must be more") for message in messages]
            )
    assert told(ask("topics", "show", topic, "--json"))["dead"] == {"price must be more": 2}
    assert told(ask("topics", "retry", topic, "--json")) == {"topic": topic, "published": 2, "lost": 0}
    assert [one["data"]["price"] for one in told(ask("topics", "show", topic, "--json"))["newest"]] == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["show", "nothing.there"], "nothing.there"), (["show"], "TOPIC"), (["replay"], "TOPIC"),
        (["retry"], "TOPIC"), (["replay", "x", "--group", "y", "--from", "someday"], "place"),
        (["replay", "x"], "--group"), (["retry", "nothing.there"], "nothing.there"), (["fly"], "fly"),
    ],
)  # fmt: skip
def test_mistakes_are_told(ask, arguments: list[str], word: str) -> None:
    result = ask("topics", *arguments, stdin="{}\n")
    assert result.exit_code != 0
    assert word in result.output + str(result.exception)


def test_a_topic_that_cannot_be_called_so(ask) -> None:
    result = ask("publish", "a b", "-", stdin="{}\n")
    assert result.exit_code != 0
    assert "letters" in result.output + str(result.exception)


def test_an_event_of_python(workspace: Workspace, topic: str) -> None:
    workspace.topics.publish(topic, [{"price": 3}], source="shop", key="k")
    shown = workspace.topics.show(topic)["newest"][0]
    assert shown["id"] == "k/1"

"""Who feeds whom is drawn, and circles that would never end are refused."""

from pathlib import Path

import pytest

from mainspring import Automation, Workspace
from mainspring.errors import SpecError
from mainspring.run.triggers.feeds import feeds


def ruled(name: str, source: dict, act: dict | None = None, **more: object) -> Automation:
    decide = {"rules": [{"if": "x > 1", "then": "tell" if act else "skip"}]}
    return Automation.model_validate({"name": name, "source": source, "decide": decide, "act": act or {}, **more})


SENTIMENT = ruled("sentiment", {"table": "https://user:secret@news.example/feed.json?token=s3cret"})
COUNTS = ruled("counts", {"table": "topic:sentiment.decisions"}, {"tell": {"topic": "surges"}})
SURGE = ruled("surge", {"table": "topic:surges"}, {"tell": {"webhook": "https://crm.example/hook?key=s3cret"}})
REPORT = ruled(
    "report", {"sql": 'select * from surge.decisions join "counts".raw using (id)'}, {"tell": {"table": "report.told"}}
)


def test_topics_tables_and_webhooks_are_drawn() -> None:
    found = feeds([SENTIMENT, COUNTS, SURGE, REPORT])
    told = {(edge.source, edge.how, edge.target) for edge in found.edges}
    assert told == {
        ("source:https://news.example/feed.json", "learns", "automation:sentiment"),
        ("automation:sentiment", "publishes", "topic:sentiment.decisions"),
        ("topic:sentiment.decisions", "decides", "automation:counts"),
        ("automation:counts", "acts", "topic:surges"),
        ("topic:surges", "decides", "automation:surge"),
        ("automation:surge", "acts", "webhook:https://crm.example/hook"),
        ("automation:surge", "adds", "table:surge.decisions"),
        ("automation:counts", "adds", "table:counts.raw"),
        ("table:surge.decisions", "learns", "automation:report"),
        ("table:counts.raw", "learns", "automation:report"),
        ("automation:report", "acts", "table:report.told"),
    }
    assert found.runaway == ()
    drawn = found.to_mermaid()
    assert drawn.startswith("flowchart LR\n")
    assert "secret" not in drawn + str(found.to_dict())
    assert "s3cret" not in drawn + str(found.to_dict())


def test_a_webhook_to_the_gateway_s_own_topics_is_a_topic() -> None:
    one = ruled("one", {"table": "topic:a"}, {"tell": {"webhook": "http://127.0.0.1:8080/v1/topics/b"}})
    other = ruled("other", {"table": "topic:b"}, {"tell": {"topic": "a"}})
    found = feeds([one, other])
    assert {frozenset(circle) for circle in found.runaway} == {frozenset({"one", "other"})}
    assert "stroke:#c00" in found.to_mermaid()


def test_a_circle_through_a_table_does_not_run_away() -> None:
    one = ruled("one", {"table": "lake:other.decisions"})
    other = ruled("other", {"table": "lake:one.decisions"})
    assert feeds([one, other]).runaway == ()


def test_what_wakes_a_learning_is_drawn_and_runs_not_away() -> None:
    one = Automation.model_validate({
        "name": "one", "source": {"table": "x.csv"}, "learn": {"target": "y"},
        "watch": {"retrain": {"when": "event('one.decisions')"}},
    })  # fmt: skip
    found = feeds([one])
    assert ("topic:one.decisions", "wakes") in {(edge.source, edge.how) for edge in found.edges}
    assert found.runaway == ()


@pytest.mark.parametrize("address", ["nats://user:secret@host:4222/orders", "kafka://broker:9092/orders?sasl=secret"])
def test_topics_elsewhere_are_others_and_tell_no_secret(address: str) -> None:
    found = feeds([ruled("one", {"table": address}, {"tell": {"topic": "orders"}})])
    assert found.runaway == ()
    assert "secret" not in str(found.to_dict())


def test_a_run_that_would_close_a_circle_is_refused(tmp_path: Path) -> None:
    with Workspace(tmp_path / "space") as space:
        space.topics.publish("b", [{"x": 2}])
        space.run(ruled("one", {"table": "topic:b"}, {"tell": {"topic": "a"}}))
        space.topics.publish("a", [{"x": 2}])
        with pytest.raises(SpecError, match="without end") as caught:
            space.run(ruled("other", {"table": "topic:a"}, {"tell": {"topic": "b"}}))
        assert "mainspring graph" in caught.value.remedy
        with pytest.raises(SpecError, match="without end"):
            space.run(ruled("alone", {"table": "topic:alone.decisions"}))
        assert [node.name for node in space.loop.graph().nodes if node.kind == "automation"] == ["one"]

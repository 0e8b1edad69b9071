"""What comes of a decision belongs to the trace of whoever asked: its action, each try of it, and what is decided on events."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from mainspring import Automation, Workspace

DECIDE = "POST /v1/automations/{name}/decisions"
PATIENCE = 60.0


def new_trace() -> tuple[str, str]:
    """A trace's id, and a place in it."""
    trace = uuid.uuid4().hex
    return trace, f"00-{trace}-{uuid.uuid4().hex[:16]}-01"


class Phone:
    """Receives what is to be done, and refuses what is said to be busy the first time."""

    def __init__(self) -> None:
        self.came: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.url = ""

    def told(self, headers: Message, body: bytes) -> int:
        event = json.loads(body)
        known = any(other["id"] == event["id"] for _, other in self.came)
        self.came.append(({name.lower(): value for name, value in headers.items()}, event))
        return 503 if (event["subject"] or "").startswith("busy") and not known else 200

    def called(self, subject: str, times: int = 1) -> list[tuple[dict[str, str], dict[str, Any]]]:
        until = time.monotonic() + PATIENCE
        while len(found := [one for one in self.came if one[1]["subject"] == subject]) < times:
            assert time.monotonic() < until, f"{subject} was called {len(found)} times"
            time.sleep(0.02)
        return found


@pytest.fixture(scope="module")
def phone(receiving: Any) -> Iterator[Phone]:
    made = Phone()
    with receiving(made.told) as made.url:
        yield made


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory, phone: Phone) -> Path:
    folder = tmp_path_factory.mktemp("traced")
    (folder / "people.csv").write_text("id,age\n1,20\n2,70\n", encoding="utf-8")
    table, decide = str(folder / "people.csv"), {"rules": [{"if": "age > 60", "then": "call", "because": "older"}]}
    with Workspace(folder / "space") as opened:
        for name, events in (("shop", None), ("counter", "topic:visits"), ("desk", "topic:mail")):
            source = {"table": table, "key": "id"} | ({"events": events} if events else {})
            act = {"call": {"webhook": phone.url, "retry": 5}}
            declared = {"name": name, "source": source, "decide": decide, "act": act}
            opened.run(Automation.model_validate(declared))
    return folder / "space"


def spans_about(collector: Any, facts: Callable[[Any], dict[str, Any]], decision: str) -> list[Any]:
    return [span for span in collector.of("deliver") if facts(span)["mainspring.decision"] == decision]


def test_each_try_of_an_action_belongs_to_the_request(serve, collector, facts, phone: Phone) -> None:
    trace, place = new_trace()
    served = serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    answer = served.decide({"record": {"id": "busy 1", "age": 70}}, traceparent=place).json()
    calls = phone.called("busy 1", times=2)
    served.said()
    [request] = collector.of(DECIDE)
    tries = spans_about(collector, facts, answer["decision"])
    assert [(facts(span)["mainspring.outcome"], facts(span)["mainspring.attempt"]) for span in tries] == [
        ("postponed", 1), ("delivered", 2),
    ]  # fmt: skip
    assert facts(tries[0])["mainspring.error"] == "ActUnreachable"
    assert [span.status.code for span in tries] == [2, 0]  # an error, and none
    for span, (headers, event) in zip(tries, calls, strict=True):
        assert (span.trace_id.hex(), span.parent_span_id) == (trace, request.span_id)
        # Whoever receives it goes on from the try, by the header or by the event.
        assert headers["traceparent"] == event["traceparent"] == f"00-{trace}-{span.span_id.hex()}-01"
    assert "busy 1" not in str(collector.spans)


@pytest.mark.parametrize("durable", [True, False])
def test_those_decided_together_keep_their_own_traces(serve, collector, facts, phone: Phone, durable: bool) -> None:
    served = serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    asked = {f"{durable} {n}": new_trace() for n in range(40)}

    def ask(name: str) -> tuple[str, str]:
        # One in four says nothing of an age that a rule could read, and is refused.
        age: Any = 70 if int(name.rsplit(" ", 1)[1]) % 4 else "old"
        body = {"record": {"id": name, "age": age}, "durable": durable, "reasons": False}
        answer = served.decide(body, traceparent=asked[name][1])
        return name, answer.json().get("decision", "")

    with ThreadPoolExecutor(20) as askers:
        answers = dict(askers.map(ask, asked))
    decided = {name: decision for name, decision in answers.items() if decision}
    assert len(decided) == 30
    for name in decided:
        phone.called(name)
    served.said()
    for name, decision in decided.items():
        [span] = spans_about(collector, facts, decision)
        assert span.trace_id.hex() == asked[name][0]


def test_who_brings_no_trace_has_one_all_the_same(serve, collector, facts, phone: Phone) -> None:
    served = serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    answer = served.decide({"record": {"id": "rootless", "age": 70}}).json()
    phone.called("rootless")
    served.said()
    [request] = collector.of(DECIDE)
    [span] = spans_about(collector, facts, answer["decision"])
    assert (span.trace_id, span.parent_span_id) == (request.trace_id, request.span_id)


def test_nobody_is_told_of_a_trace_where_none_is_kept(serve, phone: Phone) -> None:
    served = serve()
    served.decide({"record": {"id": "quiet", "age": 70}}, traceparent=new_trace()[1])
    [(headers, event)] = phone.called("quiet")
    assert "traceparent" not in headers
    assert "traceparent" not in event
    served.said()


def cloud_event(id: str, **more: str) -> dict[str, Any]:
    about = {"specversion": "1.0", "id": id, "source": "/till", "type": "visit", "subject": id}
    return about | {"data": {"id": id, "age": 70}} | more


def test_events_go_on_with_their_traces(serve, collector, facts, phone: Phone, space: Path) -> None:
    trace, place = new_trace()
    served = serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    with Workspace(space) as workspace:
        events = [cloud_event("v1", traceparent=place), cloud_event("v2"), cloud_event("v3", traceparent="geheim-999")]
        workspace.topics.publish("visits", events)
    calls = {subject: phone.called(subject)[0] for subject in ("v1", "v2", "v3")}
    served.said()
    [batch] = collector.of("decide on events")
    assert facts(batch)["mainspring.automation"] == "counter"
    assert facts(batch)["messaging.destination.name"] == "visits"
    assert (facts(batch)["mainspring.events"], facts(batch)["mainspring.decided"]) == (3, 3)
    assert [link.trace_id.hex() for link in batch.links] == [trace]
    beneath = [span.name for span in collector.spans if span.parent_span_id == batch.span_id]
    assert sorted(beneath) == ["decide", "deliver", "deliver", "journal"]
    [own] = [span for span in collector.of("deliver") if span.trace_id.hex() == trace]
    assert own.parent_span_id.hex() == place.split("-")[2]
    assert calls["v1"][0]["traceparent"].split("-")[1] == trace
    assert calls["v2"][0]["traceparent"].split("-")[1] == batch.trace_id.hex()
    assert "geheim" not in str(collector.spans) + str(calls)


def test_a_stream_of_its_own_process_tells_too(collector, facts, space: Path, phone: Phone) -> None:
    with Workspace(space) as workspace:
        workspace.topics.publish("mail", [cloud_event("m1"), cloud_event("m2")])
    command = [sys.executable, "-m", "mainspring", "stream", "desk", "--drain", "--json", "-w", str(space)]
    environment = os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=PATIENCE)
    assert json.loads(ran.stdout)["decided"] == 2
    [batch] = collector.of("decide on events")
    assert facts(batch)["mainspring.automation"] == "desk"


def test_what_the_sampler_leaves_out_is_not_sent(serve, collector, phone: Phone) -> None:
    served = serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_TRACES_SAMPLER="always_off")
    served.decide({"record": {"id": "left out", "age": 70}})
    phone.called("left out")
    served.said()
    assert collector.spans == []

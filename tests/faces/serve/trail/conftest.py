"""A workspace that decides by rules alone, its gateway in a process of its own, and a real receiver of OTLP."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mainspring import Automation, Workspace


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logged")
    (folder / "people.csv").write_text("id,age\n1,20\n2,70\n", encoding="utf-8")
    with Workspace(folder / "space") as opened:
        opened.run(
            Automation.model_validate(
                {
                    "name": "shop",
                    "source": {"table": str(folder / "people.csv"), "key": "id"},
                    "decide": {"rules": [{"if": "age > 60", "then": "call", "because": "older"}]},
                    "act": {"call": {"file": str(folder / "calls.jsonl")}},
                }
            )
        )
    return folder / "space"


@dataclass
class Served:
    """A gateway in a process of its own; what it says is known once it has been stopped."""

    process: subprocess.Popen
    url: str
    key: str

    def decide(self, body: object, **headers: str) -> httpx.Response:
        shown = {"authorization": f"Bearer {self.key}", "content-type": "application/json"} | headers
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.post(f"{self.url}/v1/automations/shop/decisions", content=raw, headers=shown, timeout=30)

    def said(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return errors

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.said().splitlines()]


@pytest.fixture
def serve(space: Path, serving) -> Iterator:
    begun: list[subprocess.Popen] = []
    with Workspace(space) as workspace:
        key = workspace.keys.new("tests", ["admin"])["key"]

    def start(*options: str, **environment: str) -> Served:
        command = [*serving(space), "--no-learning", *options]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment
        )
        begun.append(process)
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        return Served(process, json.loads(line)["url"], key)

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.communicate()


class Collector:
    def __init__(self) -> None:
        self.spans: list = []
        self.services: set[str] = set()
        self.url = ""

    def told(self, _: Message, body: bytes) -> int:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.services |= {a.value.string_value for a in resource.resource.attributes if a.key == "service.name"}
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]
        return 200

    def of(self, name: str) -> list:
        return [span for span in self.spans if span.name == name]


@pytest.fixture
def collector(receiving) -> Iterator[Collector]:
    made = Collector()
    with receiving(made.told) as made.url:
        yield made


@pytest.fixture(name="facts")
def facts_of() -> Callable[[Any], dict[str, Any]]:
    """The attributes of a span."""
    return lambda span: {a.key: a.value.string_value or a.value.int_value for a in span.attributes}

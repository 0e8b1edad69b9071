"""A workspace that decides by rules alone, and its gateway in a process of its own."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

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

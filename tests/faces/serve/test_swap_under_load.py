"""Versions change under a real gateway that is kept busy, and no request is dropped, refused or decided twice."""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mainspring import Workspace

from .test_serve_for_real import start, stop

pytestmark = pytest.mark.slow
ASKERS, SWAPS = 6, 8


@pytest.fixture
def two(place: Path, copied, declaration: Path, tmp_path: Path) -> Path:
    """A workspace with two versions."""
    space = copied(place, tmp_path / "space")
    with Workspace(space) as workspace:
        workspace.run(declaration, fresh=True)
    return space


@pytest.fixture
def gateway(two: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    server, url = start(two)
    yield server, url
    if server.poll() is None:
        server.kill()
        server.communicate()


class Asker(threading.Thread):
    def __init__(self, url: str, number: int, leaving: dict, shown: dict[str, str]) -> None:
        super().__init__()
        self.url, self.number, self.leaving, self.shown = url, number, leaving, shown
        self.enough = threading.Event()
        self.answers: list[tuple[int, dict]] = []

    def run(self) -> None:
        with httpx.Client(base_url=self.url, headers=self.shown, timeout=30) as client:
            while not self.enough.is_set():
                record = {**self.leaving, "customer": f"{self.number}-{len(self.answers)}"}
                answer = client.post("/v1/automations/retention/decisions", json={"record": record, "reasons": False})
                self.answers.append((answer.status_code, answer.json()))


def test_versions_are_swapped_without_a_dropped_request(two: Path, gateway, leaving: dict) -> None:
    server, url = gateway
    with Workspace(two) as workspace:
        shown = {"Authorization": f"Bearer {workspace.keys.new('askers', ['operator:retention'])['key']}"}
    askers = [Asker(url, number, leaving, shown) for number in range(ASKERS)]
    for asker in askers:
        asker.start()
    with Workspace(two) as workspace:
        for turn in range(SWAPS):
            version = 1 + turn % 2
            if turn % 4 == 3:
                workspace.models.challenge("retention", version, {"mode": "canary", "share": "30%"})
            workspace.models.promote("retention", version)
            threading.Event().wait(1.2)
    for asker in askers:
        asker.enough.set()
    for asker in askers:
        asker.join(40)
    answers = [answer for asker in askers for answer in asker.answers]
    assert {status for status, _ in answers} == {200}, [told for status, told in answers if status != 200][:3]
    assert {told["model_version"] for _, told in answers} == {1, 2}
    assert len({told["decision"] for _, told in answers}) == len(answers)
    code, errors = stop(server)
    assert (code, errors) == (0, "")
    with Workspace(two) as workspace:
        kept = {told["decision"]: told for _, told in answers}
        some = list(kept)[:: max(1, len(kept) // 50)]
        for id in some:
            explained = workspace.explain("retention", id)
            assert explained["model_version"] == kept[id]["model_version"]
            assert json.dumps(explained["action"]) == json.dumps(kept[id]["action"])
            assert workspace.replay(id)["same"]

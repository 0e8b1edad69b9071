"""Gateways in processes of their own, on a workspace whose actions nobody else delivers."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mainspring import Workspace

PATIENCE = 60.0


@pytest.fixture(scope="module")
def space(place: Path, copied, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy without the actions that wait in the original: whoever receives them would get them twice."""
    space = copied(place, tmp_path_factory.mktemp("many") / "space")
    with Workspace(space) as workspace, workspace._backends.database.writing() as connection:
        connection.exec_driver_sql("delete from outbox")
    return space


@pytest.fixture(scope="module")
def shown(space: Path) -> dict[str, str]:
    with Workspace(space) as workspace:
        return {"Authorization": f"Bearer {workspace.keys.new('tests', ['admin'])['key']}"}


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., tuple[subprocess.Popen, str]]]:
    """Begins a gateway, on any port where none is told, and returns it with its URL. Those that a failed test left are killed."""
    begun: list[subprocess.Popen] = []

    def begin(space: Path, *options: str, port: int = 0, code: str = "") -> tuple[subprocess.Popen, str]:
        program = ["-c", code] if code else ["-m", "mainspring"]
        command = [sys.executable, *program, "serve", "--json", "--port", str(port), "-w", str(space), *options]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        begun.append(server)
        line = server.stdout.readline()
        assert line, server.communicate()[1]
        return server, json.loads(line)["url"]

    yield begin
    for server in begun:
        with server:  # closes what it was heard by
            server.kill()


@pytest.fixture(scope="session")
def stop() -> Callable[[subprocess.Popen], tuple[int, str]]:
    """Tells a gateway to stop; how it ended, and what it had said by then."""

    def end(server: subprocess.Popen) -> tuple[int, str]:
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=PATIENCE)
        return server.returncode, errors

    return end


@pytest.fixture(scope="session")
def begun_by() -> Callable[[int], dict[str, int]]:
    """The workers of a gateway by what they are called, a number or ``pages``; what else Python begins beside them is none."""

    def workers(pid: int) -> dict[str, int]:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        told = {int(child): _environment(child).get(b"MAINSPRING_WORKER", b"").decode() for child in children}
        return {name: child for child, name in told.items() if name}

    return workers


def _environment(pid: str) -> dict[bytes, bytes]:
    try:
        lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # it has just ended
        return {}
    return {name: value for name, _, value in (line.partition(b"=") for line in lines)}

"""Runs: learning runs begun in the browser, each in a process of its own, so that deciding does not wait for learning."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHILD = "mainspring.faces.portal.running.child"
PATIENCE = 10.0


@dataclass(slots=True)
class Step:
    name: str
    about: str
    began: float
    seconds: float | None = None
    facts: str = ""


@dataclass(slots=True)
class Running:
    """A run as it was last told of. ``result`` and ``error`` are there once it has ended."""

    name: str
    process: subprocess.Popen[str]
    steps: list[Step] = field(default_factory=list[Step])
    text: str = ""
    share: float = 0.0
    standings: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    cancelled: bool = False

    @property
    def ended(self) -> bool:
        return self.result is not None or self.error is not None

    def hear(self, told: Mapping[str, Any]) -> None:
        """Take one line of the process."""
        if "step" in told:
            self.steps.append(Step(told["step"], told["about"], time.monotonic()))
            self.text, self.share = "", 0.0
        elif "share" in told:
            self.text, self.share = told["text"], min(1.0, max(0.0, float(told["share"])))
        elif "standings" in told:
            self.standings = told["standings"]
        elif "done" in told and self.steps:
            self.steps[-1].seconds = time.monotonic() - self.steps[-1].began
            self.steps[-1].facts = told["facts"]
        elif "result" in told:
            self.result = told["result"]
        elif "error" in told:
            self.error = dict(told)


class RunningRuns:
    """One run an automation at a time. Thread-safe."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._runs: dict[str, Running] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, file: Path, folder: Path | None = None) -> Running:
        """Begin a run, or answer the one that is under way. The declaration's files are named from ``folder``."""
        with self._lock:
            known = self._runs.get(name)
            if known is not None and not known.ended:
                return known
            command = [sys.executable, "-m", CHILD, str(self._place), str(file.absolute())]
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder or self._place
            )
            run = self._runs[name] = Running(name, process)
        threading.Thread(target=_listen, args=(run,), name=f"mainspring-run-{name}", daemon=True).start()
        return run

    def get(self, name: str) -> Running | None:
        return self._runs.get(name)

    def cancel(self, name: str) -> None:
        """End the process; what its steps left stays, and the same declaration goes on from there."""
        run = self._runs.get(name)
        if run is not None and not run.ended:
            run.cancelled = True
            run.process.terminate()

    def close(self) -> None:
        """End all that are under way and wait for them."""
        for name in list(self._runs):
            self.cancel(name)
        for run in self._runs.values():
            try:
                run.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                run.process.kill()


def _listen(run: Running) -> None:
    assert run.process.stdout is not None  # it was opened with a pipe
    with run.process.stdout as lines:
        for line in lines:
            try:
                run.hear(json.loads(line))
            except ValueError:
                continue  # a library spoke up in between
    run.process.wait()
    if not run.ended:
        run.error = {"error": "stopped" if run.cancelled else "", "code": run.process.returncode}

"""Processes that begin as copies of one that has imported everything: killed for real, and begun in no time, so that many can be."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

ORIGIN = """
import json, os, sys, traceback
import mainspring.run.retrain.order, mainspring.run.train.order
driver = compile(sys.argv[1], "driver", "exec")
for line in sys.stdin:
    arguments, out, err = json.loads(line)
    child = os.fork()
    if child == 0:
        os.setsid()
        for number, path in ((0, os.devnull), (1, out), (2, err)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
        sys.argv, code = ["driver", *arguments], 0
        try:
            exec(driver, {"__name__": "__main__"})
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Copies:
    """Runs the code of ``driver`` with arguments, each time in a process of its own; one at a time."""

    def __init__(self, driver: str, folder: Path) -> None:
        self._folder, self._count, self._driver = folder, 0, driver

    def __enter__(self) -> "Copies":
        command = [sys.executable, "-c", ORIGIN, self._driver]
        self._origin = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._origin.kill()
        self._origin.communicate()

    def run(self, arguments: Sequence[object], killed_after: float = 120.0) -> subprocess.CompletedProcess[str]:
        """What came of it. A process that takes longer is killed."""
        self._count += 1
        told = [self._folder / f"{self._count}.{name}" for name in ("out", "err")]
        line = json.dumps([[str(each) for each in arguments], *map(str, told)])
        assert self._origin.stdin is not None
        self._origin.stdin.write(line + "\n")
        child = int(self._answer(60))
        try:
            code = self._answer(killed_after)
        except TimeoutError:
            os.kill(child, signal.SIGKILL)
            code = self._answer(60)
        out, err = (path.read_text(encoding="utf-8", errors="replace") for path in told)
        return subprocess.CompletedProcess([*arguments], int(code), out, err)

    def _answer(self, seconds: float) -> str:
        assert self._origin.stdout is not None
        readable, _, _ = select.select([self._origin.stdout], [], [], seconds)
        if not readable:
            raise TimeoutError
        line = self._origin.stdout.readline()
        assert line, "the origin ended"
        return line

"""A tiny flow, in this process and in others that are killed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mainspring.backends.flows.flows import Durable, Steps, Task

CHILD = """
import os, signal, sys, time
from pathlib import Path
from mainspring.backends.flows.flows import Flows, Means, Task
from mainspring.backends.store.database import Database
from mainspring.backends.store.json_text import from_text, to_text

url, notes, where = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
database = Database(url)
flows = Flows(Means(url, to_text, from_text, database.alone, "1"))

def body(steps, task):
    def note(name):
        with notes.open("a") as file: file.write(name + "\\n")
        if where == "killed after the work of " + name: os.kill(os.getpid(), signal.SIGKILL)
        if where == "stands in " + name:
            print("here", flush=True)
            while True: time.sleep(0.05); steps.heed()
        return {"name": name, "at": 7}
    return {"all": [steps.step(name, lambda: note(name), lambda done: done["name"])[0] for name in ("one", "two", "three")]}

try:
    print(flows.open().carry_out(Task("r1", "count", "sheep", {"to": 3}), body), flush=True)
except Exception as error:
    print(type(error).__name__, error, flush=True)
flows.close()
"""


def counting(notes: Path) -> Callable[[Steps, Task], dict]:
    """The body of the flow that ``CHILD`` carries out."""

    def body(steps: Steps, task: Task) -> dict:
        def note(name: str) -> dict:
            with notes.open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")
            steps.heed()
            return {"name": name, "at": 7}

        names = ("one", "two", "three")[: task.arguments.get("to", 3)]
        done = [steps.step(name, lambda name=name: note(name), lambda it: it["name"])[0] for name in names]
        return {"all": done}

    return body


class Offered:
    """A repertoire of one kind of flow."""

    def __init__(self, body: Callable[[Steps, Task], dict]) -> None:
        self._body = body

    def begin(self, kind: str, subject: str, arguments: dict, run: str) -> Task:
        return Task(run, kind, subject, arguments)

    def body(self, kind: str) -> Callable[[Steps, Task], dict]:
        return self._body


@contextmanager
def working(durable: Durable, offered: Offered, at_once: int = 1) -> Iterator[None]:
    """While this lasts, a thread works on the queue."""
    stopped = threading.Event()
    thread = threading.Thread(target=durable.work, args=(offered, stopped, at_once))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(60)
        assert not thread.is_alive()

"""Streams: the workers of a workspace, for whoever starts and stops them."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from mainspring.backends.opening import Backends
from mainspring.run.desk import Desk, known_automations
from mainspring.run.stages.traces import Traces
from mainspring.run.stream.arrivals import Arrivals
from mainspring.run.stream.published import publish
from mainspring.run.stream.worker import AT_ONCE, Counts, Worker
from mainspring.steps.source.reader import Surroundings


class Streams:
    def __init__(
        self, backends: Backends, desk: Callable[[str], Desk], decided: set[str], around: Callable[[], Surroundings]
    ) -> None:
        self._backends, self._desk, self._decided, self._around = backends, desk, decided, around
        self._workers: set[Worker] = set()
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """The automations that decide on events."""
        return [name for name in known_automations(self._backends) if self._desk(name).automation.stream is not None]

    def run(
        self,
        name: str,
        *,
        drain: bool = False,
        batch: int = AT_ONCE,
        told: Callable[[dict[str, int]], None] | None = None,
        traces: Traces | None = None,
    ) -> dict[str, int]:
        """Decide on the events of an automation until :meth:`stop`; with ``drain`` only on those that lie there.

        ``told`` hears the counts after each batch of at most ``batch`` events: ``events``, ``decided``, ``repeated``, ``dead``, ``errors``.
        Each batch is a span of ``traces``.

        Raises:
            NotFound: there is no such automation. SpecError: it decides on no events. MainspringError: what trying again cannot mend.
        """
        worker = Worker(name, lambda: self._desk(name), self._backends, at_once=batch, traces=traces)
        self._decided.add(name)

        def tell(counts: Counts) -> None:
            if told is not None:
                told(counts.to_dict())

        with self._lock:
            self._workers.add(worker)
        try:
            with self._arriving(name, drain=drain):
                return worker.run(drain=drain, told=tell).to_dict()
        finally:
            with self._lock:
                self._workers.discard(worker)

    @contextmanager
    def _arriving(self, name: str, *, drain: bool) -> Generator[None]:
        """While this lasts, a source that is to be asked again and again is asked; once, where the worker is to end by itself."""
        automation = self._desk(name).automation
        if automation.source.every is None:
            yield
            return
        arrivals, stopped = Arrivals(automation, self._backends, self._around()), threading.Event()
        if drain:
            arrivals.look()
            yield
            return
        thread = threading.Thread(target=arrivals.go, args=(stopped,), name=f"mainspring-arrivals-{name}")
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def stop(self) -> None:
        """Let every worker of this workspace finish the batch in hand."""
        with self._lock:
            for worker in self._workers:
                worker.stop()

    def publish(self, *, everyone: bool = False) -> int:
        """Publish the decisions that are no events yet, of the automations that decided here or of ``everyone``; how many.

        Raises:
            BusError: the bus does not answer; they stay in the journal.
        """
        names = known_automations(self._backends) if everyone else list(self._decided)
        return sum(publish(self._backends, name) for name in names)

"""Deliver: carry out the actions that are due, again and again until they are taken, or given up."""

import logging
import os
import random
import threading
import time
from collections.abc import Iterable
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from mainspring.automation.act import Act
from mainspring.backends.opening import Backends
from mainspring.backends.store.outbox import Entry, State
from mainspring.errors import MainspringError
from mainspring.event import Event, topic_address
from mainspring.run.stages.traces import Traces, our_facts
from mainspring.steps.act.deliver import deliverer_for
from mainspring.steps.act.deliverer import Deliverer, Means

LOG = logging.getLogger(__name__)
AT_ONCE = 64
THREADS = 8
LOOK = 0.2
"""Seconds after which what has come due is taken, though nothing in hand is done."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 3600.0


class Actions:
    """The outbox, for people and for whoever pumps it."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._deliverers: dict[str, Deliverer] = {}
        self._lock = threading.Lock()

    def list(self, name: str | None = None, state: State | None = None) -> "list[dict[str, Any]]":
        """Newest first; ``state`` is ``waiting``, ``delivering``, ``done`` or ``dead``."""
        return [entry.to_dict() for entry in self._backends.outbox.list(name, state=state)]

    def counts(self, name: str | None = None) -> dict[str, int]:
        return self._backends.outbox.counts(name)

    def retry(self, ids: Iterable[str] | None = None) -> int:
        """Give dead actions (all, or those named) their turn again; how many."""
        return self._backends.outbox.retry(ids)

    def deliver(
        self, wait: float = 0.0, stopped: threading.Event | None = None, traces: Traces | None = None
    ) -> dict[str, int]:
        """Deliver what is due, and for ``wait`` seconds what becomes due: how many were ``delivered``, ``postponed``, ``dead``.

        Once ``stopped`` is set, those in hand are finished and no more are taken. Each try is a span of ``traces``, in the trace of
        whoever asked for the decision.
        """
        until = time.monotonic() + wait
        counts = {"delivered": 0, "postponed": 0, "dead": 0}
        with ThreadPoolExecutor(THREADS, thread_name_prefix="mainspring-deliver") as threads:
            while stopped is None or not stopped.is_set():
                if self._deliver_some(threads, counts, stopped, traces):
                    continue
                due = self._backends.outbox.next_try()
                pause = None if due is None else (due - datetime.now(UTC)).total_seconds()
                if pause is None or time.monotonic() + pause > until:
                    break
                time.sleep(max(0.01, pause))
        return counts

    def _deliver_some(
        self,
        threads: ThreadPoolExecutor,
        counts: dict[str, int],
        stopped: threading.Event | None,
        traces: Traces | None,
    ) -> bool:
        """Deliver until nothing is due, or all that is in hand once ``stopped`` is set; whether there was anything.

        What was taken while the last ones were written down is written down in one transaction; an action that hangs holds up only
        the thread it hangs in.
        """
        hand = set[Future[tuple[str, str]]]()
        any_at_all = False
        try:
            while True:
                entries: list[Entry] = []
                if len(hand) <= AT_ONCE // 2 and not (stopped is not None and stopped.is_set()):
                    entries = self._backends.outbox.take(AT_ONCE - len(hand))
                hand |= {threads.submit(self._deliver_one, entry, traces) for entry in entries}
                any_at_all = any_at_all or bool(entries)
                if not hand:
                    return any_at_all
                finished = futures.wait(hand, LOOK, futures.FIRST_COMPLETED).done
                hand -= finished
                self._settle(finished, counts)
        finally:
            self._settle(futures.wait(hand).done, counts)

    def _settle(self, finished: Iterable[Future[tuple[str, str]]], counts: dict[str, int]) -> None:
        outcomes = [one.result() for one in finished if one.exception() is None]
        self._backends.outbox.done([id for outcome, id in outcomes if outcome == "delivered"])
        for outcome, _ in outcomes:
            counts[outcome] += 1
        for one in finished:
            one.result()  # what no deliverer should raise

    def _deliver_one(self, entry: Entry, traces: Traces | None) -> tuple[str, str]:
        """What came of it, and its id; that it is done is still to be written down."""
        event = entry.action.event
        span = None if traces is None else traces.begin_work("client", event.trace)
        outcome, error = self._try(entry, event if span is None else replace(event, trace=span.place))
        told = _facts(entry, error)
        LOG.info(outcome, extra={"told": told})
        if span is not None:
            span.end("deliver", our_facts(told | {"outcome": outcome}), (), failed=outcome != "delivered")
        return outcome, entry.id

    def _try(self, entry: Entry, event: Event) -> tuple[str, str | None]:
        act = Act.model_validate(entry.action.act)
        try:
            self._deliverer(act).deliver(event, act)
        except MainspringError as error:
            return self._failed(entry, act, error), type(error).__name__
        return "delivered", None

    def _failed(self, entry: Entry, act: Act, error: MainspringError) -> str:
        if not error.retry or entry.attempts > act.retry:
            self._backends.outbox.dead(entry.id, str(error))
            return "dead"
        pause = max(_pause(entry.attempts), getattr(error, "retry_after", None) or 0.0)
        self._backends.outbox.again(entry.id, datetime.now(UTC) + timedelta(seconds=pause), str(error))
        return "postponed"

    def _deliverer(self, act: Act) -> Deliverer:
        where = act.model_dump_json()
        with self._lock:
            if where not in self._deliverers:
                means = Means(
                    os.environ,
                    self._backends.settings.place,
                    self._write,
                    self._publish,
                    self._backends.settings.outgoing,
                )
                self._deliverers[where] = deliverer_for(act, means)
            return self._deliverers[where]

    def _write(self, table: str, rows: pa.Table, id: str) -> None:
        self._backends.lake.write(table, rows, once=(f"action:{id}", 1))

    def _publish(self, address: str, event: Event) -> None:
        to = topic_address(address)
        self._backends.buses.at(to.bus).publish(to.topic, [event])


def _facts(entry: Entry, error: str | None) -> dict[str, Any]:
    return {
        "automation": entry.automation, "decision": entry.id, "action": entry.action.name, "attempt": entry.attempts,
        "error": error,
    }  # fmt: skip


def _pause(attempts: int) -> float:
    """Exponential with full jitter on its upper half, so that many actions do not come back at once."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (attempts - 1))
    return longest * random.uniform(0.5, 1.0)

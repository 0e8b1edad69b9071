"""Worker: micro-batches from the bus → decide → journal and outbox in one transaction → acknowledge → decisions as events.

Effectively once: an event's decision has an id made from the event's own, so an event that comes again, because a process was killed
between deciding and acknowledging, is answered by the decision that stands in the journal already.
"""

import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, NamedTuple

from mainspring.backends.bus.bus import Message, Subscription
from mainspring.backends.bus.encoding import decode
from mainspring.backends.bus.letters import dead_letter, dead_letters_of, first_source
from mainspring.backends.opening import Backends
from mainspring.backends.store.decisions import Recorded
from mainspring.decision import EVENT
from mainspring.errors import BadEvent, MainspringError, NotFound, SpecError, StoreError, Tampered
from mainspring.event import Event, topic_address
from mainspring.run.decide import decide_events
from mainspring.run.desk import Desk
from mainspring.run.stages.stages import heard_by
from mainspring.run.stages.traces import Traces
from mainspring.run.stream.batch import Batch
from mainspring.run.stream.published import catch_up, publish
from mainspring.run.stream.rows import record_of

AT_ONCE = 1_000
WAIT = 0.5
LEASE = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
CAREFUL, HOPELESS = 3, 6
"""From so many attempts on a message is decided alone, and given up: whoever had it before did not live to say so."""
Told = Callable[["Counts"], None]


@dataclass(slots=True)
class Counts:
    """Since the worker began: ``events`` taken, ``decided`` (new decisions), ``repeated`` ones, ``dead`` letters, ``errors`` waited out."""

    events: int = 0
    decided: int = 0
    repeated: int = 0
    dead: int = 0
    errors: int = 0

    def add(self, more: "Counts") -> None:
        for name, count in more.to_dict().items():
            setattr(self, name, getattr(self, name) + count)

    def to_dict(self) -> dict[str, int]:
        return asdict(self)


class Asked(NamedTuple):
    """An event to decide on: its message, the occasion that it is, its record, and the trace that it belongs to."""

    message: Message
    occasion: str
    record: dict[str, Any]
    trace: str | None


class Worker:
    """A member of the group that an automation is.

    ``desk`` gives the present champion's, so that a promotion takes effect between batches. Each batch is a span of ``traces``.
    """

    def __init__(
        self, name: str, desk: Callable[[], Desk], backends: Backends, *, at_once: int = AT_ONCE, traces: Traces | None = None
    ) -> None:  # fmt: skip
        self._name, self._desk, self._backends, self._at_once = name, desk, backends, at_once
        self._traces, self._batch = traces, Batch(None)
        self.counts = Counts()
        self._hand: list[Recorded] = []
        self._stop = threading.Event()
        stream = desk().automation.stream
        if stream is None:
            raise SpecError(
                f"{name!r} decides on no events", where="source",
                remedy="declare source.table or source.events as topic:NAME, or source.every, and run it",
            )  # fmt: skip
        self._address = topic_address(stream)

    def stop(self) -> None:
        """End after the batch in hand."""
        self._stop.set()

    def run(self, *, drain: bool = False, told: Told | None = None) -> Counts:
        """Until :meth:`stop`; with ``drain`` only until nothing is left. What fails and may work later is tried until it does.

        Raises:
            MainspringError: what trying again cannot mend.
        """
        self._desk().warm()
        member = self._patiently(self._subscribe)
        # The collector looks through all that is loaded, 0.1 s long, whenever enough events have come: what is there already is no rubbish.
        gc.freeze()
        try:
            while member is not None and not self._stop.is_set():
                messages = self._patiently(partial(member.fetch, self._at_once, WAIT))
                if messages:
                    self._told_of(partial(self._take, member, messages))
                    self._patiently(partial(publish, self._backends, self._name, self._hand))
                    if told is not None:
                        told(self.counts)
                elif drain and messages is not None:
                    break
        finally:
            gc.unfreeze()
            if member is not None:
                self._leave(member)
        return self.counts

    def _told_of(self, take: Callable[[], None]) -> None:
        self._hand.clear()
        self._batch, before, failed = Batch(self._traces), self.counts.to_dict(), True
        try:
            self._patiently(take)
            failed = False
        finally:
            counts = {name: count - before[name] for name, count in self.counts.to_dict().items()}
            self._batch.end(self._name, self._address.topic, counts, failed=failed)

    def _subscribe(self) -> Subscription:
        bus, topic = self._address.bus, self._address.topic
        catch_up(self._backends, bus, topic)
        member = self._backends.buses.at(bus).subscribe(topic, self._name, lease=LEASE)
        # Once more: what is decided only from now on finds that somebody follows.
        catch_up(self._backends, bus, topic)
        return member

    def _leave(self, member: Subscription) -> None:
        try:
            member.close()
        except MainspringError:
            self.counts.errors += 1  # the bus finds out by itself

    def _patiently(self, work: Callable[[], Any]) -> Any:
        """What the work gives, once it does; None when stopped before."""
        pause = FIRST_PAUSE
        while True:
            try:
                return work()
            except MainspringError as error:
                if not _passes(error):
                    raise
                self.counts.errors += 1
                if self._stop.wait(pause):
                    return None
                pause = min(pause * 2, LONGEST_PAUSE)

    def _take(self, member: Subscription, messages: Sequence[Message]) -> None:
        """Decide and acknowledge. Doing it again, after an error, repeats nothing."""
        counts = Counts(events=len(messages))
        for part in _parts(messages):
            letters: list[Event] = []
            self._decide(part, letters, counts)
            if letters:
                self._backends.buses.at(self._address.bus).publish(dead_letters_of(self._address.topic), letters)
            member.acknowledge(part)
            counts.dead += len(letters)
        self.counts.add(counts)

    def _decide(self, messages: Sequence[Message], letters: list[Event], counts: Counts) -> None:
        asked: list[Asked] = []
        desk = self._desk()
        for message in messages:
            try:
                if message.attempt >= HOPELESS:
                    raise BadEvent(f"it was begun {message.attempt - 1} times and never finished")
                event = decode(message)
            except BadEvent as error:
                letters.append(dead_letter(message, self._name, error.what))
                continue
            occasion = f"{EVENT}{first_source(event)}#{event.id}"
            asked.append(Asked(message, occasion, record_of(event, desk.automation.source), event.trace))
        self._decide_all(desk, asked, letters, counts)

    def _decide_all(self, desk: Desk, asked: Sequence[Asked], letters: list[Event], counts: Counts) -> None:
        if not asked:
            return
        try:
            records, occasions = [one.record for one in asked], [one.occasion for one in asked]
            heard = self._batch.hear([one.trace for one in asked])
            done = heard_by(heard, partial(decide_events, desk, self._backends, records, occasions))
        except (MainspringError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            # A record that our own checks let through and something below does not bear must not stop the others.
            if isinstance(error, MainspringError) and (_passes(error) or error.fault == "ours"):
                raise
            if len(asked) == 1:
                told = (
                    error.what
                    if isinstance(error, MainspringError)
                    else f"it cannot be decided ({type(error).__name__})"
                )
                letters.append(dead_letter(asked[0].message, self._name, told))
                return
            half = len(asked) // 2
            self._decide_all(desk, asked[:half], letters, counts)
            self._decide_all(desk, asked[half:], letters, counts)
            return
        new = len(done.recorded.fresh)
        self._hand.append(done.recorded)
        counts.decided += new
        counts.repeated += len(asked) - new - len(done.wrong)
        for i, wrong in done.wrong.items():
            told = "; ".join(f"{field} {why}" for field, why in sorted(wrong.items()))
            letters.append(dead_letter(asked[i].message, self._name, told))


def _parts(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """What is decided and acknowledged at once: those that killed somebody before, or stood beside one that did, alone.

    Every other attempt goes backwards, so that the innocent on both sides of it are done with before it is given up.
    """
    together = [message for message in messages if message.attempt < CAREFUL]
    careful = [message for message in messages if message.attempt >= CAREFUL]
    if together:
        yield together
    if careful and careful[0].attempt % 2 == 0:
        careful.reverse()
    for message in careful:
        yield [message]


def _passes(error: MainspringError) -> bool:
    """Whether it may be gone the next time: a database that is started again is away for a while, too."""
    return error.retry or (isinstance(error, StoreError) and not isinstance(error, NotFound | Tampered))

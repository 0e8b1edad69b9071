"""Loop: asks every automation whether it is time to learn anew, once over all processes, and begins what is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from mainspring.automation import Automation
from mainspring.automation.triggers.when import When
from mainspring.backends.opening import Backends
from mainspring.backends.store.watching.triggers import Trigger
from mainspring.errors import Busy, MainspringError
from mainspring.run.desk import Desk, declared_now, known_automations
from mainspring.run.place import surroundings
from mainspring.run.triggers.facts import Facts
from mainspring.run.triggers.feeds import Feeds, declared, feeds
from mainspring.run.triggers.source import rows_at_source

BY = "the condition"
PAUSE = timedelta(minutes=10)
TRIES = 6
"""What fails for a while is tried so often, each time after twice the pause; then the next time is waited for."""


class Begins(Protocol):
    """Learns an automation anew, and returns when that has ended; what it answers is told on."""

    def __call__(self, name: str, why: str) -> Any: ...


class Loop:
    """When automations are learned anew, and who feeds whom. Thread-safe, and once only over several processes: the store decides."""

    def __init__(self, backends: Backends, desk: Callable[[str], Desk], begin: Begins) -> None:
        self._backends, self._desk, self._begin = backends, desk, begin

    def due(self, begin: Begins | None = None, at: datetime | None = None) -> list[dict[str, Any]]:
        """Ask every automation now, and learn anew those of which it is time: ``automation``, ``why``, and what came of it: ``result``, or
        the ``error``. What came due while nobody asked, by the clock too, is caught up with once.

        ``begin`` learns in place of this process.
        """
        now = at or datetime.now(UTC)
        done: list[dict[str, Any]] = []
        for name in known_automations(self._backends):
            try:
                with self._backends.database.alone(f"trigger:{name}"):
                    done += self._one(name, begin or self._begin, now)
            except Busy:
                continue  # another process asks it, or learns
        return done

    def standing(self, name: str) -> dict[str, Any]:
        """How it stands: ``when``, ``facts`` that it speaks of, ``checked``, ``fired``, ``state``, ``why``. Nothing is taken note of.

        Raises:
            NotFound: there is no such automation.
        """
        text = self._desk(name).automation.watch.retrain.when
        known = self._backends.triggers.get(name)
        told: dict[str, Any] = {
            "automation": name,
            "when": text,
            "facts": {},
            "checked": None,
            "fired": None,
            "state": "idle",
            "why": "",
        }
        if known is not None:
            told |= {key: getattr(known, key) for key in ("checked", "fired", "state", "why")}
        if text is not None and self._backends.registry.has(name):
            told["facts"] = self._facts(name, known or Trigger(name, datetime.now(UTC)), datetime.now(UTC)).of(
                When(text).facts
            )
        return told

    def graph(self, more: "list[str | Path] | None" = None) -> Feeds:
        """Who feeds whom, through topics, webhooks and tables; with declarations in files ``more`` that were not run yet.

        Raises:
            SpecError: a file is wrong.
        """
        known = {one.name: one for one in declared_now(self._backends)}
        known |= {one.name: one for one in declared(more or [])}
        return feeds(list(known.values()))

    def _one(self, name: str, begin: Begins, now: datetime) -> list[dict[str, Any]]:
        text = self._desk(name).automation.watch.retrain.when
        if text is None or not self._backends.registry.has(name):
            return []
        known = self._backends.triggers.get(name)
        if known is None:
            known = Trigger(name, now)
            self._facts(name, known, now)
        if known.state != "due":
            known = self._asked(name, When(text), known, now)
        elif known.again is not None and now < known.again:
            return []
        return [self._begun(known, begin, now)] if known.state == "due" else []

    def _facts(self, name: str, known: Trigger, now: datetime) -> Facts:
        champion = self._backends.registry.get(name)
        return Facts(self._backends, self._desk(name), champion, known, now, self._source_rows)

    def _source_rows(self, automation: Automation) -> int:
        return rows_at_source(automation, self._backends, surroundings(self._backends, Path.cwd()))

    def _asked(self, name: str, when: When, known: Trigger, now: datetime) -> Trigger:
        """Whether it is time, taken note of before anything is begun: whoever is killed in between finds it due."""
        facts = self._facts(name, known, now)
        found = facts.of(when.facts)
        moments = {moment: facts.came(moment) for moment in when.moments.values()}
        holds = when.holds(found, moments.__getitem__)
        cool = known.fired is not None and now - known.fired < timedelta(
            seconds=self._desk(name).automation.watch.retrain.cooldown
        )
        # While one proves itself it is not known yet whether another is wanted.
        waits = cool or self._backends.challenges.running(name) is not None
        after = replace(known, checked=now, marks={**known.marks, **facts.marks})
        if holds and not waits:
            told = ", ".join([*(f"{fact} {_shown(value)}" for fact, value in found.items()),
                              *(f"{moment.kind} {moment.told}" for moment, came in moments.items() if came)])  # fmt: skip
            after = replace(after, fired=now, state="due", again=None, tries=0, why=told)
            after = replace(after, marks={**after.marks, **replace(facts, known=after).baselines()})
            self._backends.audit.record(name, "learning anew is due", by=BY, facts={"why": told})
        self._backends.triggers.put(after)
        return after

    def _begun(self, known: Trigger, begin: Begins, now: datetime) -> dict[str, Any]:
        name, told = known.automation, {"automation": known.automation, "why": known.why}
        try:
            result = begin(name, known.why)
        except Busy as error:
            self._backends.triggers.put(replace(known, again=now + PAUSE))
            return {**told, "error": str(error)}
        except MainspringError as error:
            again = error.retry and known.tries + 1 < TRIES
            pause = PAUSE * 2**known.tries
            after = replace(
                known, state="due" if again else "idle", again=now + pause if again else None, tries=known.tries + 1
            )
            self._backends.triggers.put(after)
            if not again:
                self._backends.audit.record(name, "learning anew failed", by=BY, facts={"why": str(error)})
            return {**told, "error": str(error)}
        self._backends.triggers.put(replace(known, state="idle", again=None, tries=0))
        return {**told, "result": result}


def _shown(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value).lower()

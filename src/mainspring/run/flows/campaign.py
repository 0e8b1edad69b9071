"""Campaign: decide about every row of a table, in batches each of which is done once, by one version, on one occasion."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mainspring.backends.flows.flows import Body, Result, Steps, Task
from mainspring.backends.opening import Backends
from mainspring.backends.store.json_text import to_text
from mainspring.errors import SourceError
from mainspring.run.decide import decide_events
from mainspring.run.desk import CHAMPION, Desk, open_desk, open_rules
from mainspring.run.flow import Flow
from mainspring.run.place import surroundings
from mainspring.run.progress import RunProgress
from mainspring.run.train.collect import batches_of

KIND = "campaign"
Row = dict[str, Any]


def begin(backends: Backends, subject: str, arguments: Mapping[str, Any], run: str) -> Task:
    """About the automation ``subject``; ``arguments`` are ``table`` (an address; its own source when None), the ``folder`` that
    relative ones start from, ``batch`` (rows) and ``occasion`` (this campaign alone when empty).

    Raises:
        NotFound: there is no such automation.
    """
    open_desk(backends, subject)
    usual = {"table": None, "folder": str(Path.cwd()), "batch": 1000, "occasion": ""}
    return Task(run, KIND, subject, {**usual, **arguments})


def carrier(backends: Backends, progress: RunProgress) -> Body:
    return lambda steps, task: _Campaign(backends, Flow(steps, progress), task).go()


class _Campaign:
    def __init__(self, backends: Backends, flow: Flow, task: Task) -> None:
        self._backends, self._flow, self._task = backends, flow, task
        self._occasion = str(task.arguments["occasion"]) or f"campaign {task.run}"

    def go(self) -> Result:
        chosen = self._flow.step("version", "which version decides", self._version, lambda it: it["told"])
        desk = self._desk(chosen)
        counts: Counter[str] = Counter(rows=0, decided=0, repeated=0, wrong=0)
        fields: Counter[str] = Counter()
        self._flow.progress.step("decide", f"about {self._task.arguments['table'] or 'the rows of its source'}")
        for number, rows in enumerate(self._batches(desk), 1):
            done = self._batch(self._flow.steps, number, rows, desk)
            counts.update({name: done[name] for name in counts})
            fields.update(done["fields"])
            self._flow.progress.update(f"{counts['rows']:,} rows", 0.0)
        told = f"{counts['rows']:,} rows: {counts['decided']:,} decided, {counts['wrong']:,} wrong"
        self._flow.progress.done("decide", told)
        facts = {"automation": self._task.subject, "version": chosen["version"], "occasion": self._occasion}
        return {**facts, **counts, "wrong_fields": dict(fields)}

    def _version(self) -> Result:
        desk = open_desk(self._backends, self._task.subject, CHAMPION)
        version = desk.decider.model_version
        told = "the rules decide" if version is None else f"version {version} decides"
        return {"version": version, "policy": desk.decider.policy_version, "told": told}

    def _desk(self, chosen: Result) -> Desk:
        if chosen["version"] is None:
            return open_rules(self._backends, self._task.subject, chosen["policy"])
        return open_desk(self._backends, self._task.subject, chosen["version"])

    def _batch(self, steps: Steps, number: int, rows: list[Row], desk: Desk) -> Result:
        mark = self._mark(rows)
        done, before = steps.step(
            f"batch {number}",
            lambda: self._decided(desk, rows, mark),
            lambda it: f"{it['decided']:,} of {it['rows']:,} decided",
        )
        if before and done["mark"] != mark:
            raise SourceError(
                f"the rows of batch {number} are not what they were when it was decided", where=f"campaign {steps.run}",
                remedy=f"begin a new one with --fresh --occasion {self._occasion!r}: what was decided is not decided again",
            )  # fmt: skip
        return done

    def _decided(self, desk: Desk, rows: list[Row], mark: str) -> Result:
        done = decide_events(desk, self._backends, rows, [self._occasion] * len(rows))
        fields = Counter(field for problems in done.wrong.values() for field in problems)
        new = len(done.recorded.new)
        repeated = len(rows) - new - len(done.wrong)
        return {
            "rows": len(rows), "decided": new, "repeated": repeated, "wrong": len(done.wrong), "fields": dict(fields),
            "mark": mark,
        }  # fmt: skip

    def _mark(self, rows: list[Row]) -> str:
        """Tells whether rows changed; without the workspace's key it says nothing of their values."""
        return hmac.new(self._backends.vault.key(), to_text(rows).encode(), hashlib.sha256).hexdigest()

    def _batches(self, desk: Desk) -> Iterator[list[Row]]:
        told, automation = self._task.arguments, desk.automation
        if told["table"] is not None:
            source = automation.source.model_copy(update={"table": told["table"], "sql": None, "since": None})
            automation = automation.model_copy(update={"source": source})
        waiting: list[Row] = []
        for batch in batches_of(automation, self._backends, surroundings(self._backends, Path(told["folder"]))):
            waiting += [_nan_is_missing(row) for row in batch.to_pylist()]
            while len(waiting) >= told["batch"]:
                yield waiting[: told["batch"]]
                del waiting[: told["batch"]]
        if waiting:
            yield waiting


def _nan_is_missing(row: Row) -> Row:
    return {name: None if isinstance(value, float) and value != value else value for name, value in row.items()}

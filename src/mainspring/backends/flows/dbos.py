"""DBOS: flows as durable workflows, beside the store in SQLite or in its PostgreSQL. The only file that speaks it.

A step's result is kept when it is done; whoever goes on with a flow gets it instead of doing the step again. A workflow belongs to
whoever took it up last: what another still writes is refused. By itself DBOS takes up what a process of the same name left; as
processes have no names here and several work on one file, the store's locks tell which flows are alive instead.
"""

import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID, WorkflowStatus, error
from sqlalchemy import Engine, make_url

from mainspring.backends.flows.database import open_engine
from mainspring.backends.flows.flows import Body, DoneStep, FlowFacts, Means, Repertoire, Result, Schedule, State, Task
from mainspring.backends.flows.told import cancelled, moment, moment_of, translated, words
from mainspring.errors import Busy, NotFound, SpecError, StoreError

T = TypeVar("T")
NAME = "mainspring"
SCHEMA = "mainspring_flows"
BUSY_SECONDS = 60
PATIENCE = 600.0
SOON = 0.1
HEED = 0.5
"""Seconds between two questions whether someone cancelled."""
LOOK_AROUND = 5.0
"""Seconds between two looks at what killed processes left."""
STATES: dict[str, State] = {
    "ENQUEUED": "waiting", "DELAYED": "waiting", "PENDING": "running", "SUCCESS": "finished", "ERROR": "failed",
    "CANCELLED": "cancelled", "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
}  # fmt: skip


class DbosFlows:
    """A workspace's way to DBOS. DBOS knows one database a process: of several workspaces in one, one at a time carries flows out.

    Raises:
        StoreError: its database cannot be opened. MissingExtra: a driver is not installed.
    """

    def __init__(self, means: Means) -> None:
        self._means = means

    def carry_out(self, task: Task, body: Body) -> Result:
        with self._using() as host:
            host.doing[task.run] = doing = _Doing(task, body, self._means)
            try:
                found = DBOS.get_workflow_status(task.run)
                if found is None:
                    with SetWorkflowID(task.run):
                        return flow(task.kind, task.subject, dict(task.arguments))
                return self._go_on(found, host, doing)
            except (error.DBOSAwaitedWorkflowCancelledError, error.DBOSWorkflowCancelledError):
                raise cancelled(task.run) from None
            finally:
                host.doing.pop(task.run, None)

    def enqueue(self, task: Task, schedule: str = "") -> bool:
        with self._using():
            return _left_to_others(task, schedule, self._means.version)

    def work(self, repertoire: Repertoire, stopped: threading.Event, at_once: int) -> None:
        with self._using(working=True) as host:
            host.repertoire, host.means = repertoire, self._means
            DBOS.register_queue(
                NAME, global_concurrency=at_once, polling_interval_sec=SOON, on_conflict="always_update"
            )
            try:
                while not stopped.is_set():
                    self._take_up_what_was_left()
                    stopped.wait(LOOK_AROUND)
            finally:
                host.stop_all()

    def find(self, run: str) -> FlowFacts | None:
        with self._using():
            found = DBOS.get_workflow_status(run)
            return None if found is None or found.name != flow.__name__ else self._facts(found)

    def task(self, run: str) -> Task:
        with self._using():
            return _task(_existing(run))

    def list(self, limit: int = 100) -> "list[FlowFacts]":
        with self._using():
            found = DBOS.list_workflows(name=flow.__name__, limit=limit, sort_desc=True)
            return [self._facts(one) for one in found]

    def steps(self, run: str) -> "list[DoneStep]":
        with self._using():
            _existing(run)
            return _done_steps(run, self._means)

    def result(self, run: str, step: str) -> Result | None:
        with self._using():
            done = DBOS.list_workflow_steps(run)
            kept: Any = [one["output"] for one in done if one["function_name"] == step and one["error"] is None]
            return kept[0]["result"] if kept else None

    def cancel(self, run: str) -> None:
        with self._using():
            DBOS.cancel_workflow(_existing(run).workflow_id)

    def schedule(self, schedule: Schedule) -> None:
        what = {"kind": schedule.kind, "subject": schedule.subject, "arguments": dict(schedule.arguments)}
        with self._using():
            DBOS.register_queue(NAME, global_concurrency=1, polling_interval_sec=SOON, on_conflict="never_update")
            try:
                DBOS.apply_schedules(
                    [{"schedule_name": schedule.name, "workflow_fn": scheduled, "schedule": schedule.cron,
                      "context": {**what, "name": schedule.name}, "queue_name": NAME}]
                )  # fmt: skip
            except error.DBOSException:
                raise SpecError(
                    f"{schedule.cron!r} is no cron expression", where=schedule.name, remedy='for instance "0 6 * * *"'
                ) from None

    def schedules(self) -> "list[Schedule]":
        with self._using():
            return [
                Schedule(one["schedule_name"], one["schedule"], what["kind"], what["subject"], what["arguments"],
                         one["status"] != "ACTIVE", moment_of(one["last_fired_at"]))
                for one in DBOS.list_schedules() if isinstance(what := one["context"], Mapping)
            ]  # fmt: skip

    def unschedule(self, name: str) -> None:
        with self._on_schedule(name):
            DBOS.delete_schedule(name)

    def pause(self, name: str, *, on: bool) -> None:
        with self._on_schedule(name):
            (DBOS.pause_schedule if on else DBOS.resume_schedule)(name)

    def fire(self, name: str) -> None:
        with self._on_schedule(name):
            DBOS.trigger_schedule(name)

    def close(self) -> None:
        _let_go(self._means.url)

    @contextmanager
    def _on_schedule(self, name: str) -> Generator[None]:
        with self._using():
            if DBOS.get_schedule(name) is None:
                raise NotFound("schedule", name, [one["schedule_name"] for one in DBOS.list_schedules()])
            yield

    @contextmanager
    def _using(self, *, working: bool = False) -> "Generator[_Host]":
        with translated(self._means.url, error.DBOSException), _hosted(self._means, working=working) as host:
            yield host

    def _go_on(self, found: WorkflowStatus, host: "_Host", doing: "_Doing") -> Result:
        """Of a flow that was begun before: from the step it was in, in a thread of DBOS that this one waits for."""
        if found.status == "SUCCESS":
            return found.output or {}
        if found.app_version != self._means.version:
            raise SpecError(
                f"release {found.app_version} of Mainspring began this run; this is {self._means.version}",
                where=f"run {found.workflow_id}", remedy="start it anew",
            )  # fmt: skip
        doing.awaited = Future()
        DBOS.register_queue(host.own, polling_interval_sec=SOON, on_conflict="never_update")
        again = found.status == "ERROR"
        if found.status == "PENDING":
            with self._means.held(_task(found).lock):
                # On a full disk a step's failure may have been written, and its flow's not.
                if again := bool(_failed(found.workflow_id)):
                    DBOS.cancel_workflow(found.workflow_id)
        if again:
            DBOS.rewind_workflow(found.workflow_id, start_step=_first_failed(found.workflow_id), queue_name=host.own)
        else:
            DBOS.resume_workflow(found.workflow_id, queue_name=host.own)
        return self._waited_for(found.workflow_id, doing)

    def _waited_for(self, run: str, doing: "_Doing") -> Result:
        assert doing.awaited is not None  # the caller has made it
        while not doing.awaited.done():
            try:
                wait([doing.awaited], HEED)
            except KeyboardInterrupt:
                # The thread that does it hears of it at its next question; who cannot wait for that asks twice.
                if doing.interrupted:
                    raise
                doing.interrupted = True
        if not doing.interrupted:
            _until_written(run)
        return doing.awaited.result()

    def _refuse_alive(self, found: WorkflowStatus) -> None:
        """Whoever carries a flow out holds its lock. Raises Busy."""
        with self._means.alone(_task(found).lock):
            pass

    def _take_up_what_was_left(self) -> None:
        for found in DBOS.list_workflows(status="PENDING", queue_name=NAME, load_output=False):
            with suppress(Busy):
                self._refuse_alive(found)
                if found.app_version == self._means.version:
                    DBOS.resume_workflow(found.workflow_id, queue_name=NAME)

    def _facts(self, found: WorkflowStatus) -> FlowFacts:
        task = _task(found)
        state = STATES[found.status]
        if state == "running":
            try:
                self._refuse_alive(found)
                state = "interrupted"
            except Busy:
                pass
        return FlowFacts(
            task.run, task.kind, task.subject, state, moment(found.created_at), moment(found.updated_at),
            "" if found.error is None else str(found.error), str((found.attributes or {}).get("schedule", "")),
        )  # fmt: skip


@dataclass
class _Doing:
    """A flow that this process carries out. ``awaited`` is for whoever waits while a thread of DBOS does it."""

    task: Task
    body: Body
    means: Means
    awaited: "Future[Result] | None" = None
    interrupted: bool = False

    def do(self) -> Result:
        with self.means.held(self.task.lock):
            return self.body(_Steps(self), self.task)


class _Steps:
    def __init__(self, doing: _Doing) -> None:
        self.run = doing.task.run
        self._doing = doing
        self._heeded = 0.0

    def step(self, name: str, work: Callable[[], Result], told: Callable[[Result], str]) -> tuple[Result, bool]:
        fresh: list[Result] = []

        def once() -> Result:
            fresh.append(work())
            return {"told": told(fresh[0]), "result": fresh[0]}

        self._refuse_interrupted()
        kept: Result = DBOS.run_step({"name": name}, once)
        return (fresh[0], False) if fresh else (kept["result"], True)

    def finished(self) -> list[DoneStep]:
        return _aside(lambda: _done_steps(self.run, self._doing.means))

    def heed(self) -> None:
        self._refuse_interrupted()
        if time.monotonic() - self._heeded < HEED:
            return
        self._heeded = time.monotonic()
        found = _aside(lambda: DBOS.get_workflow_status(self.run))
        if found is not None and found.status == "CANCELLED":
            raise error.DBOSWorkflowCancelledError(f"run {self.run} was cancelled")

    def _refuse_interrupted(self) -> None:
        if self._doing.interrupted:
            raise KeyboardInterrupt  # no error, so that nothing is written: the flow goes on where it was


@dataclass
class _Host:
    """DBOS launched on one database. ``users`` are calls under way; ``own`` is the queue of flows that are gone on with here;
    ``doing`` is what callers wait for, ``at_work`` what came from the queue of all.
    """

    url: str
    engine: Engine
    works: bool
    own: str = field(default_factory=lambda: f"own-{uuid.uuid4().hex}")
    users: int = 0
    doing: dict[str, _Doing] = field(default_factory=dict[str, _Doing])
    at_work: dict[str, _Doing] = field(default_factory=dict[str, _Doing])
    repertoire: Repertoire | None = None
    means: Means | None = None

    def stop_all(self) -> None:
        """What is under way stops at its next question, and stays to be gone on with."""
        self.repertoire = None
        under_way = list(self.at_work.values())
        for doing in under_way:
            doing.interrupted = True
        for doing in under_way:
            with suppress(BaseException):
                assert doing.awaited is not None  # a thread of DBOS does it
                doing.awaited.result()

    def end(self) -> None:
        with suppress(Exception):
            if DBOS.retrieve_queue(self.own) is not None:
                DBOS.delete_queue(self.own)
        DBOS.destroy()
        self.engine.dispose()


class _Shared:
    """DBOS is one a process, and so is this."""

    turn = threading.Condition()
    host: _Host | None = None
    inside = threading.local()


@contextmanager
def _hosted(means: Means, *, working: bool) -> Generator[_Host]:
    """DBOS on this database; where it serves another, as soon as that one lets go."""
    with _Shared.turn:
        host = _Shared.host
        if host is None or host.url != means.url or (working and not host.works):
            nested = getattr(_Shared.inside, "flow", False)
            if nested or not _Shared.turn.wait_for(_nobody_uses_it, PATIENCE):
                raise Busy("another workspace of this process is carrying out a run", remedy="wait until it is done")
            if _Shared.host is not None:
                _Shared.host.end()
                _Shared.host = None
            host = _Shared.host = _launched(means, works=working)
        host.users += 1
    try:
        yield host
    finally:
        with _Shared.turn:
            host.users -= 1
            _Shared.turn.notify_all()


def _nobody_uses_it() -> bool:
    return _Shared.host is None or not _Shared.host.users


def _let_go(url: str) -> None:
    with _Shared.turn:
        host = _Shared.host
        if host is not None and host.url == url and not host.users:
            host.end()
            _Shared.host = None


def _launched(means: Means, *, works: bool) -> _Host:
    engine = open_engine(make_url(means.url))
    host = _Host(means.url, engine, works)
    url = engine.url.render_as_string(hide_password=False)
    config: DBOSConfig = {
        "name": NAME, "system_database_url": url, "system_database_engine": engine, "dbos_system_schema": SCHEMA,
        "serializer": _Texts(means), "application_version": means.version, "executor_id": host.own,
        "use_listen_notify": False, "notification_listener_polling_interval_sec": SOON, "log_level": "CRITICAL",
        "scheduler_polling_interval_sec": 1.0,
    }  # fmt: skip
    DBOS(config=config)
    DBOS.listen_queues([host.own, *([NAME] if works else [])])
    try:
        DBOS.launch()
    except BaseException:
        DBOS.destroy()
        engine.dispose()
        raise
    return host


class _Texts(Serializer):
    """Values as the store writes them, and never as pickles; of an error, its words."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def serialize(self, data: Any) -> str:
        return self._means.to_text({"$error": words(data)} if isinstance(data, BaseException) else data)

    def deserialize(self, serialized_data: str) -> Any:
        value = self._means.from_text(serialized_data)
        if isinstance(value, dict) and value.keys() == {"$error"}:
            return StoreError(value["$error"])
        return value

    def name(self) -> str:
        return "mainspring_json"


@DBOS.workflow(name="flow", max_recovery_attempts=None)
def flow(kind: str, subject: str, arguments: dict[str, Any]) -> Result:
    """Every flow is this one workflow; what it does is told by its kind."""
    run, host = str(DBOS.workflow_id), _Shared.host
    assert host is not None  # it was launched, else this were not called
    doing = host.doing.get(run)
    if doing is None:
        if host.repertoire is None or host.means is None:
            raise KeyboardInterrupt  # it came as we were stopping
        task = Task(run, kind, subject, arguments)
        doing = host.at_work[run] = _Doing(task, host.repertoire.body(kind), host.means, Future())
    outside = getattr(_Shared.inside, "flow", False)
    _Shared.inside.flow = True
    try:
        result = doing.do()
    except BaseException as problem:
        if doing.awaited is not None:
            doing.awaited.set_exception(problem)
        raise
    finally:
        _Shared.inside.flow = outside
        host.at_work.pop(run, None)
    if doing.awaited is not None:
        doing.awaited.set_result(result)
    return result


@DBOS.workflow(name="scheduled", max_recovery_attempts=None)
def scheduled(at: datetime, what: Any) -> None:
    """At its time, leave what is scheduled to whoever works on the queue."""
    host = _Shared.host
    if host is None or host.repertoire is None or host.means is None:
        raise KeyboardInterrupt  # left to the next who works
    repertoire, version = host.repertoire, host.means.version

    def begin() -> Result:
        run = uuid.uuid5(uuid.NAMESPACE_OID, f"{what['name']} {at.isoformat()}").hex
        task = repertoire.begin(what["kind"], what["subject"], what["arguments"], run)
        return {"run": task.run, "begun": _aside(lambda: _left_to_others(task, what["name"], version))}

    DBOS.run_step({"name": "begin"}, begin)


def _left_to_others(task: Task, schedule: str, version: str) -> bool:
    told: Any = {
        "workflow_name": flow.__name__, "queue_name": NAME, "workflow_id": task.run, "app_version": version,
        **({"deduplication_id": f"schedule {schedule}", "attributes": {"schedule": schedule}} if schedule else {}),
    }  # fmt: skip
    try:
        DBOS.enqueue_workflow_with_options(told, task.kind, task.subject, dict(task.arguments))
    except error.DBOSQueueDeduplicatedError:
        return False
    return True


def _existing(run: str) -> WorkflowStatus:
    found = DBOS.get_workflow_status(run)
    if found is None or found.name != flow.__name__:
        raise NotFound("run", run, [one.workflow_id for one in DBOS.list_workflows(name=flow.__name__, limit=12)])
    return found


def _task(found: WorkflowStatus) -> Task:
    told: Any = found.input or {"args": ("", "", {})}
    return Task(found.workflow_id, *told["args"])


def _done_steps(run: str, means: Means) -> list[DoneStep]:
    done: list[DoneStep] = []
    for one in DBOS.list_workflow_steps(run):
        began, ended, kept = one["started_at_epoch_ms"] or 0, one["completed_at_epoch_ms"] or 0, one["output"]
        told, size = (kept["told"], len(means.to_text(kept["result"]))) if isinstance(kept, dict) else ("", 0)
        done.append(
            DoneStep(one["function_name"], moment(began), (ended - began) / 1000, size, told, str(one["error"] or ""))
        )
    return done


def _first_failed(run: str) -> int:
    """The number of the step that failed; where it failed between steps, of the next one."""
    return min(_failed(run), default=1 + max((one["function_id"] for one in DBOS.list_workflow_steps(run)), default=0))


def _failed(run: str) -> list[int]:
    return [one["function_id"] for one in DBOS.list_workflow_steps(run) if one["error"] is not None]


def _until_written(run: str) -> None:
    """The thread that did it tells its result before it has written that it is done."""
    end = time.monotonic() + BUSY_SECONDS
    while time.monotonic() < end:
        found = DBOS.get_workflow_status(run)
        if found is None or found.status != "PENDING":
            return
        time.sleep(SOON / 10)


def _aside(ask: Callable[[], T]) -> T:
    """Asked in a thread of its own: within a flow, DBOS would take a question for one of its steps."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(ask).result()

"""Opening: from four URLs to the things behind them. Only this file reads the URLs."""

import importlib
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self, cast

from mainspring.backends.bus.buses import Buses
from mainspring.backends.bus.kinds import KINDS as BUSES
from mainspring.backends.engine.engine import Engine
from mainspring.backends.engine.kinds import KINDS as ENGINES
from mainspring.backends.flows.flows import Flows, Means
from mainspring.backends.store.access.answers import Answers
from mainspring.backends.store.access.keys import Keys
from mainspring.backends.store.audit import Audit
from mainspring.backends.store.challenge.challenges import Challenges
from mainspring.backends.store.cursors import Cursors
from mainspring.backends.store.database import Database
from mainspring.backends.store.decisions import Decisions
from mainspring.backends.store.feedback import Feedback
from mainspring.backends.store.journal.pages import Pages
from mainspring.backends.store.json_text import from_text, to_text
from mainspring.backends.store.lake import Lake
from mainspring.backends.store.locks import as_store_error
from mainspring.backends.store.outbox import Outbox
from mainspring.backends.store.registry import Registry
from mainspring.backends.store.runs import Runs
from mainspring.backends.store.vault import Vault
from mainspring.backends.store.watching.alerts import Alerts
from mainspring.backends.store.watching.journal import Journal
from mainspring.backends.store.watching.looks import Looks
from mainspring.backends.store.watching.service import ServiceRecords
from mainspring.backends.store.watching.sketches import Sketches
from mainspring.backends.store.watching.triggers import Triggers
from mainspring.backends.trackers.kinds import KINDS as TRACKERS
from mainspring.backends.trackers.tracker import Tracker
from mainspring.errors import MissingExtra, Problem, SpecError, nearest

FILE = "mainspring.toml"
BUS = "sqlite:///bus.db"
LAKE_URLS = ("file", "s3", "s3a", "gs", "az", "abfs", "abfss", "adl")
KEYS = ("lake", "database", "engine", "bus", "python_sources", "storage", "trackers", "outgoing")
OUTGOING = "MAINSPRING_OUTGOING"
ANSWERS_LAST, ANSWERING = timedelta(days=1), timedelta(minutes=2)

DEFAULT_FILE = """\
# Where this workspace keeps its data and runs its work. What is commented out is the default.
# Relative folders start here. The environment (MAINSPRING_LAKE, MAINSPRING_DATABASE, MAINSPRING_ENGINE,
# MAINSPRING_BUS, MAINSPRING_PYTHON_SOURCES, MAINSPRING_TRACKERS, MAINSPRING_OUTGOING) takes precedence over this file.

# lake = "lake"                                # or s3://bucket/folder, gs://…, abfss://…
# database = "sqlite:///mainspring.db"         # or postgresql://user@host/name
# engine = "local"                             # local:4 for four processes
# bus = "sqlite:///bus.db"                     # or nats://host:4222, kafka://host:9092
# python_sources = false                       # true: declarations may name Python functions as sources

# outgoing = ["10.0.0.0/8", "crm.internal"]    # where webhooks may go though it is no public address; "*" for anywhere
# trackers = ["mlflow:mlflow"]                 # who is told of runs: also tensorboard:folder, wandb:offline; nobody unless said

# [storage]                                    # options of the object store; keep secrets in the environment
# AWS_REGION = "eu-central-1"
"""


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the data is kept and the work is run."""

    lake: str
    database: str
    engine: str = "local"
    bus: str = ""
    """Empty for the embedded one, in the workspace's folder."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is known of a workspace before anything is opened. ``place`` is its folder."""

    place: Path
    urls: Urls
    python_sources: bool = False
    storage: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    trackers: tuple[str, ...] = field(default=(), repr=False)
    outgoing: tuple[str, ...] = field(default_factory=lambda: _listed(os.environ.get(OUTGOING, "")))

    @property
    def has_own_bus(self) -> bool:
        """Whether the bus is the embedded one in the workspace's folder, which nobody else goes to."""
        return self.urls.bus in ("", _bus(BUS, self.place))

    @classmethod
    def read(cls, place: str | Path, environment: Mapping[str, str] = os.environ) -> Self:
        """From the environment, else ``mainspring.toml`` in the folder ``place``, else the embedded defaults.

        Raises:
            SpecError: with every wrong setting, its line, and the nearest valid word.
        """
        place = Path(place).absolute()
        told = {**_from_file(place / FILE), **_from_environment(environment)}
        urls = Urls(
            _lake(told.get("lake", "lake"), place),
            _database(told.get("database", "sqlite:///mainspring.db"), place),
            _engine(told.get("engine", "local")),
            _bus(told.get("bus", BUS), place),
        )
        return cls(
            place, urls, told.get("python_sources", False), told.get("storage", {}), _trackers(told.get("trackers", ())),
            tuple(told.get("outgoing", ())),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Backends:
    """The things behind the URLs, open. ``workers`` is how many tasks the engine works on at once."""

    settings: Settings
    lake: Lake
    registry: Registry
    decisions: Decisions
    feedback: Feedback
    outbox: Outbox
    audit: Audit
    challenges: Challenges
    runs: Runs
    cursors: Cursors
    vault: Vault
    buses: Buses
    engine: Executor
    workers: int
    database: Database
    alerts: Alerts
    journal: Journal
    looks: Looks
    triggers: Triggers
    service: ServiceRecords
    flows: Flows
    sketches: Sketches
    keys: Keys
    pages: Pages
    answers: Answers

    def close(self) -> None:
        self.flows.close()
        self.engine.shutdown(cancel_futures=True)
        self.buses.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_backends(settings: Settings) -> Backends:
    """Open everything; what is not there yet is made.

    Raises:
        StoreError: something cannot be opened.
        MissingExtra: a driver is not installed.
    """
    engine = _engine_opener(settings.urls.engine)(settings.urls.engine)
    database = Database(settings.urls.database)
    return Backends(
        settings,
        Lake(settings.urls.lake, settings.storage),
        Registry(database, settings.place / "models"),
        Decisions(database),
        Feedback(database),
        Outbox(database),
        Audit(database),
        Challenges(database),
        Runs(database),
        Cursors(database),
        Vault(settings.place / "key"),
        Buses(settings.urls.bus or _bus(BUS, settings.place)),
        engine.executor,
        engine.workers,
        database,
        Alerts(database),
        Journal(database),
        Looks(database),
        Triggers(database),
        ServiceRecords(database),
        Flows(Means(settings.urls.database, to_text, from_text, database.alone, version("mainspring"))),
        Sketches(database),
        Keys(database),
        Pages(database),
        Answers(database, ANSWERS_LAST, ANSWERING),
    )


def open_trackers(settings: Settings) -> dict[str, Tracker]:
    """Who is told of runs, by kind; their libraries are loaded only here.

    Raises:
        MissingExtra: a library is not installed.
    """
    trackers: dict[str, Tracker] = {}
    for told in settings.trackers:
        kind, _, place = told.partition(":")
        module, _, name = TRACKERS[kind].partition(":")
        try:
            make = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            raise MissingExtra(error.name or kind, kind, f"the tracker {kind}") from error
        trackers[kind] = cast(Tracker, make(place, settings.place))
    return trackers


def write_default(place: str | Path) -> Path:
    """Make the folder of a workspace, with a ``mainspring.toml`` that explains itself; what is there is left as it is."""
    path = Path(place).absolute() / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(DEFAULT_FILE)
    except FileExistsError:
        pass
    except OSError as error:
        raise as_store_error(error, str(path.parent)) from error
    return path


def _from_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            "the settings cannot be read", where=str(path), remedy="it must be a UTF-8 text file"
        ) from error
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"not TOML: {error}", where=str(path), remedy='write lines like lake = "folder"') from error
    if problems := [problem for key, value in told.items() if (problem := _problem(key, value, text))]:
        raise SpecError("the settings are wrong", where=str(path), problems=sorted(problems, key=lambda p: p.line or 0))
    return told


def _problem(key: str, value: object, text: str) -> Problem | None:
    line = next(
        (n for n, told in enumerate(text.splitlines(), 1) if re.match(rf"\s*\[?\s*[\"']?{re.escape(key)}\b", told)),
        None,
    )
    if key not in KEYS:
        guess = nearest(key, KEYS)
        return Problem(
            key, "unknown setting", line, f"did you mean {guess!r}?" if guess else f"known: {', '.join(KEYS)}"
        )
    if key == "python_sources":
        return None if isinstance(value, bool) else Problem(key, "must be true or false", line)
    if key in ("trackers", "outgoing"):
        several = isinstance(value, list) and all(isinstance(one, str) for one in cast(list[object], value))
        example = {"trackers": 'trackers = ["mlflow:mlflow"]', "outgoing": 'outgoing = ["10.0.0.0/8"]'}[key]
        return None if several else Problem(key, "must be a list of texts", line, example)
    if key == "storage":
        texts = isinstance(value, dict) and all(isinstance(one, str) for one in cast(dict[str, object], value).values())
        return None if texts else Problem(key, "must be a table of texts", line, '[storage] and then AWS_REGION = "…"')
    return None if isinstance(value, str) and value else Problem(key, "must be a text", line, f'{key} = "…"')


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        key: value
        for key in ("lake", "database", "engine", "bus")
        if (value := environment.get(f"MAINSPRING_{key.upper()}"))
    }
    if python := environment.get("MAINSPRING_PYTHON_SOURCES"):
        words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if python.lower() not in words:
            raise SpecError("must be true or false", where="MAINSPRING_PYTHON_SOURCES", remedy="write true or false")
        told["python_sources"] = words[python.lower()]
    if "MAINSPRING_TRACKERS" in environment:
        told["trackers"] = _listed(environment["MAINSPRING_TRACKERS"])
    if OUTGOING in environment:
        told["outgoing"] = _listed(environment[OUTGOING])
    return told


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one for part in text.split(",") if (one := part.strip()))


def _trackers(told: Sequence[str]) -> tuple[str, ...]:
    """Refused here, so that a run does not end with what it cannot tell; what follows the kind may hold a secret and is not shown."""
    for one in told:
        kind, _, place = one.partition(":")
        if kind not in TRACKERS:
            guess = nearest(kind, TRACKERS)
            remedy = f"did you mean {guess!r}?" if guess else f"known: {', '.join(TRACKERS)}"
            raise SpecError(f"there is no tracker {kind!r}", where="trackers", remedy=remedy)
        if kind == "wandb" and place not in ("", "online", "offline"):
            raise SpecError("wandb is online or offline", where="trackers", remedy="write wandb:offline")
    return tuple(told)


def _lake(told: str, place: Path) -> str:
    kind, separator, rest = told.partition("://")
    if not separator:
        return str(place / Path(told).expanduser())
    if kind not in LAKE_URLS:
        raise SpecError(
            f"no lake of the kind {kind!r}", where="lake", remedy="write a folder, s3://, gs:// or abfss://"
        )
    return str(place / rest) if kind == "file" else told


def _database(told: str, place: Path) -> str:
    """With the folder that a relative SQLite file starts from."""
    kind, _, rest = told.partition(":///")
    return f"{kind}:///{place / rest}" if kind in ("sqlite", "sqlite+pysqlite") and rest[:1] not in ("", ":") else told


def _bus(told: str, place: Path) -> str:
    """With the folder that a relative SQLite file starts from. What follows the scheme may hold a secret and is not shown."""
    kind, separator, rest = told.partition("://")
    if not separator or kind not in BUSES:
        known = ", ".join(f"{name}://" for name in BUSES)
        raise SpecError(
            f"no bus of the kind {kind!r}" if separator else "the bus is no URL", where="bus", remedy=f"known: {known}"
        )
    return f"sqlite:///{place / rest.removeprefix('/')}" if kind == "sqlite" and not rest.startswith("//") else told


def _engine(told: str) -> str:
    kind = told.partition(":")[0]
    if kind not in ENGINES:
        known = ", ".join(ENGINES)
        raise SpecError(f"this release has no engine of the kind {kind!r}", where="engine", remedy=f"known: {known}")
    return told


def _engine_opener(url: str) -> Callable[[str], Engine]:
    module, _, name = ENGINES[url.partition(":")[0]].partition(":")
    return cast(Callable[[str], Engine], getattr(importlib.import_module(module), name))

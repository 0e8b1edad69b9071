"""Backup: a workspace into a folder, in steps; the database as of one moment, and all that it speaks of."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mainspring.backends.flows.flows import Body, Result, Task
from mainspring.backends.opening import BUS, Backends
from mainspring.backends.store.backup.rows import dump, shape
from mainspring.backends.store.locks import as_store_error
from mainspring.errors import SpecError
from mainspring.run.backup.files import FORMAT, MANIFEST, copy_folders, copy_lake, copy_sqlite, seal
from mainspring.run.flow import CODE_VERSION, Flow
from mainspring.run.progress import RunProgress

KIND = "backup"


def begin(backends: Backends, subject: str, arguments: Mapping[str, Any], run: str) -> Task:  # noqa: ARG001 - all kinds begin alike
    """Into a new folder within the folder ``subject``, named after the moment.

    Raises:
        SpecError: that folder lies within the workspace.
    """
    within = Path(subject).absolute()
    if within.is_relative_to(backends.settings.place.absolute()):
        raise SpecError(
            "a backup within the workspace is lost with it", where=subject, remedy="name a folder elsewhere"
        )
    name = f"mainspring-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{run[:8]}"
    return Task(run, KIND, str(within), {"folder": str(within / name)})


def carrier(backends: Backends, progress: RunProgress) -> Body:
    return lambda steps, task: _backed_up(backends, Flow(steps, progress), task)


def _backed_up(backends: Backends, flow: Flow, task: Task) -> Result:
    folder = Path(task.arguments["folder"])
    place, urls, heed = backends.settings.place, backends.settings.urls, flow.steps.heed
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise as_store_error(error, str(folder.parent)) from error

    def lake() -> Result:
        if "://" in urls.lake and not urls.lake.startswith("file://"):
            return {"files": 0, "told": "it lies in an object store, and stays there"}
        files = copy_lake(Path(urls.lake.removeprefix("file://")), folder / "lake", heed)
        return {"files": files, "told": f"{files:,} files"}

    def bus() -> Result:
        kind, _, rest = (urls.bus or f"sqlite:///{place / BUS.rpartition('/')[2]}").partition(":///")
        size = copy_sqlite(Path(rest.partition("?")[0]), folder / "bus.db") if kind == "sqlite" else 0
        return {"bytes": size, "told": f"{size:,} bytes" if size else "none of its own"}

    # The database first: what it speaks of is never taken away, so that it is there when it is copied later.
    rows = flow.step("database", "every table, of one moment", lambda: {"rows": dump(backends.database, folder / "database")},
                     lambda it: f"{sum(it['rows'].values()):,} rows")  # fmt: skip
    flow.step("models", "models, records, reports, the key", lambda: {"files": copy_folders(place, folder, heed)},
              lambda it: f"{it['files']:,} files")  # fmt: skip
    flow.step("lake", "its tables", lake, lambda it: it["told"])
    flow.step("bus", "events", bus, lambda it: it["told"])
    return flow.step("seal", "a hash of each file", lambda: _sealed(backends, folder, rows["rows"], flow),
                     lambda it: f"{it['files']:,} files, {it['bytes']:,} bytes")  # fmt: skip


def _sealed(backends: Backends, folder: Path, rows: Mapping[str, int], flow: Flow) -> Result:
    files = seal(folder, flow.steps.heed)
    manifest = {
        "format": FORMAT, "shape": shape(), "code_version": CODE_VERSION, "made": datetime.now(UTC).isoformat(), "rows": dict(rows),
        "automations": backends.registry.automations(), "files": files,
    }  # fmt: skip
    draft = folder.parent / f".{folder.name}.{MANIFEST}"
    draft.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(folder / MANIFEST)
    return {
        "folder": str(folder),
        "files": len(files),
        "bytes": sum(file["bytes"] for file in files.values()),
        "rows": sum(rows.values()),
    }

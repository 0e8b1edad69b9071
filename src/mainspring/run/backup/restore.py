"""Restore: a workspace made of a backup, and a look at whether it decides as the other did."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from mainspring.backends.opening import BUS, Backends
from mainspring.backends.store.backup.rows import load, shape
from mainspring.backends.store.locks import as_store_error
from mainspring.errors import NotFound, SpecError, Tampered
from mainspring.run.backup.files import FOLDERS, FORMAT, MANIFEST, refuse_unsealed
from mainspring.run.replay import replay

REPLAYED = 100


def restore(backends: Backends, folder: Path, told: Callable[[str], None], replayed: int = REPLAYED) -> dict[str, Any]:
    """Fill a new workspace from a backup; then each automation's newest ``replayed`` decisions are made again.

    ``rows`` of the database, ``decisions`` made again, how many were the ``same``, and the ids of those that ``differ``.

    Raises:
        NotFound: there is no backup. Tampered: a file of it is missing or another; then nothing was restored.
        SpecError: the workspace is not new, or another release made the backup.
    """
    manifest = _manifest(folder)
    told("hashes")
    refuse_unsealed(folder, manifest["files"], lambda: None)
    _copy(backends, folder, told)
    rows = load(backends.database, folder / "database", told)
    decided = _made_again(backends, told, replayed)
    differ = [id for id, same in decided.items() if not same]
    return {
        "rows": sum(rows.values()), "decisions": len(decided), "same": len(decided) - len(differ), "differ": differ,
        "made": manifest["made"],
    }  # fmt: skip


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        # Without a manifest it was not finished.
        raise NotFound("backup", str(folder), sorted(str(one.parent) for one in folder.glob("*/manifest.json")))
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        made = (plain["format"], plain["shape"], plain["code_version"], plain["files"], plain["made"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Tampered(
            "the manifest of the backup cannot be read", where=str(path), remedy="take another backup"
        ) from error
    if made[:2] != (FORMAT, shape()):
        raise SpecError(
            f"release {made[2]} of Mainspring made this backup, in a form that this one does not fill its database from",
            where=str(folder), remedy=f"restore it with mainspring {made[2]}, then open that workspace with this release",
        )  # fmt: skip
    return cast("dict[str, Any]", plain)


def _copy(backends: Backends, folder: Path, told: Callable[[str], None]) -> None:
    place, lake = backends.settings.place, backends.settings.urls.lake
    if any((place / name).exists() for name in FOLDERS):
        raise SpecError("the workspace is not new", where=str(place), remedy="restore into a new one: -w FOLDER")
    if (folder / "lake").is_dir() and "://" in lake and not lake.startswith("file://"):
        raise SpecError("the backup has a lake of files, and this workspace's lies in an object store", where="lake",
                        remedy="leave lake out of mainspring.toml, or copy the backup's folder lake there")  # fmt: skip
    try:
        for path in sorted(
            path for path in folder.iterdir() if path.name not in ("database", "lake", MANIFEST, "bus.db")
        ):
            told(path.name)
            target = place / path.name
            if path.is_dir():
                shutil.copytree(path, target)
            elif path.name == "key" or not target.exists():
                shutil.copy2(path, target)
        if (folder / "lake").is_dir():
            told("lake")
            shutil.copytree(folder / "lake", lake.removeprefix("file://"), dirs_exist_ok=True)
        if (folder / "bus.db").is_file() and backends.settings.urls.bus in (
            "",
            f"sqlite:///{place / BUS.rpartition('/')[2]}",
        ):
            shutil.copy2(folder / "bus.db", place / BUS.rpartition("/")[2])
    except OSError as error:
        raise as_store_error(error, str(place)) from error


def _made_again(backends: Backends, told: Callable[[str], None], replayed: int) -> dict[str, bool]:
    decided: dict[str, bool] = {}
    for name in sorted({*backends.registry.automations(), *backends.runs.automations()}):
        told(f"decisions of {name}")
        for decision in backends.decisions.recent(name, replayed):
            decided[decision.id] = bool(replay(backends, decision.id)["same"])
    return decided

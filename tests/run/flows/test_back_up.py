import json
import shutil
import sqlite3
import stat
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy

from mainspring import Workspace
from mainspring.errors import NotFound, SpecError, Tampered


def decided(workspace: Workspace) -> list[dict]:
    rows = [{"customer": f"N{number}", "tenure": number % 7} for number in range(30)]
    workspace.feedback(
        "offers",
        [{"decision": d, "outcome": "bought"} for d in workspace.decide("offers", rows)["decision"].to_pylist()[:3]],
    )
    return workspace.decide("offers", rows).drop_columns(["at"]).to_pylist()


@pytest.fixture
def backed_up(ruled: Path, tmp_path: Path) -> Path:
    with Workspace(ruled) as workspace:
        decided(workspace)
        workspace.topics.publish("orders", [{"order": 1}])
        made = workspace.backups.make(tmp_path / "kept")
    assert made["rows"] > 30
    return Path(made["folder"])


def test_what_is_restored_decides_the_same(ruled: Path, backed_up: Path, tmp_path: Path) -> None:
    with Workspace(ruled) as before, Workspace(tmp_path / "new") as after:
        told = after.backups.restore(backed_up)
        assert (told["decisions"], told["same"], told["differ"]) == (30, 30, [])
        assert decided(after) == decided(before)
        assert after.status("offers")["actions"] == before.status("offers")["actions"]
        assert after.lake.tables()[0]["rows"] == before.lake.tables()[0]["rows"]
        assert after.topics.show("orders")["newest"][0]["data"] == {"order": 1}
        assert after.decide("offers", {"customer": "new", "tenure": 1})["action"][0].as_py() == "offer"
    assert (
        stat.S_IMODE((backed_up / "key").stat().st_mode)
        == stat.S_IMODE((tmp_path / "new" / "key").stat().st_mode)
        == 0o600
    )
    assert stat.S_IMODE(backed_up.stat().st_mode) == 0o700


def test_a_learned_version_decides_the_same(learned: Path, tmp_path: Path) -> None:
    place = tmp_path / "space"
    shutil.copytree(learned, place)
    rows = [{"customer": f"N{n}", "tenure": n, "contract": "One year", "charges": 20.0 + n} for n in range(40)]
    with Workspace(place) as workspace:
        workspace.decide("retention", rows)
        folder = workspace.backups.make(tmp_path / "kept")["folder"]
    with Workspace(tmp_path / "new") as after:
        told = after.backups.restore(folder)
        assert (told["decisions"], told["same"]) == (40, 40)
        assert after.report("retention").exists()
        assert after.models.repeat("retention")["same"] == "bytes"


def test_a_changed_file_is_not_restored(backed_up: Path, tmp_path: Path) -> None:
    whole = shutil.copytree(backed_up, tmp_path / "whole")
    for spoil in ("database/decisions.parquet", "key"):
        spoiled = shutil.copytree(whole, tmp_path / f"spoiled-{Path(spoil).stem}")
        (spoiled / spoil).write_bytes(b"x" * 32)
        with Workspace(tmp_path / "new") as workspace:
            with pytest.raises(Tampered, match=f"{spoil} is not what was backed up; nothing was restored"):
                workspace.backups.restore(spoiled)
            assert workspace.automations() == []
    (whole / "key").unlink()
    (whole / "more").write_text("x", encoding="utf-8")
    with Workspace(tmp_path / "new") as workspace:
        with pytest.raises(Tampered, match="key is missing"):
            workspace.backups.restore(whole)
        (whole / "manifest.json").write_text('{"format": 1', encoding="utf-8")
        with pytest.raises(Tampered, match="manifest"):
            workspace.backups.restore(whole)
        (whole / "manifest.json").unlink()
        with pytest.raises(NotFound, match="there is no backup"):
            workspace.backups.restore(whole)


def test_a_backup_of_another_release_is_told(backed_up: Path, tmp_path: Path) -> None:
    manifest = json.loads((backed_up / "manifest.json").read_text(encoding="utf-8"))
    (backed_up / "manifest.json").write_text(json.dumps({**manifest, "shape": "0001"}), encoding="utf-8")
    with (
        Workspace(tmp_path / "new") as workspace,
        pytest.raises(SpecError, match=r"release .* of Mainspring made this backup"),
    ):
        workspace.backups.restore(backed_up)


def test_only_a_new_workspace_is_filled(ruled: Path, backed_up: Path, tmp_path: Path) -> None:
    with Workspace(ruled) as workspace:
        with pytest.raises(SpecError, match=r"rows in .* already|is not new"):
            workspace.backups.restore(backed_up)
        with pytest.raises(SpecError, match="within the workspace"):
            workspace.backups.make(ruled / "backups")


def test_backed_up_while_others_write(ruled: Path, tmp_path: Path) -> None:
    with Workspace(ruled) as workspace, closing(sqlite3.connect(ruled / "mainspring.db")) as writer:
        decided(workspace)
        writer.execute("BEGIN")
        writer.execute("UPDATE runs SET error = 'half written'")
        folder = workspace.backups.make(tmp_path / "kept")["folder"]
        writer.rollback()
    with Workspace(tmp_path / "new") as after:
        assert after.backups.restore(folder)["same"] == 30


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[str]:
    server = sqlalchemy.make_url(postgres_url).set(drivername="postgresql+psycopg")
    name = f"test_{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"create database {name}"))
    yield server.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"drop database {name} with (force)"))
    engine.dispose()


@pytest.mark.slow
def test_from_sqlite_to_postgresql_and_back(
    backed_up: Path, tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grown").mkdir()
    (tmp_path / "grown" / "mainspring.toml").write_text(f'database = "{postgres}"\n', encoding="utf-8")
    with Workspace(tmp_path / "grown") as grown:
        assert grown.backups.restore(backed_up)["same"] == 30
        grown.decide("offers", [{"customer": "new", "tenure": 1}, {"customer": "newer", "tenure": 2}])
        folder = grown.backups.make(tmp_path / "again")["folder"]
    with Workspace(tmp_path / "back") as back:
        told = back.backups.restore(folder)
        assert (told["decisions"], told["same"]) == (32, 32)

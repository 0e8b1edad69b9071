import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring.backends.store.cursors import Cursors
from mainspring.backends.store.database import Database
from mainspring.backends.store.lake import Lake
from mainspring.backends.store.registry import Registry
from mainspring.errors import NoSpace
from mainspring.model import NUMBER_ANSWER, ModelCard, Question

pytestmark = pytest.mark.slow


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.name != "posix" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def noise(seed: int) -> pa.Table:
    return pa.table({"n": np.random.default_rng(seed).random(40_000)})


def test_a_full_disk_leaves_the_table_as_it_was(small_disk: Path) -> None:
    lake = Lake(str(small_disk / "lake"))

    def fill() -> None:
        for number in range(100):
            lake.write("retention.raw", noise(number), once=("run", number))

    with pytest.raises(NoSpace, match="the disk is full"):
        fill()
    version = lake.written("retention.raw", "run")
    assert version is not None
    assert lake.read("retention.raw").num_rows == (version + 1) * 40_000
    kept = set(small_disk.rglob("*.parquet"))
    assert len(kept) == version + 1, "what was half-written is gone"
    with pytest.raises(NoSpace):
        lake.write("retention.new", pa.concat_tables(noise(seed) for seed in range(20)))
    assert not lake.exists("retention.new")
    assert not (small_disk / "lake" / "retention" / "new").exists()
    lake.write("retention.small", pa.table({"n": [1]}))
    assert lake.count("retention.small") == 1


def test_a_full_disk_keeps_the_database_whole(small_disk: Path) -> None:
    database = Database(f"sqlite:///{small_disk / 'records.db'}")
    cursors = Cursors(database)
    cursors.set("retention", 1)

    def fill() -> None:
        for number in range(100):
            cursors.set(f"automation-{number}", "x" * 200_000)

    with pytest.raises(NoSpace):
        fill()
    assert cursors.get("retention") == 1
    database.close()
    database = Database(f"sqlite:///{small_disk / 'records.db'}")
    assert Cursors(database).get("automation-0") == "x" * 200_000
    database.close()


def test_a_model_that_does_not_fit_is_not_registered(small_disk: Path, tmp_path: Path) -> None:
    build = tmp_path / "build"
    build.mkdir()
    (build / "weights.txt").write_bytes(os.urandom(4_000_000))
    database = Database(f"sqlite:///{tmp_path / 'records.db'}")
    registry = Registry(database, small_disk / "models")
    card = ModelCard("ridge", Question.NUMBER, "price", pa.schema([("size", pa.float64())]), NUMBER_ANSWER)
    with pytest.raises(NoSpace):
        registry.add("prices", build, card=card, facts={"run_id": "r1", "model_hash": "x"})
    assert registry.versions("prices") == []
    assert (build / "weights.txt").exists()
    assert not [path for path in small_disk.rglob("*") if path.is_file()]
    database.close()

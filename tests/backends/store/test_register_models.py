from pathlib import Path

import pyarrow as pa
import pytest

from mainspring.backends.store.audit import Audit
from mainspring.backends.store.database import Database
from mainspring.backends.store.registry import Registry
from mainspring.errors import NotFound, StoreError
from mainspring.model import NUMBER_ANSWER, ModelCard, Question, seal

CARD = ModelCard(
    "ridge", Question.NUMBER, "price", pa.schema([("size", pa.float64())]), NUMBER_ANSWER, metrics={"rmse": 2.5}
)


@pytest.fixture
def registry(database: Database, tmp_path: Path) -> Registry:
    return Registry(database, tmp_path / "models")


def built(folder: Path, text: str = "weights") -> tuple[Path, str]:
    """A sealed model and its hash."""
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "weights.txt").write_text(text)
    return folder, seal(folder)


def add(registry: Registry, tmp_path: Path, run: str, automation: str = "prices") -> int:
    folder, digest = built(tmp_path / f"build-{run}", f"weights of {run}")
    return registry.add(automation, folder, card=CARD, facts={"run_id": run, "model_hash": digest, "data_version": 3})


def test_a_registered_model_can_be_found_again(registry: Registry, tmp_path: Path) -> None:
    assert add(registry, tmp_path, "r1") == 1
    (found,) = registry.versions("prices")
    assert found == registry.get("prices", 1)
    assert (found.card, found.metrics, found.run_id) == (CARD, {"rmse": 2.5}, "r1")
    assert found.facts["data_version"] == 3
    assert (found.folder / "inner" / "weights.txt").read_text() == "weights of r1"
    assert seal(found.folder) == found.hash
    assert found.to_dict()["card"]["metrics"] == {"rmse": 2.5}
    assert not (tmp_path / "build-r1").exists()


def test_a_run_that_registers_again_gets_the_same_version(registry: Registry, tmp_path: Path) -> None:
    facts = {"run_id": "r1", "model_hash": "x"}
    assert add(registry, tmp_path, "r1") == 1
    assert registry.add("prices", tmp_path / "gone", card=CARD, facts=facts) == 1
    assert add(registry, tmp_path, "r2") == 2
    assert add(registry, tmp_path, "r3", "rents") == 1
    assert registry.automations() == ["prices", "rents"]
    assert registry.has("prices")
    assert not registry.has("wages")


def test_a_version_of_a_killed_process_is_made_anew(registry: Registry, tmp_path: Path) -> None:
    for leftover in ("1", ".1.incoming"):
        (tmp_path / "models" / "prices" / leftover).mkdir(parents=True)
        (tmp_path / "models" / "prices" / leftover / "half.txt").write_text("half")
    assert add(registry, tmp_path, "r1") == 1
    assert not (registry.get("prices", 1).folder / "half.txt").exists()


def test_without_its_files_there_is_no_version(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        registry.add("prices", tmp_path / "nothing", card=CARD, facts={"run_id": "r1", "model_hash": "x"})
    assert registry.versions("prices") == []


def test_promote_and_roll_back(registry: Registry, database: Database, tmp_path: Path) -> None:
    for run in ("r1", "r2", "r3"):
        registry.promote("prices", add(registry, tmp_path, run), by="Ann")
    registry.promote("prices", 2, alias="challenger", by="Ann")
    assert registry.get("prices").version == registry.standing("prices") == 3
    assert registry.standing("rents") is None
    assert registry.rollback("prices", by="Bo", why="too dear").version == 2
    assert registry.get("prices", 2).aliases == ("challenger", "champion")
    assert registry.rollback("prices", by="Bo").version == 1
    with pytest.raises(StoreError, match="no earlier champion"):
        registry.rollback("prices", by="Bo")
    registry.promote("prices", 3, by="Ann")
    assert registry.rollback("prices", by="Bo").version == 1
    told = [(entry["what"], entry["by"], entry["facts"].get("why")) for entry in Audit(database).recent("prices")]
    assert ("rolled back", "Bo", "too dear") in told
    assert len([what for what, _, _ in told if what == "registered"]) == 3


def test_promoting_the_champion_changes_nothing(registry: Registry, database: Database, tmp_path: Path) -> None:
    add(registry, tmp_path, "r1")
    for _ in range(2):
        registry.promote("prices", 1, by="Ann")
    assert [entry["what"] for entry in Audit(database).recent("prices")] == ["promoted", "registered"]
    with pytest.raises(StoreError, match="no earlier champion"):
        registry.rollback("prices", by="Ann")


def test_what_is_not_there_is_told_with_what_is(registry: Registry, tmp_path: Path) -> None:
    add(registry, tmp_path, "r1")
    with pytest.raises(NotFound, match="known: 1"):
        registry.get("prices", 7)
    with pytest.raises(NotFound, match="known: 1"):
        registry.get("prices")
    registry.promote("prices", 1, by="Ann")
    with pytest.raises(NotFound, match="did you mean 'champion'"):
        registry.get("prices", "champoin")
    with pytest.raises(NotFound, match="did you mean 'prices'"):
        registry.get("price")
    with pytest.raises(NotFound):
        registry.promote("prices", 2, by="Ann")

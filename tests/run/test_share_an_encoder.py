"""Automations tuned by LoRA on one encoder: saved as adapters, served from one session, backed up, restored and exported whole."""

import csv
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas
import pyarrow as pa
import pytest

from mainspring import Workspace
from mainspring.errors import LearnError
from mainspring.steps.learn.text.kinds import ADAPTER, KEPT

pytestmark = pytest.mark.slow
ABOUT = {
    "card": ("card", "chip", "pin"),
    "loan": ("loan", "mortgage", "rate"),
    "login": ("password", "account", "email"),
}
WORDS = ["please", "help", "me", "with", "my", "new", *(word for words in ABOUT.values() for word in words)]
ROWS = [{"text": f"please help me with my new {word}"} for words in ABOUT.values() for word in words]

DECLARATION = """
name: {name}
source: {{table: messages.csv, key: id}}
prepare: {{types: {{text: text}}}}
learn:
  target: {name}
  exclude: [{other}]
  encoder: {encoder}
  candidates: [encoder_{method}]
  limits: {{time: 120s}}
  split: {{folds: 2}}
decide: {{rules: [{{if: "prediction == 'card'", then: block, because: it is about a card}}]}}
act: {{block: {{table: blocked}}}}
"""


def _messages(path: Path) -> None:
    dice = random.Random(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", "text", "about", "urgent"])
        for number in range(240):
            about = dice.choice(list(ABOUT))
            word = dice.choice(ABOUT[about])
            urgent = word in ("card", "loan", "password")
            out.writerow([f"M{number}", f"please help me with my new {word}", about, "yes" if urgent else "no"])


@dataclass(frozen=True)
class Left:
    """What is left of a workspace whose two automations, one by LoRA and one by AdaLoRA, were learned on an encoder that is gone."""

    models: Path
    backup: Path
    exported: Path
    answers: list[pa.Table]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory, untaught: Callable[..., Path]) -> Iterator[Left]:
    place = tmp_path_factory.mktemp("shared")
    _messages(place / "messages.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        encoder = untaught(place / "mine", WORDS)
        with Workspace(place / "space") as workspace:
            for name, method, other in (("about", "lora", "urgent"), ("urgent", "adalora", "about")):
                text = DECLARATION.format(name=name, encoder=encoder, method=method, other=other)
                (place / f"{name}.yaml").write_text(text, encoding="utf-8")
                workspace.run(place / f"{name}.yaml")
            answers = [workspace.predict(name, ROWS) for name in ("about", "urgent")]
            for at, row in enumerate(ROWS):
                workspace.decide("about", {"id": f"N{at}", **row})
            backup = workspace.backups.make(place / "kept")["folder"]
            workspace.models.export("about", place / "exported", form="mlflow")
        shutil.rmtree(encoder)
        patch.setenv("XDG_CACHE_HOME", str(place / "another"))
        yield Left(place / "space" / "models", Path(backup), place / "exported", answers)


def test_versions_are_adapters_and_the_encoder_is_kept_once(left: Left) -> None:
    found = {path.relative_to(left.models).parts[0]: path for path in left.models.rglob(ADAPTER)}
    assert set(found) == {"about", "urgent"}
    assert not list(left.models.rglob("*.onnx"))
    assert len(list((left.models / KEPT).iterdir())) == 1


def test_what_is_restored_without_the_encoder_decides_the_same(
    left: Left, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Workspace(tmp_path / "new") as workspace:
        told = workspace.backups.restore(left.backup)
        assert (told["decisions"], told["differ"]) == (len(ROWS), [])
        assert [workspace.predict(name, ROWS) for name in ("about", "urgent")] == left.answers
    shutil.rmtree(tmp_path / "new" / "models" / KEPT)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "third"))
    with Workspace(tmp_path / "new") as workspace, pytest.raises(LearnError, match="stands on is not here"):
        workspace.predict("about", ROWS)


def test_what_is_exported_brings_the_encoder_along(left: Left, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "fourth"))
    mlflow = pytest.importorskip("mlflow.pyfunc")
    told = mlflow.load_model(str(left.exported)).predict(pandas.DataFrame(ROWS))
    assert told["prediction"].tolist() == left.answers[0]["prediction"].to_pylist()

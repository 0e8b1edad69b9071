"""Runs and their candidates as MLflow, TensorBoard and Weights & Biases read them back; and what becomes of a run they refuse."""

import csv
import json
import random
import sys
import warnings
from pathlib import Path

import pytest

from mainspring import Workspace
from mainspring.backends.opening import Settings, open_trackers
from mainspring.errors import MissingExtra, QualityError, SpecError

SECRET = "Yes-4711"


def settings(folder: Path, trackers: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mainspring.toml").write_text(f"trackers = {json.dumps(trackers)}\n", encoding="utf-8")
    return folder


def declared(folder: Path, churn: str = SECRET) -> Path:
    dice = random.Random(3)
    with (folder / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["customer", "tenure", "charges", "churn"])
        for i in range(300):
            tenure, charges = dice.randint(0, 70), dice.uniform(20, 110)
            rows.writerow([f"C-{i}", tenure, charges, churn if dice.random() < 0.8 - tenure / 90 else SECRET])
    path = folder / "retention.yaml"
    declaration = {
        "name": "retention", "source": {"table": "customers.csv", "key": "customer"}, "prepare": {"protect": {"customer": "hash"}},
        "learn": {"target": "churn", "positive": SECRET, "limits": {"time": "20s"}, "candidates": ["linear", "decision_tree"]},
        "decide": {"threshold": 0.5}, "act": {"offer": {"webhook": "https://example.com/?token=secret-0815"}},
    }  # fmt: skip
    path.write_text(json.dumps(declaration), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A workspace whose run all three trackers were told of, and the run's result."""
    folder = tmp_path_factory.mktemp("tracked")
    place = settings(folder / "space", ["mlflow:./mlflow", "tensorboard:runs", "wandb:offline"])
    with pytest.MonkeyPatch.context() as environment, Workspace(place) as workspace:
        for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
            environment.setenv(name, str(folder / "wandb"))
        result = workspace.run(declared(folder, "No"))
    assert not [note for note in result.notes if "did not take" in note], result.notes
    return place, result.to_dict()


def mlflow_runs(uri: str) -> list:
    from mlflow import MlflowClient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = MlflowClient(tracking_uri=uri)
        experiment = client.get_experiment_by_name("retention")
        assert experiment is not None
        runs = list(client.search_runs([experiment.experiment_id]))
        return [(run, [a.path for a in client.list_artifacts(run.info.run_id)]) for run in runs]


def test_mlflow_has_the_run_and_its_candidates(tracked) -> None:
    place, result = tracked
    runs = mlflow_runs(f"sqlite:///{place / 'mlflow' / 'mlflow.db'}")
    [(run, artifacts)] = [pair for pair in runs if "mlflow.parentRunId" not in pair[0].data.tags]
    nested = {r.info.run_name: r for r, _ in runs if r.data.tags.get("mlflow.parentRunId") == run.info.run_id}
    assert run.info.status == "FINISHED"
    assert run.data.tags["version"] == "1"
    assert run.data.metrics["test_log_loss"] == pytest.approx(result["metrics"]["log_loss"])
    assert {"latency_p95_ms", "memory_mb", "run_seconds", "test_log_loss_low"} <= set(run.data.metrics)
    assert run.data.params["learn.limits.time"] == "20.0"
    assert artifacts == ["1.html"]
    assert set(nested) == {"linear", "decision_tree"}
    assert {"score", "spread", "seconds", "weight"} <= set(nested["linear"].data.metrics)
    assert nested["linear"].data.params["learner"] == "linear"


def test_tensorboard_has_the_run_and_its_candidates(tracked) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    place, result = tracked
    folder = place / "runs" / "retention" / result["run_id"]
    whole = EventAccumulator(str(folder))
    whole.Reload()
    assert whole.Scalars("test_log_loss")[0].value == pytest.approx(result["metrics"]["log_loss"], rel=1e-6)
    assert (folder / "1.html").exists()
    one = EventAccumulator(str(folder / "linear"))
    one.Reload()
    assert {"score", "spread", "seconds"} <= set(one.Tags()["scalars"])


def test_weights_and_biases_has_the_run_offline(tracked) -> None:
    place, result = tracked
    [kept] = (place / "wandb").glob("offline-run-*")
    text = next(kept.glob("*.wandb")).read_bytes()
    for word in ("test_log_loss", "linear/score", result["run_id"], "learn.target", "run_seconds"):
        assert word.encode() in text


def test_no_value_of_the_data_and_no_secret_is_told(tracked) -> None:
    place, _ = tracked
    files = [p for name in ("mlflow", "runs", "wandb") for p in (place / name).rglob("*") if p.is_file()]
    told = {p: p.read_bytes() for p in files if p.suffix != ".html"}
    for value in ("secret-0815", SECRET, "C-17"):
        assert [path for path, text in told.items() if value.encode() in text] == []


def test_a_failed_run_is_told_as_failed(tmp_path: Path) -> None:
    place = settings(tmp_path / "space", ["mlflow"])
    with Workspace(place) as workspace, pytest.raises(QualityError):
        workspace.run(declared(tmp_path))
    [(run, _)] = mlflow_runs(f"sqlite:///{place / 'mlflow' / 'mlflow.db'}")
    assert run.info.status == "FAILED"
    assert run.data.tags["error"] == "QualityError"


def test_a_tracker_that_is_away_breaks_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    trackers = ["mlflow:http://ann:word-99@127.0.0.1:9", f"tensorboard:{tmp_path / 'file'}"]
    with Workspace(settings(tmp_path / "space", trackers)) as workspace:
        result = workspace.run(declared(tmp_path, "No"), candidates=["linear"])
    assert result.version == 1
    assert [note.split()[0] for note in result.notes if "did not take" in note] == ["mlflow", "tensorboard"]
    assert "word-99" not in str(result.to_dict())


def test_without_settings_nobody_is_told(tmp_path: Path) -> None:
    assert open_trackers(Settings.read(tmp_path, {})) == {}


def test_the_environment_names_trackers(tmp_path: Path) -> None:
    told = Settings.read(settings(tmp_path, ["mlflow"]), {"MAINSPRING_TRACKERS": "tensorboard:a, wandb:offline"})
    assert told.trackers == ("tensorboard:a", "wandb:offline")
    assert Settings.read(tmp_path, {"MAINSPRING_TRACKERS": ""}).trackers == ()


@pytest.mark.parametrize(
    ("wrong", "remedy"), [("mlfow:x", "mlflow"), ("wandb:of", "wandb:offline"), ("neptune", "known")]
)
def test_a_wrong_tracker_is_refused(tmp_path: Path, wrong: str, remedy: str) -> None:
    with pytest.raises(SpecError) as refused:
        Settings.read(settings(tmp_path, [wrong]), {})
    assert remedy in refused.value.remedy


def test_trackers_are_a_list(tmp_path: Path) -> None:
    (tmp_path / "mainspring.toml").write_text('trackers = "mlflow"\n', encoding="utf-8")
    with pytest.raises(SpecError, match="list of texts"):
        Settings.read(tmp_path, {})


def test_a_missing_library_is_told_with_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    monkeypatch.delitem(sys.modules, "mainspring.backends.trackers.wandb", raising=False)
    with pytest.raises(MissingExtra) as missing:
        open_trackers(Settings.read(settings(tmp_path, ["wandb:offline"]), {}))
    assert missing.value.remedy == 'pip install "mainspring[wandb]"'

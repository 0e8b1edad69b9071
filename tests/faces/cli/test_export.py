"""Write a version as ONNX or for MLflow, from the command line."""

import json
from pathlib import Path

import pytest


def test_export_writes_what_was_asked_for(ask, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("mlflow")
    file, folder = tmp_path / "model.onnx", tmp_path / "model"
    ran = ask("export", "retention", "--onnx", str(file), "--mlflow", str(folder), "--json")
    assert ran.exit_code == 0, (ran.output, ran.exception)
    told = json.loads(ran.stdout)
    assert [(line["form"], line["version"], Path(line["path"])) for line in told] == [
        ("onnx", 1, file),
        ("mlflow", 1, folder),
    ]
    assert all(line["difference"] < 1e-9 for line in told)
    assert file.stat().st_size > 0
    assert (folder / "MLmodel").exists()


def test_export_to_nothing_is_refused(run_script, place: Path) -> None:
    ran = run_script("export", "retention", "-w", place)
    assert ran.returncode == 2
    assert "--onnx FILE or --mlflow FOLDER" in ran.stderr


def test_a_version_that_is_not_there_is_told(run_script, place: Path, tmp_path: Path) -> None:
    ran = run_script("export", "retention", "--version", "99", "--onnx", tmp_path / "model.onnx", "-w", place)
    assert ran.returncode == 2
    assert "99" in ran.stderr
    assert list(tmp_path.iterdir()) == []

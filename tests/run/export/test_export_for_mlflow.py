"""A version as an MLflow folder: another Python with Mainspring opens it and predicts from a data frame."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from mainspring.errors import ExportError

mlflow = pytest.importorskip("mlflow")
mlflow_folder = pytest.importorskip("mainspring.run.export.mlflow_folder")
pandas = pytest.importorskip("pandas")

ANOTHER_PYTHON = """
import json, logging, os, sys, warnings
warnings.simplefilter("ignore")
logging.disable()
import mlflow.pyfunc, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
frame = pandas.read_parquet(sys.argv[2])
answers = model.predict(frame)
loaded = sorted(m for m in sys.modules if m.startswith(("cloudpickle", "mainspring.run.train", "mainspring.workspace")))
print(json.dumps({"answers": answers.to_dict("records"), "inputs": model.metadata.signature.inputs.input_names(), "loaded": loaded}))
"""


@pytest.mark.parametrize("question", ["two classes", "four classes", "a number"])
def test_another_python_opens_and_predicts(make, question: str, tmp_path: Path) -> None:
    model, rows = make(question, ("linear", "lightgbm"))
    assert mlflow_folder.write(model, tmp_path / "model", rows) == 0.0
    some = rows.slice(0, 20)
    parquet.write_table(some, tmp_path / "rows.parquet")
    ran = subprocess.run(
        [sys.executable, "-c", ANOTHER_PYTHON, tmp_path / "model", tmp_path / "rows.parquet"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["answers"] == model.predict(some).to_pylist()
    assert told["inputs"] == model.transform.input.names
    assert not [name for name in told["loaded"] if name.startswith("mainspring")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "rows.parquet"]


def test_a_frame_is_read_as_records_are(make, tmp_path: Path) -> None:
    model, rows = make("two classes", ("linear", "lightgbm"))
    mlflow_folder.write(model, tmp_path / "model", rows)
    record = {"income": 3200, "joined": "2021-03-01 12:00", "plan": "Plus", "member": 1}
    opened = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    assert opened.predict(pandas.DataFrame([record])).to_dict("records") == [model.predict_one(record)]


def test_nothing_is_pickled_and_no_row_is_shown(make, tmp_path: Path) -> None:
    model, rows = make("two classes", ("linear", "random_forest"))
    mlflow_folder.write(model, tmp_path / "model", rows)
    assert not list(tmp_path.rglob("*.pkl"))
    example = json.loads((tmp_path / "model" / "input_example.json").read_text())
    shown = dict(zip(example["columns"], example["data"][0], strict=True))
    assert shown.pop("plan") in ("basic", "Plus", "专业")
    assert shown == {
        "income": 1.0,
        "children": 1.0,
        "member": True,
        "town": "text",
        "joined": "2024-01-01T00:00:00",
    }


def test_a_changed_file_is_not_opened(make, tmp_path: Path) -> None:
    model, rows = make("a number", ("linear",))
    mlflow_folder.write(model, tmp_path / "model", rows)
    card = next((tmp_path / "model").rglob("transform/card.json"))
    card.write_text(card.read_text().replace("Plus", "Minus"))
    with pytest.raises(Exception, match="changed after the model was saved"):
        mlflow.pyfunc.load_model(str(tmp_path / "model"))


def test_a_folder_with_something_in_it_is_left_alone(make, tmp_path: Path) -> None:
    model, rows = make("a number", ("linear",))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="something already"):
        mlflow_folder.write(model, tmp_path / "model", rows)
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "mine.txt"]

"""``learn.limits.runtime: onnx``: what is learned can be exported, and is; what cannot be is refused before anything is learned."""

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring import Automation, Workspace
from mainspring.errors import ExportError
from mainspring.model import open_model
from mainspring.run.kinds import KINDS
from mainspring.steps.learn.export.kinds import WRITERS, only_exportable
from mainspring.steps.learn.kinds import learner_named

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

WORDS = [
    "parcel",
    "late",
    "again",
    "nobody",
    "called",
    "me",
    "back",
    "about",
    "broken",
    "screen",
    "sent",
    "in",
    "weeks",
    "ago",
]


def declared(table: str) -> Automation:
    limits = {"time": "40s", "runtime": "onnx"}
    learn = {"target": "left", "candidates": ["linear", "decision_tree"], "limits": limits, "split": {"folds": 2}}
    return Automation.model_validate({"name": "leaving", "source": {"table": table}, "learn": learn})


def write_customers(path: Path, texts: bool) -> None:
    dice = random.Random(3)
    lines = ["months,plan,left" + (",complaint" if texts else "")]
    for _ in range(300):
        months, plan = dice.randint(0, 60), dice.choice(["a", "b", "c"])
        left = "yes" if dice.random() < 0.8 - months / 80 else "no"
        lines.append(f"{months},{plan},{left}" + (f",{' '.join(dice.choices(WORDS, k=14))}" if texts else ""))
    path.write_text("\n".join(lines), encoding="utf-8")


def test_the_file_is_kept_beside_the_version_and_answers_as_it(tmp_path: Path) -> None:
    write_customers(tmp_path / "customers.csv", texts=False)
    with Workspace(tmp_path / "space") as space:
        space.run(declared(str(tmp_path / "customers.csv")))
        version = space.models.list("leaving")[0]
        answer = space.predict("leaving", {"months": 3, "plan": "b"}).to_pylist()[0]
    assert {"limit": "runtime", "declared": "onnx", "measured": "onnx", "ok": True} in version.facts["kept"]
    session = onnxruntime.InferenceSession(str(version.folder / "model.onnx"), providers=["CPUExecutionProvider"])
    asked = {"months": np.array([[3.0]]), "plan": np.array([["b"]], dtype=object)}
    told = dict(zip([o.name for o in session.get_outputs()], session.run(None, asked), strict=True))
    assert told["probability_yes"][0] == pytest.approx(answer["probability_yes"], abs=1e-12)
    assert len(open_model(version.folder, KINDS, version.hash).predict(pa.table({"months": [1]}))) == 1


def test_a_text_is_refused_before_anything_is_learned(tmp_path: Path) -> None:
    write_customers(tmp_path / "customers.csv", texts=True)
    with Workspace(tmp_path / "space") as space, pytest.raises(ExportError, match="'complaint'") as told:
        space.run(declared(str(tmp_path / "customers.csv")))
    assert "learn.exclude: [complaint]" in told.value.remedy


def test_a_learner_without_a_writer_does_not_take_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(WRITERS, "catboost")
    learners = [learner_named("linear"), learner_named("catboost", name="catboost_small")]
    kept, lacking = only_exportable(learners)
    assert [learner.name for learner in kept] == ["linear"]
    assert "cannot be exported" in lacking["catboost_small"]

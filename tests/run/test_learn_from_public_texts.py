"""Public texts are learned from as a user would: a file, a declaration, a run. They are skipped where the data are not."""

import csv
import gzip
from pathlib import Path

import pytest

from mainspring import Workspace

DATA = Path(__file__).parents[3] / "shared" / "data"
DECLARATION = """
name: public
source: {{table: public.csv}}
learn: {{target: label, limits: {{time: 40s}}, candidates: [tfidf_linear], {more}}}
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.is_dir(), reason="the public data are not here")]


def learned(folder: Path, rows: list[tuple[str, str]], more: str = "split: {folds: 3}") -> Workspace:
    with (folder / "public.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    (folder / "public.yaml").write_text(DECLARATION.format(more=more), encoding="utf-8")
    workspace = Workspace(folder / "space")
    workspace.run(folder / "public.yaml")
    return workspace


def test_chinese_reviews(tmp_path: Path) -> None:
    content = gzip.decompress((DATA / "zh_chnsenticorp_split" / "train.tsv.gz").read_bytes()).decode()
    rows = [(text, label) for label, _, text in (line.partition("\t") for line in content.splitlines()[1:4001])]
    with learned(tmp_path, rows) as workspace:
        assert workspace.models.list("public")[0].metrics["accuracy"] > 0.85
        asked = [{"text": "房间很脏，服务员态度恶劣，再也不来了"}, {"text": "環境很好，早餐豐富，下次還會來"}]
        assert [str(one) for one in workspace.predict("public", asked)["prediction"].to_pylist()] == ["0", "1"]


def test_intents_of_customers(tmp_path: Path) -> None:
    with (DATA / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    with learned(tmp_path, rows, "split: {folds: 2}, out_of_scope: 0.05") as workspace:
        metrics = workspace.models.list("public")[0].metrics
        assert metrics["accuracy"] > 0.75
        asked = ["I lost my card, what do I do?", "tell me a joke about penguins and the moon"]
        answers = workspace.predict("public", [{"text": text} for text in asked])
        assert answers["prediction"].to_pylist()[0] == "lost_or_stolen_card"
        assert answers["out_of_scope"].to_pylist()[1] is True

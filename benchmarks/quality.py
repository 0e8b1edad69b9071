"""Quality after so many seconds, on 30 % of the rows held out, the classes in equal shares, ``random_state`` the seed.

``make bench-quality`` runs the Telco churn table with three seeds; ``--tables`` names others (``--list`` lists them). ROC AUC for
two classes, log loss for more, RMSE for numbers. The held-out rows are seen by nothing before they are scored.
"""

import argparse
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import machine
import tables
from mainspring import Automation, Workspace


def measure(table: tables.Task, seed: int, seconds: float) -> tuple[float, float, str]:
    train, test = tables.fold(table, seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        pq.write_table(pa.Table.from_pandas(train, preserve_index=False), folder / "train.parquet")
        declared = {
            "name": "quality", "source": {"table": str(folder / "train.parquet")}, "prepare": {"duplicates": "keep"},
            "learn": {"target": table.target, "question": table.question, "optimise": table.metric, "limits": {"time": seconds},
                      "seed": seed,
                      "split": {"test": 0.02}},
        }  # fmt: skip
        with Workspace(folder / "workspace") as workspace:
            began = time.perf_counter()
            result = workspace.run(Automation.model_validate(declared))
            spent = time.perf_counter() - began
            answers = workspace.predict(
                "quality", pa.Table.from_pandas(test.drop(columns=table.target), preserve_index=False)
            )
            card = workspace.models.list("quality")[0].card
    assert result.version == 1
    latency = f"{card.latency_ms['p50']:.3f} ms a row"
    return tables.score(table, test[table.target], answers_of(table, answers)), spent, ", ".join([latency, *card.notes])


def answers_of(table: tables.Task, answers: pa.Table) -> pd.DataFrame:
    if table.question == tables.NUMBER:
        return answers.select(["prediction"]).to_pandas()
    return pd.DataFrame({label: answers.column(f"probability_{label}").to_numpy() for label in table.classes})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", default=["wa_churn"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--list", action="store_true", help="only name the tables")
    told = parser.parse_args()
    if told.list:
        print("\n".join(tables.names()))
        return
    print(machine.line("mainspring", "scikit-learn", "lightgbm", "xgboost-cpu", "catboost"))
    for name in told.tables:
        table = tables.load(name)
        scores: list[float] = []
        for seed in range(told.seeds):
            value, spent, notes = measure(table, seed, told.seconds)
            scores.append(value)
            print(f"{name} {table.metric} seed {seed}: {value:.5g} in {spent:.0f} s ({notes})", flush=True)
        if len(scores) > 1:
            print(f"{name}: mean {statistics.mean(scores):.5g}, standard deviation {statistics.stdev(scores):.2g}")


if __name__ == "__main__":
    main()

"""A LightGBM of the Telco table, as each peer serves it: ``python learn.py TABLE.json FOLDER TREES LEAVES``. In the peers' environment."""

import json
import sys
from pathlib import Path

import lightgbm
import mlflow.lightgbm
import pandas as pd


def main() -> None:
    rows, folder = pd.DataFrame(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), Path(sys.argv[2])
    target = (rows.pop("churn") == "Yes").astype(int)
    codes = {name: sorted(rows[name].dropna().unique()) for name in rows.select_dtypes("object")}
    coded = encode(rows, codes)
    trees, leaves = map(int, sys.argv[3:5])
    how = {"objective": "binary", "num_leaves": leaves, "learning_rate": 0.02, "verbose": -1}
    model = lightgbm.train(how, lightgbm.Dataset(coded, target), trees)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_model(folder / "model.txt")
    (folder / "codes.json").write_text(json.dumps(codes), encoding="utf-8")
    mlflow.lightgbm.save_model(model, folder / "mlflow")
    print(json.dumps(coded.astype(float).head(500).to_dict("records")))


def encode(rows: pd.DataFrame, codes: dict) -> pd.DataFrame:
    """Texts as numbers: MLflow's server takes what the model was learned from."""
    return rows.assign(
        **{name: rows[name].map({text: i for i, text in enumerate(codes[name])}) for name in codes}
    ).astype(float)


if __name__ == "__main__":
    main()

"""BentoML's service of the same model. ``MODEL`` names its folder."""

import os
from pathlib import Path

import bentoml
import lightgbm
import numpy as np


@bentoml.service(workers=1)
class Churn:
    def __init__(self) -> None:
        self.model = lightgbm.Booster(model_file=Path(os.environ["MODEL"]) / "model.txt")
        self.names = self.model.feature_name()

    @bentoml.api
    def predict(self, records: list[dict]) -> list[float]:
        rows = np.array([[record.get(name) for name in self.names] for record in records], dtype=float)
        return self.model.predict(rows, num_threads=1).tolist()

"""Ray Serve's deployment of the same model: ``python rayserve.py FOLDER PORT``."""

import sys
import time
from pathlib import Path

import lightgbm
import numpy as np
import ray
from ray import serve


@serve.deployment(num_replicas=1, max_ongoing_requests=100)
class Churn:
    def __init__(self, folder: str) -> None:
        self.model = lightgbm.Booster(model_file=Path(folder) / "model.txt")
        self.names = self.model.feature_name()

    async def __call__(self, request) -> list[float]:
        records = (await request.json())["records"]
        rows = np.array([[record.get(name) for name in self.names] for record in records], dtype=float)
        return self.model.predict(rows, num_threads=1).tolist()


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR")
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[2])})
    serve.run(Churn.bind(sys.argv[1]))
    print("ready", flush=True)
    while True:
        time.sleep(60)

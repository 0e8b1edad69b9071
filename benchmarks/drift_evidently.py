"""Evidently's own answer, in its own environment: tables on standard input, drifted or not a column a window on standard output."""

import json
import sys
import warnings

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

warnings.simplefilter("ignore")
told = json.load(sys.stdin)
before = pd.DataFrame(told["before"])
answers = []
for now in told["nows"]:
    seen = Report([DataDriftPreset()]).run(pd.DataFrame(now), before).dict()
    columns = [m for m in seen["metrics"] if m["metric_name"].startswith("ValueDrift")]
    answers.append([
        bool(m["value"] < m["config"]["threshold"] if "p_value" in m["metric_name"] else m["value"] >= m["config"]["threshold"])
        for m in columns
    ])  # fmt: skip
print(json.dumps(answers))

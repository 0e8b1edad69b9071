"""How long ``import mainspring`` and ``mainspring --help`` take, beside an empty Python. ``make bench-import``."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import machine

RUNS = 15
SCRIPT = str(Path(sys.executable).with_name("mainspring"))
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import mainspring": [sys.executable, "-c", "import mainspring"],
    "mainspring --help": [SCRIPT, "--help"],
    "from mainspring import Workspace": [sys.executable, "-c", "from mainspring import Workspace"],
}


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    print(machine.line("mainspring"))
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(RUNS + 1):
        for name, command in COMMANDS.items():
            spent = seconds(command)
            if turn:  # the first turn warms the disk
                taken[name].append(spent)
    empty = statistics.median(taken["python -c pass"])
    print(f"{'command':34} {'median s':>9} {'min':>7} {'max':>7} {'× empty':>8}")
    for name, spent in taken.items():
        median = statistics.median(spent)
        print(f"{name:34} {median:9.3f} {min(spent):7.3f} {max(spent):7.3f} {median / empty:8.1f}")


if __name__ == "__main__":
    main()

"""A version that reads texts with an encoder is learned again from its record, by other processes: the same model, byte for byte."""

import csv
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mainspring.steps.learn.text.kinds import lacks_encoders, lacks_tuning

GOOD = ("wonderful stay", "very friendly people", "lovely breakfast", "a quiet and clean place", "we shall come again")
BAD = ("dirty room", "rude people at the desk", "awful breakfast", "noise all night long", "never again")
LACKS = lacks_encoders() or lacks_tuning()

pytestmark = [pytest.mark.slow, pytest.mark.skipif(LACKS is not None, reason=str(LACKS))]


def told(folder: Path, *words: str) -> Any:
    """What the command says, in a process of its own."""
    command = [sys.executable, "-m", "mainspring", *words, "--json", "-w", str(folder / "space")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("time", "candidates"), [("40s", ["tfidf_linear", "encoder_linear", "linear"]), ("100s", ["encoder_tuned"])]
)
def test_a_run_in_which_an_encoder_takes_part_is_the_same_byte_for_byte(
    tmp_path: Path, time: str, candidates: list[str]
) -> None:
    dice = random.Random(7)
    with (tmp_path / "reviews.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["guest", "review", "nights", "mood"])
        for number in range(400):
            nights = dice.randint(1, 9)
            good = dice.random() < 0.3 + nights / 20
            said = [dice.choice(GOOD if dice.random() < (0.8 if good else 0.2) else BAD) for _ in range(2)]
            out.writerow([f"G{number}", f"{said[0]}, {said[1]}, room {number}", nights, "good" if good else "bad"])
    (tmp_path / "reviews.yaml").write_text(
        f"name: reviews\nsource: {{table: reviews.csv, key: guest}}\n"
        f"learn: {{target: mood, limits: {{time: {time}}}, candidates: {json.dumps(candidates)}, split: {{folds: 3}}}}\n",
        encoding="utf-8",
    )
    run = told(tmp_path, "run", "reviews.yaml")
    (encoder,) = [line for line in run["leaderboard"] if line["name"].startswith("encoder")]
    assert encoder["folds"] >= 1
    assert encoder["why_not"] is None
    again = told(tmp_path, "repeat", "reviews")
    assert (again["same"], again["difference"], again["differs"]) == ("bytes", 0.0, [])
    assert again["fits"] >= len(candidates)

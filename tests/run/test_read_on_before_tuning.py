"""Before an encoder is tuned it reads on in the texts of all rows (``adapt``), or has a ``teacher``: rows without a target count, too."""

import csv
import json
import random
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from mainspring import Workspace

pytestmark = pytest.mark.slow
ABOUT = {
    "card": ("card", "chip", "pin"),
    "loan": ("loan", "mortgage", "rate"),
    "login": ("password", "account", "email"),
}
WORDS = ["please", "help", "me", "with", "my", "new", *(word for words in ABOUT.values() for word in words)]
DECLARATION = """
name: about
source: {{table: messages.csv, key: id}}
prepare: {{types: {{text: text}}}}
learn:
  target: about
  {ahead}
  encoder: {encoder}
  candidates: [encoder_tuned]
  limits: {{time: 150s}}
  split: {{folds: 2}}
"""


@pytest.mark.parametrize(
    ("ahead", "note"),
    [
        # 240 without a target, and the texts of the 96 that are not kept apart for the test.
        ("adapt: true", "encoder_tuned: reading on in 336 texts was"),
        ("teacher: {place}/larger", "encoder_tuned: being taught by '{place}/larger' was"),
    ],
    ids=["adapt", "teacher"],
)
def test_texts_of_rows_without_a_target_are_read_and_the_card_says_so(
    ahead: str, note: str, tmp_path: Path, untaught: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    dice = random.Random(0)
    with (tmp_path / "messages.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", "text", "about"])
        for number in range(360):
            about = dice.choice(list(ABOUT))
            told = f"please help me with my new {dice.choice(ABOUT[about])} {dice.choice(ABOUT[about])}"
            out.writerow([f"M{number}", told, about if number % 3 == 0 else ""])
    encoder, place = untaught(tmp_path / "mine", WORDS), str(tmp_path)
    untaught(tmp_path / "larger", WORDS)
    told = DECLARATION.format(encoder=encoder, ahead=ahead.format(place=place))
    (tmp_path / "about.yaml").write_text(told, encoding="utf-8")
    with Workspace(tmp_path / "space") as workspace:
        workspace.run(tmp_path / "about.yaml")
        (version,) = workspace.models.list("about")
        (found,) = [one for one in version.card.notes if one.startswith(note.format(place=place))]
        assert "better on validation in" in found
        assert found[15:40] in unescape(workspace.report("about").read_text(encoding="utf-8"))
        record = json.loads((tmp_path / "space" / "records" / "about" / "1.json").read_text(encoding="utf-8"))
        assert record["data"]["raw"]["table"] == "about.raw"
        assert workspace.models.repeat("about")["same"] in ("bytes", "answers")

"""Windows are declared in a file; what cannot be made of the rows is answered with its line and what to do."""

from pathlib import Path

import pytest

from mainspring.automation import Automation
from mainspring.automation.check import check
from mainspring.automation.windows.window import made_by

FILE = """\
name: fraud
source: {{table: payments.csv{source}}}
prepare:
  {prepare}
learn: {{target: fraud}}
"""


def problems(tmp_path: Path, prepare: str, source: str = ", key: id, time: at") -> str:
    path = tmp_path / "fraud.yaml"
    path.write_text(FILE.format(prepare=prepare, source=source), encoding="utf-8")
    return "\n".join(f"{found.line}: {found.what} → {found.remedy}" for found in check(path))


def test_what_is_declared_becomes_columns(tmp_path: Path) -> None:
    windows = "windows: {hour: {by: card, over: 1h, count: true, sum: [amount], quantiles: {amount: [0.5, 0.999]}, top: {shop: 2}}}"
    assert problems(tmp_path, windows) == ""
    window = Automation.from_file(tmp_path / "fraud.yaml").prepare.windows["hour"]
    assert [made.name for made in made_by("hour", window)] == [
        "hour_count", "hour_sum_amount", "hour_p50_amount", "hour_p99_9_amount", "hour_top_shop", "hour_top2_shop",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("window", "told"),
    [
        ("{over: 1h, cont: true, by: card}", "did you mean"),
        ("{over: soon, count: true, by: card}", "write a time like"),
        ("{over: 1h, by: card}", "nothing is told of the rows → add count: true"),
        ("{over: 1h, by: card, kind: session, count: true}", "a session needs a 'gap'"),
        ("{over: 1h, by: card, gap: 5m, count: true}", "only sessions have a 'gap'"),
        ("{over: 1h, by: card, kind: session, gap: 2h, count: true}", "'gap' is longer than 'over'"),
        ("{over: 9000 days, by: card, count: true}", "to ten years"),
        ("{over: 1h, by: card, quantiles: {amount: [95]}}", "less than 1"),
        ("{over: 1h, by: card, top: {shop: 0}}", "greater than or equal to 1"),
        ("{over: 1h, by: card, mean: [fraud]}", "the target 'fraud' is not known"),
        ("{over: 1h, by: fraud, count: true}", "the target 'fraud' is not known"),
        ("{over: 1h, by: at, count: true}", "not counted by their time"),
        ("{over: 1h, count: true}", "only the last is kept → write prepare.duplicates: keep"),
    ],
)
def test_a_window_that_cannot_be_is_answered_with_its_line(tmp_path: Path, window: str, told: str) -> None:
    found = problems(tmp_path, f"windows: {{hour: {window}}}")
    assert told in found
    assert found.startswith("4: ")


@pytest.mark.parametrize(
    ("prepare", "source", "told"),
    [
        ("windows: {hour: {over: 1h, by: card, count: true}}", ", key: id", "windows need the time of each row"),
        ("windows: {hour: {over: 1h, count: true}}", ", time: at", "whose rows count?"),
        ("windows: {Hour: {over: 1h, by: card, count: true}}", ", key: id, time: at", "Hour"),
        (
            "windows: {a: {over: 1h, by: card, sum: [b]}, a_sum: {over: 1h, by: card, count: true}}",
            ", key: id, time: at",
            "",
        ),
        (
            "{windows: {h: {over: 1h, by: card, sum: [a]}}, protect: {a: mask}}",
            ", key: id, time: at",
            "no number any more",
        ),
        (
            "{windows: {h: {over: 1h, by: card, count: true}}, protect: {card: drop}}",
            ", key: id, time: at",
            "window 'h' looks at",
        ),
        (
            "{windows: {h: {over: 1h, by: card, count: true}}, expect: {h_count: {max: 3}}}",
            ", key: id, time: at",
            "made by a window",
        ),
        (
            "{windows: {h: {over: 1h, by: card, count: true}}, conditions: ['h_count < 3']}",
            ", key: id, time: at",
            "made by a window",
        ),
        (
            "{windows: {h: {over: 1h, by: card, top: {'2_x': 2}, count: true}, h_top: {over: 1h, by: card, sum: [c]}}, late: {allow: 0s}}",
            ", key: id, time: at",
            "more than zero",
        ),
    ],
)
def test_windows_that_do_not_fit_the_rest_are_answered(tmp_path: Path, prepare: str, source: str, told: str) -> None:
    found = problems(tmp_path, prepare, source)
    assert told in found if told else found == ""

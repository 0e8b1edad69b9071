"""A declaration written as YAML reads back as itself, and has a fingerprint of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.automation import Automation
from mainspring.automation.forms import fingerprint, write
from mainspring.automation.written.lines import read_lines

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "retention" / "retention.yaml"
ODD = [
    "yes",
    "no",
    "null",
    "~",
    "1",
    "007",
    "1e3",
    "2024-01-01",
    "true",
    "*x",
    "&x",
    "!x",
    "a: b",
    "# no",
    "- a",
    "'",
    '"',
    "客户",
    "a\nb",
    " x ",
    "\t",
    "{",
    "%",
    "@",
    "`",
    "12:30",
    "<<",
    "=",
    "\u0085",
    "\ufeffx",
    "😀",
]
texts = st.sampled_from(ODD) | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cn"]), max_size=12)
names = texts.filter(lambda text: text.strip())
money = st.floats(-1e6, 1e6, allow_nan=False)
conditions = st.sampled_from(
    ["tenure > 24", "contract == 'Two year'", "`a b` in ['x', \"y\"]", "客户 != null", "  x == 1"]
)
cells = st.sampled_from(["> 24", "'a', 'b'", "", "-", "Two year", 5, 2.5, True, None])


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


expectations = some(min=st.integers(-5, 5), max=st.floats(6, 9) | texts, required=st.booleans(), unique=st.booleans())
rules = st.lists(
    st.one_of(
        st.fixed_dictionaries({"if": conditions, "then": st.just("offer")}, optional={"because": texts}),
        st.fixed_dictionaries(
            {"table": st.lists(st.fixed_dictionaries({"a": cells, "客户": cells, "then": st.just("skip")}), max_size=3)}
        ),
    ),
    min_size=1, max_size=3, unique_by=lambda rule: str(rule.get("if", rule)).strip(),
)  # fmt: skip
automations = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True),
        "source": st.fixed_dictionaries({"table": names}, optional={"key": st.just("key"), "delimiter": st.sampled_from(",;\t|")}),
        "learn": st.fixed_dictionaries(
            {"target": st.just("target")},
            optional={
                "positive": texts | st.booleans() | st.integers(-3, 3), "seed": st.integers(0, 9), "exclude": st.lists(texts, max_size=2),
                "limits": some(time=st.sampled_from(["60s", "5m", 3.5]), memory=st.sampled_from(["500MB", 1000])),
            },
        ),
        "decide": st.fixed_dictionaries(
            {"rules": rules},
            optional={
                "gains": some(true_positive=money, false_negative=money) | st.just({"offer": {"yes": 1.5, "客户": -2}}),
                "capacity": st.sampled_from(["200 per day", "3/minute", "1 per week"]), "threshold": st.floats(0, 1),
            },
        ),
    },
    optional={
        "about": texts,
        "prepare": some(
            expect=st.dictionaries(texts, expectations, max_size=2), missing=st.lists(texts, max_size=2),
            types=st.dictionaries(texts, st.sampled_from(["number", "text"]), max_size=2), conditions=st.lists(conditions, max_size=1),
        ),
        "act": st.fixed_dictionaries(
            {"offer": st.fixed_dictionaries({"table": names}, optional={"retry": st.integers(0, 9), "timeout": st.just("5s")})}
        ),
    },
)  # fmt: skip


@given(automations)
@settings(max_examples=150, deadline=None)
def test_what_is_written_reads_back_equal(tmp_path_factory: pytest.TempPathFactory, declared: dict[str, Any]) -> None:
    automation = Automation.model_validate(declared)
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    path.write_text(write(automation), encoding="utf-8", newline="")
    again = Automation.from_file(path)
    assert again == automation
    assert fingerprint(again) == fingerprint(automation)
    kept = json.loads(json.dumps(automation.model_dump(mode="json", by_alias=True)))
    assert Automation.model_validate(kept) == automation


def test_what_is_by_default_is_left_out(tmp_path: Path) -> None:
    declared = {"name": "a", "source": {"table": "x.csv"}, "learn": {"target": "y", "limits": {"time": "60s"}}}
    assert write(Automation.model_validate(declared)) == "name: a\nsource:\n  table: x.csv\nlearn:\n  target: y\n"


def test_the_order_of_what_is_written_is_that_of_a_declaration(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(write(Automation.from_file(EXAMPLE)), encoding="utf-8")
    plain, _ = read_lines(tmp_path / "a.yaml")
    assert list(plain) == ["name", "about", "source", "prepare", "learn", "decide", "act"]


def test_a_fingerprint_tells_declarations_apart_in_any_process() -> None:
    one = Automation.from_file(EXAMPLE)
    other = one.model_copy(update={"about": "something else"})
    assert fingerprint(one) != fingerprint(other)
    code = (
        "import sys; from mainspring.automation import Automation; from mainspring.automation.forms import fingerprint; "
        "print(fingerprint(Automation.from_file(sys.argv[1])))"
    )
    told = subprocess.run([sys.executable, "-c", code, str(EXAMPLE)], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == fingerprint(one)


def test_a_zero_below_nothing_is_zero() -> None:
    declared = {"name": "a", "source": {"table": "a.csv"}, "learn": {"target": "t"}}
    below, zero = (
        Automation.model_validate({**declared, "decide": {"gains": {"true_positive": gain}}}) for gain in (-0.0, 0.0)
    )
    assert below == zero
    assert fingerprint(below) == fingerprint(zero)

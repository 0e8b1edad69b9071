"""What is logged, for people and for programs, whatever it holds."""

import json
import logging
import queue

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.faces.cli.show.log import ForPeople, ForPrograms, Waiting, logging_as


def record(what: str, told: dict | None = None) -> logging.LogRecord:
    made = logging.LogRecord("mainspring.x", logging.ERROR, "", 0, what, None, None)
    made.told = told or {}
    return made


@given(st.text(), st.dictionaries(st.sampled_from(["automation", "ms"]), st.text()))
def test_a_line_is_one_object(what: str, told: dict) -> None:
    line = ForPrograms().format(record(what, told))
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line)["event"] == what


@given(st.text(alphabet=st.characters()), st.text())
def test_nothing_passes_for_a_line_of_its_own(what: str, value: str) -> None:
    first, *rest = ForPeople().format(record(what, {"automation": value})).split("\n")
    assert first.startswith("ERROR mainspring.x: ")
    assert all(line.startswith("  ") for line in rest)
    assert first.isprintable()
    assert all(line.isprintable() for line in rest)


def test_what_is_long_is_cut() -> None:
    assert len(ForPeople().format(record("x" * 1_000_000))) < 5_000
    assert len(ForPrograms().format(record("x" * 1_000_000))) < 5_000


def test_an_exception_tells_its_kind_and_place_and_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_as("json"):
        try:
            int("geheim-999")
        except ValueError:
            logging.getLogger("mainspring.x").exception("it failed")
    said = capsys.readouterr().err
    line = json.loads(said)
    assert (line["event"], line["error"], line["level"]) == ("it failed", "ValueError", "error")
    assert __file__ in line["frames"]
    assert "invalid literal" not in said


def test_who_reads_slowly_holds_up_nobody() -> None:
    lines: queue.Queue = queue.Queue(2)
    shown = Waiting(lines)
    for _ in range(5):
        shown.handle(record("x"))
    assert shown.dropped == 3
    lines.get()
    lines.get()
    shown.handle(record("y"))
    assert lines.get().getMessage() == "y"
    assert lines.get().__dict__["told"] == {"lines": 3}
    assert shown.dropped == 0


def test_others_tell_of_warnings_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_as("json"):
        logging.getLogger("httpx").info("GET https://x/?token=geheim-999")
        logging.getLogger("mainspring.x").info("well")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["well"]
    assert logging.getLogger("mainspring").level == logging.NOTSET

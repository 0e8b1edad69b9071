"""An action is added to a file: one line each, whatever happens in between."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable
from mainspring.steps.act.deliver import deliverer_for
from mainspring.steps.act.deliverer import Means

ACT = Act(file="offers/sent.jsonl")


def open_deliverer(folder: Path):
    return deliverer_for(ACT, Means({}, folder, lambda *_: None, lambda *_: None))


def ids(folder: Path) -> list[str]:
    return [json.loads(line)["id"] for line in (folder / "offers/sent.jsonl").read_bytes().splitlines()]


def test_each_action_is_one_line(tmp_path, make_event):
    deliverer = open_deliverer(tmp_path)
    for id in ("a", "b"):
        deliverer.deliver(make_event(id, text="行\n二"), ACT)
    assert ids(tmp_path) == ["a", "b"]
    assert (
        json.loads((tmp_path / "offers/sent.jsonl").read_text(encoding="utf-8").splitlines()[0])["data"]["text"]
        == "行\n二"
    )


def test_the_same_action_twice_is_one_line_even_for_a_new_process(tmp_path, make_event):
    for _ in range(2):
        deliverer = open_deliverer(tmp_path)
        deliverer.deliver(make_event("a"), ACT)
        deliverer.deliver(make_event("a"), ACT)
    assert ids(tmp_path) == ["a"]


def test_two_deliverers_see_each_others_lines(tmp_path, make_event):
    one, other = open_deliverer(tmp_path), open_deliverer(tmp_path)
    one.deliver(make_event("a"), ACT)
    other.deliver(make_event("b"), ACT)
    one.deliver(make_event("b"), ACT)
    other.deliver(make_event("a"), ACT)
    assert ids(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("left", [1, 10, 40, 200])
def test_a_half_written_last_line_is_mended(tmp_path, make_event, left):
    open_deliverer(tmp_path).deliver(make_event("a"), ACT)
    path = tmp_path / "offers/sent.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole.replace(b'"id":"a"', b'"id":"b"')[: min(left, len(whole) - 3)])
    for id in ("a", "b", "c"):
        open_deliverer(tmp_path).deliver(make_event(id), ACT)
    assert ids(tmp_path) == ["a", "b", "c"]


def test_a_line_that_lacks_only_its_end_counts(tmp_path, make_event):
    open_deliverer(tmp_path).deliver(make_event("a"), ACT)
    path = tmp_path / "offers/sent.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    open_deliverer(tmp_path).deliver(make_event("a"), ACT)
    open_deliverer(tmp_path).deliver(make_event("b"), ACT)
    assert ids(tmp_path) == ["a", "b"]


def test_what_others_wrote_is_kept(tmp_path, make_event):
    path = tmp_path / "offers/sent.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"a note without end")
    open_deliverer(tmp_path).deliver(make_event("a"), ACT)
    assert path.read_bytes().startswith(b"a note without end\n{")


def test_a_file_that_was_moved_away_is_begun_again(tmp_path, make_event):
    deliverer = open_deliverer(tmp_path)
    deliverer.deliver(make_event("a"), ACT)
    (tmp_path / "offers/sent.jsonl").rename(tmp_path / "old.jsonl")
    deliverer.deliver(make_event("b"), ACT)
    assert ids(tmp_path) == ["b"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path, make_event):
    (tmp_path / "offers").write_text("a file where a folder is declared")
    with pytest.raises(ActRefused, match="cannot be written"):
        open_deliverer(tmp_path).deliver(make_event("a"), ACT)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_is_not_a_file(tmp_path, make_event):
    act = Act(file="/dev/full")
    with pytest.raises(ActRefused, match="not an ordinary file"):
        deliverer_for(act, Means({}, tmp_path, lambda *_: None, lambda *_: None)).deliver(make_event("a"), act)


def test_when_there_is_no_room_nothing_half_written_stays(tmp_path, make_event):
    resource = pytest.importorskip("resource", reason="this system cannot bound the size of files")
    deliverer = open_deliverer(tmp_path)
    deliverer.deliver(make_event("a"), ACT)
    path = tmp_path / "offers/sent.jsonl"
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, limits[1]))
    try:
        with pytest.raises(ActUnreachable, match="full"):
            deliverer.deliver(make_event("b"), ACT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    deliverer.deliver(make_event("b"), ACT)
    assert ids(tmp_path) == ["a", "b"]


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mainspring.automation.act import Act
from mainspring.event import Event
from mainspring.steps.act.deliver import deliverer_for
from mainspring.steps.act.deliverer import Means
act = Act(file="offers/sent.jsonl")
deliverer = deliverer_for(act, Means({}, Path(sys.argv[1]), lambda *_: None, lambda *_: None))
for number in range(100_000):
    deliverer.deliver(Event(str(number), "s", "t", datetime.now(UTC), {"pad": "x" * 5000}), act)
    print(number, flush=True)
"""


def test_kill_9_loses_no_acknowledged_line_and_doubles_none(tmp_path):
    heard = -1
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)], stdout=subprocess.PIPE, env=dict(os.environ)
        )
        assert process.stdout is not None
        aim = heard + 40
        for line in process.stdout:
            heard = max(heard, int(line))
            if heard >= aim:
                break
        process.kill()
        process.stdout.close()
        process.wait()
    with (tmp_path / "offers/sent.jsonl").open("rb") as file:
        whole = [line for line in file if line.endswith(b"\n")]
    found = [int(json.loads(line)["id"]) for line in whole]
    assert found == list(range(len(found)))
    assert len(found) > heard

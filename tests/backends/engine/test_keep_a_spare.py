"""What workers are copies of outlives the engine for a while, and serves the next one."""

import os
import time
from pathlib import Path

import pytest

from mainspring.backends.engine import spare
from mainspring.backends.engine.forked import POSSIBLE
from mainspring.backends.engine.local import Processes

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="workers are not copies here")
ONE, OTHER = "mainspring.table", "mainspring.cores"


def origin_of(modules: list[str]) -> int:
    with Processes(1) as engine:
        engine.load(modules)
        return engine.submit(os.getppid).result()


def gone(process: int) -> bool:
    until = time.monotonic() + 60
    while Path(f"/proc/{process}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    return not Path(f"/proc/{process}").exists()


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    spare.SPARE.drop()


def test_the_next_engine_has_the_same_one_where_it_has_what_is_needed() -> None:
    first = origin_of([ONE, OTHER])
    assert origin_of([ONE]) == first
    assert origin_of([OTHER, ONE]) == first


def test_two_at_once_have_one_each() -> None:
    with Processes(1) as engine:
        engine.load([ONE])
        first = engine.submit(os.getppid).result()
        second = origin_of([ONE])
    assert first != second
    assert origin_of([ONE]) == first
    assert gone(second)


def test_what_lacks_something_or_was_born_otherwise_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    first = origin_of([ONE])
    second = origin_of([ONE, OTHER])
    assert second != first
    assert gone(first)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert origin_of([ONE, OTHER]) != second


def test_modules_of_others_are_loaded_anew() -> None:
    assert gone(origin_of([ONE, "colorsys"]))


def test_a_worker_has_the_environment_of_its_caller_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSPRING_SAID", "before")
    first = origin_of([ONE])
    monkeypatch.setenv("MAINSPRING_SAID", "now")
    monkeypatch.delenv("HOME", raising=False)
    with Processes(1) as engine:
        engine.load([ONE])
        assert engine.submit(os.getppid).result() == first
        assert engine.submit(os.getenv, "MAINSPRING_SAID").result() == "now"
        assert engine.submit(os.getenv, "HOME").result() is None
        assert engine.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"


def test_what_nobody_takes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare, "KEPT_SECONDS", 0.5)
    assert gone(origin_of([ONE]))


def test_what_was_killed_meanwhile_is_begun_again() -> None:
    first = origin_of([ONE])
    os.kill(first, 9)
    assert origin_of([ONE]) != first


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_copy_of_this_process_takes_nothing_from_it() -> None:
    first = origin_of([ONE])
    child = os.fork()
    if child == 0:
        taken = spare.SPARE.take([ONE], ())
        os._exit(0 if not taken.born and spare.SPARE._kept is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert origin_of([ONE]) == first


def test_what_was_to_be_loaded_stays_so_only_where_workers_came_of_it() -> None:
    with Processes(1) as engine:
        engine.load([ONE])
        engine.load([OTHER])
        assert engine._origin.modules == {OTHER}
        engine.submit(os.getpid).result()
        engine.load(["colorsys"])
        assert engine._origin.modules == {OTHER, "colorsys"}

import gc
import math
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from mainspring.backends.engine.forked import POSSIBLE
from mainspring.backends.engine.local import Processes, open_engine
from mainspring.cores import cores
from mainspring.errors import NotFound, SpecError


def test_work_is_done_in_other_processes() -> None:
    with open_engine("local:2").executor as engine:
        assert list(engine.map(math.sqrt, [1, 4, 9])) == [1, 2, 3]
        assert engine.submit(os.getpid).result() != os.getpid()


def test_a_worker_has_one_thread_for_arithmetic_and_the_caller_keeps_its_own() -> None:
    before = dict(os.environ)
    with open_engine("local:1").executor as engine:
        assert engine.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
    assert dict(os.environ) == before


def test_an_error_comes_back_as_it_was() -> None:
    with open_engine("local:1").executor as engine:
        failed = engine.submit(NotFound, "table", "retention.row", ["retention.raw"]).result()
    assert isinstance(failed, NotFound)
    assert str(failed) == str(NotFound("table", "retention.row", ["retention.raw"]))


@pytest.mark.parametrize("url", ["local:0", "local:many", "local:-1"])
def test_a_wrong_number_of_workers_is_refused(url: str) -> None:
    with pytest.raises(SpecError, match="number of workers"):
        open_engine(url)


def test_there_are_as_many_workers_as_cores() -> None:
    assert open_engine("local").workers == cores() >= 1
    assert open_engine("local:3").workers == 3


LOADED = "{name!r} in __import__('sys').modules"
CALCULATED = (
    "__import__('numpy').ones((300, 300)).dot(__import__('numpy').ones((300, 300))).sum()",
    "__import__('polars').DataFrame({'a': [1, 2] * 50_000}).group_by('a').len()['len'].sum()",
    "__import__('pyarrow').table({'a': [1, 2] * 50_000}).group_by('a').aggregate([('a', 'count')])['a_count'][0].as_py()",
)


@pytest.mark.skipif(not POSSIBLE, reason="workers are not copies here")
def test_workers_come_with_what_their_work_needs() -> None:
    with Processes(2) as engine:
        engine.load(["colorsys", "numpy", "polars", "pyarrow", "lightgbm", "no_such_module"])
        assert all(engine.map(eval, [LOADED.format(name=name) for name in ("colorsys", "lightgbm")]))
        # Their libraries begin their threads when they calculate, which what they are copies of has not done.
        assert list(engine.map(eval, CALCULATED)) == [27_000_000, 100_000, 50_000]
        assert not engine.submit(eval, LOADED.format(name="wave")).result()
        before = engine.submit(os.getppid).result()
        engine.load(["colorsys"])
        assert engine.submit(os.getppid).result() == before
        engine.kill_workers()
        engine.load(["wave"])
        assert engine.submit(eval, LOADED.format(name="wave")).result()
        assert engine.submit(eval, LOADED.format(name="colorsys")).result()
        assert engine.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"


def test_work_goes_on_after_workers_and_what_they_were_made_from_died() -> None:
    with Processes(1) as engine:
        engine.load(["colorsys"])
        for died in ("getpid", "getppid") if POSSIBLE else ("getpid",):
            with pytest.raises(BrokenProcessPool):
                engine.submit(
                    eval, f"__import__('os').kill(__import__('os').{died}(), 9) or __import__('time').sleep(9)"
                ).result()
            assert engine.submit(math.sqrt, 4).result() == 2


SCRIPT = """
import gc
import math
from mainspring.backends.engine.forked import POSSIBLE
from mainspring.backends.engine.local import open_engine
print("imported", flush=True)
engine = open_engine("local:2").executor
print(list(engine.map(math.sqrt, [4, 9])), flush=True)
engine.shutdown()
"""


@pytest.mark.skipif(not POSSIBLE, reason="workers are not copies here")
@pytest.mark.parametrize("told", [True, False], ids=["shut down", "forgotten"])
def test_what_workers_were_made_from_ends_with_them(told: bool) -> None:
    engine = Processes(1)
    first = engine.submit(os.getppid).result()
    engine.load(["colorsys"])
    engine.kill_workers()
    second = engine.submit(os.getppid).result()
    if told:
        engine.shutdown()
    del engine
    gc.collect()
    until = time.monotonic() + 60
    while any(Path(f"/proc/{process}").exists() for process in (first, second)) and time.monotonic() < until:
        time.sleep(0.05)
    assert first != second
    assert not Path(f"/proc/{first}").exists()
    assert not Path(f"/proc/{second}").exists()


def test_a_script_needs_no_main_guard(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("imported\n[2.0, 3.0]\n", 0), done.stderr


ORPHANS = """
import os, time
from mainspring.backends.engine.forked import POSSIBLE
from mainspring.backends.engine.local import open_engine
engine = open_engine("local:1").executor
print(engine.submit(os.getpid).result(), flush=True)
engine.submit(time.sleep, 600)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_workers_end_when_their_caller_is_killed(child) -> None:
    caller = child(ORPHANS)
    worker = int(caller.stdout.readline())
    assert alive(worker)
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    for _ in range(200):
        if not alive(worker):
            return
        time.sleep(0.05)
    pytest.fail("the worker outlived its caller")

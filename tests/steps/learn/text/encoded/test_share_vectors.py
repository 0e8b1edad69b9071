"""Share vectors: what one fit has read, the others of its search find, whole, whoever was killed when."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mainspring.errors import NotInTime
from mainspring.model import Question
from mainspring.steps.learn.kinds import learner_named
from mainspring.steps.learn.learner import Budget, Goal
from mainspring.steps.learn.text.encoded.shared import SharedVectors, digest_of
from mainspring.steps.learn.text.encoded.vectors import SMALL, Vectors
from mainspring.steps.learn.text.kinds import lacks_encoders

WIDTH = 4


def told(*texts: str) -> dict[bytes, np.ndarray]:
    return {digest_of(text): np.full(WIDTH, len(text), np.float32) for text in texts}


def test_what_one_adds_others_find_once(tmp_path: Path) -> None:
    one, other = (SharedVectors(tmp_path, "english", WIDTH) for _ in range(2))
    assert other.fresh() == {}
    one.add(told("a", "bb"))
    found = other.fresh()
    assert {digest: vector.tolist() for digest, vector in found.items()} == {
        digest_of("a"): [1.0] * WIDTH,
        digest_of("bb"): [2.0] * WIDTH,
    }
    assert other.fresh() == {}, "each once"
    one.add(told("ccc"))
    assert set(other.fresh()) == {digest_of("ccc")}


def test_another_encoder_has_another_file(tmp_path: Path) -> None:
    SharedVectors(tmp_path, "english", WIDTH).add(told("a"))
    assert SharedVectors(tmp_path, "multilingual", WIDTH).fresh() == {}


def test_what_was_left_half_written_is_written_over(tmp_path: Path) -> None:
    one = SharedVectors(tmp_path, "english", WIDTH)
    one.add(told("a"))
    with one.path.open("ab") as file:
        file.write(b"half a record")
    assert set(SharedVectors(tmp_path, "english", WIDTH).fresh()) == {digest_of("a")}
    one.add(told("bb"))
    assert set(SharedVectors(tmp_path, "english", WIDTH).fresh()) == {digest_of("a"), digest_of("bb")}


ADDING = """
import sys
from pathlib import Path
import numpy as np
from mainspring.steps.learn.text.encoded.shared import SharedVectors, digest_of
shared = SharedVectors(Path(sys.argv[1]), "english", 4)
for number in range(10**9):
    shared.add({digest_of(f"{sys.argv[2]} {number} {k}"): np.full(4, number, np.float32) for k in range(50)})
"""


def test_processes_add_at_once_and_are_killed(tmp_path: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", ADDING, str(tmp_path), str(who)]) for who in range(3)]
    reader, found = SharedVectors(tmp_path, "english", WIDTH), dict[bytes, np.ndarray]()
    deadline = time.monotonic() + 60
    while len(found) < 2_000 and time.monotonic() < deadline:
        found |= reader.fresh()
        time.sleep(0.05)
    for process in running:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    SharedVectors(tmp_path, "english", WIDTH).add(told("the last"))
    found |= reader.fresh()
    assert len(found) >= 2_000
    assert digest_of("the last") in found
    known = {digest_of(f"{who} {n} {k}"): n for who in range(3) for n in range(2_000) for k in range(50)}
    assert all(vector.tolist() == [known[digest]] * WIDTH for digest, vector in found.items() if digest in known)


def test_a_folder_that_is_gone_keeps_nobody_from_answering(tmp_path: Path) -> None:
    shared = SharedVectors(tmp_path / "gone", "english", WIDTH)
    shared.add(told("a"))
    assert shared.fresh() == {}


@pytest.mark.skipif(lacks_encoders() is not None, reason="no encoder is installed")
def test_a_text_that_was_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"the parcel {number} is late" for number in range(40)]
    first = Vectors("english")
    first.share(tmp_path)
    read = first.of(texts)
    second = Vectors("english")
    second.share(tmp_path)
    asked: list[str] = []
    monkeypatch.setattr(second, "_of_one_length", lambda texts: asked.extend(texts) or iter(()))
    assert np.array_equal(second.of(texts), read)
    assert asked == []


@pytest.mark.skipif(lacks_encoders() is not None, reason="no encoder is installed")
def test_a_short_time_is_kept_whatever_was_read_before(tmp_path: Path) -> None:
    """A pace measured on texts that are known by now would promise to read all the others in no time."""
    rows = 6_000
    table = pa.table({
        "text": [f"my {'parcel' if n % 2 else 'invoice'} number {n} from the {n % 31} of May is not here" for n in range(rows)],
        "y": ["parcel" if n % 2 else "invoice" for n in range(rows)],
    })  # fmt: skip
    goal = Goal(Question.CLASS, "y", "log_loss", ("invoice", "parcel"))
    for seconds in (0.5, 1.0):
        budget = Budget(time.monotonic() + seconds, shared=tmp_path)
        learner_named("encoder_linear").fit(table, None, goal, budget)
        assert budget.work.paced, "it read a part of the rows"
        assert budget.work.granted[0] < rows


@pytest.mark.skipif(lacks_encoders() is not None, reason="no encoder is installed")
def test_where_not_even_the_rows_held_back_can_be_read_more_time_is_asked_for() -> None:
    texts = [f"parcel {number} " + "and again the same long story " * 12 for number in range(3_000)]
    table = pa.table({"text": texts, "y": ["a", "b"] * 1_500})
    goal = Goal(Question.CLASS, "y", "log_loss", ("a", "b"))
    with pytest.raises(NotInTime, match="has not the time to read 3,000 texts"):
        learner_named("encoder_linear").fit(table.slice(0, 200), table, goal, Budget(time.monotonic() + 0.5))


@pytest.mark.skipif(lacks_encoders() is not None, reason="no encoder is installed")
def test_in_8_bits_a_text_is_the_same_alone_and_among_others() -> None:
    texts = [f"the parcel {'of my sister ' * (number % 3)}{number} is late" for number in range(12)]
    small = Vectors("english" + SMALL)
    many = small.of(texts)
    assert all(np.array_equal(small.of([text])[0], row) for text, row in zip(texts, many, strict=True))
    exact = Vectors("english").of(texts)
    assert 0.97 < (many * exact).sum(axis=1).min() < 0.99999, "nearly the same vectors, and not the same"


@pytest.mark.skipif(lacks_encoders() is not None, reason="no encoder is installed")
def test_vectors_do_not_hang_on_what_is_asked_together() -> None:
    """Else a search done again learns another model of the same texts."""
    texts = [f"parcel {'very ' * (number % 9)}late, number {number * 37}" for number in range(60)]
    whole = Vectors("english").of(texts)
    parts = Vectors("english")
    assert np.array_equal(np.concatenate([parts.of(texts[k : k + 7]) for k in range(0, 60, 7)]), whole)
    turned = Vectors("english").of(texts[::-1])
    assert np.array_equal(turned[::-1], whole)

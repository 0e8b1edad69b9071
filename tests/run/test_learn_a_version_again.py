"""A version is learned again from its record, in another process: the same model; what cannot serve is refused with words."""

import hashlib
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import Workspace
from mainspring.errors import NotFound, StoreError, Tampered
from mainspring.run.train.record.record import Record

DRIVER = """
import json, os, signal, sys
from mainspring import Workspace

place, declaration, what, share = sys.argv[1:5]

class Watcher:
    def step(self, name, about): pass
    def standings(self, lines): pass
    def done(self, name, facts, repeated=False): pass
    def update(self, text, reached):
        if reached > float(share): os.kill(os.getpid(), signal.SIGKILL)

with Workspace(place) as space:
    if what == "run": print(json.dumps(space.run(declaration).to_dict()))
    else: print(json.dumps(space.models.repeat(what, None, Watcher())))
"""


def asked(place: Path, declaration: Path, what: str, share: float = 2.0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", DRIVER, str(place), str(declaration), what, str(share)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def declaration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dice, folder = random.Random(3), tmp_path_factory.mktemp("declared")
    rows = ["customer,tenure,charges,contract,churn"]
    for number in range(3000):
        tenure, charges, contract = dice.randint(0, 70), dice.uniform(20, 110), dice.choice(["month", "year", "two"])
        leaves = dice.random() < 0.8 - tenure / 100 + charges / 500
        rows.append(f"C{number},{tenure},{charges:.2f},{contract},{'Yes' if leaves else 'No'}")
    (folder / "customers.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    path = folder / "churn.yaml"
    path.write_text(
        "name: churn\nsource: {table: customers.csv, key: customer}\n"
        "prepare: {protect: {customer: pseudonymise}}\n"
        "learn: {target: churn, optimise: roc_auc, limits: {time: 20s}, split: {folds: 3}}\n"
        "decide: {gains: {true_positive: 120, false_positive: -20, false_negative: -100}}\nact: {offer: {table: offers}}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def learned(declaration: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one version, learned in twenty seconds: the clock decided, if only how many candidates were drawn."""
    place = tmp_path_factory.mktemp("learned") / "here"
    ran = asked(place, declaration, "run")
    assert ran.returncode == 0, ran.stderr
    notes = json.loads(ran.stdout)["notes"]
    assert "run again, it may come out otherwise" in notes[0]
    assert "mainspring repeat churn" in notes[0]
    return place


@pytest.fixture
def place(learned: Path, tmp_path: Path) -> Path:
    shutil.copytree(learned, tmp_path / "here")
    return tmp_path / "here"


def kept(place: Path) -> dict[str, bytes]:
    """Every file but the database's, which takes note of being opened, and the locks."""
    found = [p for p in sorted(place.rglob("*")) if p.is_file() and ".db" not in p.name and ".lock" not in str(p)]
    return {str(p.relative_to(place)): p.read_bytes() for p in found}


def test_what_the_clock_cut_is_the_same_byte_for_byte_in_another_process(declaration: Path, place: Path) -> None:
    before = kept(place)
    ran = asked(place, declaration, "churn")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["same"], told["difference"], told["differs"], told["version"]) == ("bytes", 0.0, [], 1)
    assert told["fits"] >= 1
    assert told["rows"] > 2000
    assert kept(place) == before
    with Workspace(place) as space:
        assert [v.version for v in space.models.list("churn")] == [1]


@pytest.mark.slow
def test_killed_in_the_middle_it_leaves_nothing_half_done(declaration: Path, place: Path) -> None:
    before = kept(place)
    ran = asked(place, declaration, "churn", 0.4)
    assert ran.returncode == -signal.SIGKILL
    left = kept(place)
    assert {name: content for name, content in left.items() if not name.startswith("runs")} == before
    ran = asked(place, declaration, "churn")
    assert json.loads(ran.stdout)["same"] == "bytes"
    assert kept(place) == before


def test_where_another_library_learned_it_that_is_said(place: Path) -> None:
    path = place / "records" / "churn" / "1.json"
    plain = json.loads(path.read_text(encoding="utf-8"))
    plain["made"]["libraries"] |= {"lightgbm": "3.0.0"}
    plain["made"]["machine"] |= {"workers": 999}
    rewrite(place, json.dumps(plain))
    with Workspace(place) as space:
        told = space.models.repeat("churn")
    assert told["same"] == "bytes"
    assert [line.partition(" and is ")[0] for line in told["differs"]] == [
        "lightgbm was 3.0.0", "the machine's workers was 999",
    ]  # fmt: skip


def test_another_model_is_called_another(place: Path) -> None:
    path = place / "records" / "churn" / "1.json"
    plain = json.loads(path.read_text(encoding="utf-8"))
    members = {name.partition(" on all rows")[0] for name in plain["told"] if " on all rows" in name}
    tried = [fit["candidate"] for fit in plain["fits"]]
    other = next(
        (name for name in tried if name not in members), tried[0]
    )  # where all are members, one alone is another model
    plain["fits"] = [fit for fit in plain["fits"] if fit["candidate"] == other]
    plain["told"] |= {f"{other} on all rows, bag {bag}": UNCUT for bag in range(1, 6)}
    rewrite(place, json.dumps(plain))
    with Workspace(place) as space:
        told = space.models.repeat("churn")
    assert told["same"] == "no"
    assert 1e-9 < told["difference"] <= 1.0


UNCUT = {"failed": None, "work": {"granted": [], "scant": [], "over": None}}


def rewrite(place: Path, text: str) -> None:
    """Another record, and the registry made to believe in it."""
    path = place / "records" / "churn" / "1.json"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text(text, encoding="utf-8")
    after = hashlib.sha256(text.encode()).hexdigest()
    with sqlite3.connect(place / "mainspring.db") as database:
        database.execute("update models set facts = replace(facts, ?, ?)", (before, after))


@pytest.mark.parametrize("spoil", [
    lambda path: path.write_text(path.read_text("utf-8")[:500], "utf-8"), lambda path: path.write_bytes(b"\xff\x00" * 99),
    lambda path: path.write_text("", "utf-8"), lambda path: path.write_text(path.read_text("utf-8").replace("linear", "linier"), "utf-8"),
])  # fmt: skip
def test_a_spoiled_record_is_refused_with_words(place: Path, spoil) -> None:
    spoil(place / "records" / "churn" / "1.json")
    with Workspace(place) as space, pytest.raises(StoreError, match="record") as caught:
        space.models.repeat("churn")
    assert caught.value.remedy
    assert not list((place / "runs").glob("again-*"))


def test_what_is_gone_is_named(place: Path) -> None:
    record = place / "records" / "churn" / "1.json"
    aside = record.read_bytes()
    record.unlink()
    with Workspace(place) as space:
        with pytest.raises(NotFound, match="no record of 'churn version 1'"):
            space.models.repeat("churn")
        with pytest.raises(NotFound, match="no version of 'churn' '7'"):
            space.models.repeat("churn", 7)
    record.write_bytes(aside)
    shutil.rmtree(place / "lake" / "churn" / "clean")
    with (
        Workspace(place) as space,
        pytest.raises(StoreError, match=r"rows that were learned from are gone: churn\.clean@"),
    ):
        space.models.repeat("churn")


def test_changed_rows_are_not_taken_for_those_that_were_learned_from(place: Path) -> None:
    plain = json.loads((place / "records" / "churn" / "1.json").read_text(encoding="utf-8"))
    plain["data"]["hash"] = "0" * 64
    rewrite(place, json.dumps(plain))
    with Workspace(place) as space, pytest.raises(StoreError, match="are not those that were learned from"):
        space.models.repeat("churn")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["format", "fits", "told", "data", "made", "x"]), inner),
    max_leaves=8,
)  # fmt: skip


@given(ANYTHING, st.booleans())
def test_whatever_is_no_record_is_refused_with_words(content: object, numbered: bool) -> None:
    plain = {**content, "format": 1} if numbered and isinstance(content, dict) else content
    with pytest.raises(StoreError):
        Record.read(json.dumps(plain), "records/churn/1.json")


def test_a_record_of_a_later_release_is_refused_by_its_number() -> None:
    with pytest.raises(StoreError, match="format 2, this release reads 1") as caught:
        Record.read('{"format": 2}', "records/churn/1.json")
    assert caught.value.remedy == "upgrade mainspring"
    assert not isinstance(caught.value, Tampered)

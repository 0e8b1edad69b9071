import itertools
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainspring.backends.store.lake import Lake
from mainspring.errors import NotFound, QualityError, SchemaChanged, SpecError, UnknownColumn


def table(**columns: list) -> pa.Table:
    return pa.table(columns)


def test_rows_come_back(lake: Lake) -> None:
    rows = table(customer=["李", None], tenure=[3, 4], paid=[1.5, float("inf")])
    assert lake.write("retention.raw", rows) == 0
    assert lake.read("retention.raw") == rows
    assert lake.schema("retention.raw") == rows.schema
    assert lake.exists("retention.raw")
    assert not lake.exists("retention.clean")


def test_a_table_may_have_no_rows(lake: Lake) -> None:
    lake.write("retention.raw", table(tenure=[1])[:0])
    assert lake.read("retention.raw").column_names == ["tenure"]
    assert [batch.num_rows for batch in lake.batches("retention.raw")] == [0]


def test_earlier_versions_stay_readable(lake: Lake) -> None:
    lake.write("retention.raw", table(n=[1]))
    lake.write("retention.raw", table(n=[2]))
    lake.write("retention.raw", table(m=["x"]), mode="overwrite")
    assert lake.read("retention.raw").to_pydict() == {"m": ["x"]}
    assert lake.read("retention.raw", 0).to_pydict() == {"n": [1]}
    assert sorted(lake.read("retention.raw@1").column("n").to_pylist()) == [1, 2]
    assert lake.count("retention.raw", 1) == 2
    assert [line["version"] for line in lake.history("retention.raw")] == [2, 1, 0]
    assert [line["rows"] for line in lake.history("retention.raw")] == [1, 1, 1]


def test_a_repeated_write_is_passed_over(lake: Lake) -> None:
    for _ in range(3):
        lake.write("retention.raw", table(n=[1]), once=("run 1", 1))
    lake.write("retention.raw", table(n=[2]), once=("run 1", 2))
    assert lake.write("retention.raw", table(n=[1]), once=("run 1", 1)) == 1
    lake.write("retention.raw", table(n=[3]), once=("run 2", 1))
    assert lake.count("retention.raw") == 3
    assert lake.written("retention.raw", "run 1") == 2
    assert lake.written("retention.raw", "run 9") is None
    lake.write("retention.raw", table(n=[4]), mode="overwrite", once=("run 1", 2))
    assert lake.count("retention.raw") == 3


WRITE_AND_STOP = """
import sys
import pyarrow as pa
from mainspring.backends.store.lake import Lake
def batches():
    for number in range(30):
        yield pa.record_batch({"n": list(range(5000))})
        if number == int(sys.argv[2]):
            print("halfway", flush=True)
            sys.stdin.readline()
rows = pa.RecordBatchReader.from_batches(pa.schema([("n", pa.int64())]), batches())
print(Lake(sys.argv[1]).write("retention.raw", rows, once=("run", 1)), flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("moment", [0, 29, 99], ids=["at the start", "before the commit", "after the commit"])
def test_a_writer_killed_at_any_moment_may_write_again(lake: Lake, tmp_path: Path, child, moment: int) -> None:
    writer = child(WRITE_AND_STOP, tmp_path / "lake", moment)
    assert writer.stdout.readline() in ("halfway\n", "0\n")
    writer.kill()
    writer.wait()
    assert lake.exists("retention.raw") == (moment == 99)
    lake.write("retention.raw", table(n=list(range(150_000))), once=("run", 1))
    assert lake.count("retention.raw") == 150_000


APPEND = """
import sys
import pyarrow as pa
from mainspring.backends.store.lake import Lake
lake = Lake(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(12):
    lake.write("retention.raw", pa.table({"who": [sys.argv[2]], "n": [number]}))
"""


def test_two_processes_append_at_once(lake: Lake, tmp_path: Path, child) -> None:
    both = [child(APPEND, tmp_path / "lake", who) for who in ("one", "two")]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait(60) for process in both] == [0, 0]
    assert len(set(map(str, lake.read("retention.raw").to_pylist()))) == 24


def test_an_error_of_the_source_is_told_and_nothing_is_written(lake: Lake, tmp_path: Path) -> None:
    lake.write("retention.raw", table(n=[1]))
    before = sorted((tmp_path / "lake").rglob("*.parquet"))

    def broken():
        yield pa.record_batch({"n": list(range(1000))})
        raise NotFound("file", "customers.csv")

    for name in ("retention.raw", "retention.new"):
        with pytest.raises(NotFound, match=r"customers\.csv"):
            lake.write(name, pa.RecordBatchReader.from_batches(pa.schema([("n", pa.int64())]), broken()))
    assert lake.count("retention.raw") == 1
    assert not lake.exists("retention.new")
    assert sorted((tmp_path / "lake").rglob("*.parquet")) == before


def test_a_table_may_be_made_from_another_as_it_is_read(lake: Lake) -> None:
    lake.write("retention.raw", table(n=[1, 2, 3]))
    schema = lake.schema("retention.raw")
    lake.write("retention.clean", pa.RecordBatchReader.from_batches(schema, lake.batches("retention.raw")))
    lake.write("retention.raw", pa.RecordBatchReader.from_batches(schema, lake.batches("retention.raw")))
    assert (lake.count("retention.clean"), lake.count("retention.raw")) == (3, 6)


def test_new_columns_are_added_and_absent_ones_empty(lake: Lake) -> None:
    lake.write("retention.raw", table(a=[1], b=["x"]))
    lake.write("retention.raw", table(c=[True], a=[2]))
    rows = sorted(lake.read("retention.raw").to_pylist(), key=lambda row: row["a"])
    assert rows == [{"a": 1, "b": "x", "c": None}, {"a": 2, "b": None, "c": True}]


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (pa.array([1]), pa.array([1.5]), pa.float64()),
        (pa.array([1.5]), pa.array([1]), pa.float64()),
        (pa.array([1], pa.int32()), pa.array([2**40]), pa.int64()),
        (pa.array([2**40]), pa.array([1], pa.int32()), pa.int64()),
        (pa.nulls(1), pa.array(["x"]), pa.string()),
        (pa.array(["x"]), pa.nulls(1), pa.string()),
        (pa.array([0], pa.date32()), pa.array([1], pa.timestamp("us")), pa.timestamp("us")),
    ],
)
def test_a_type_is_widened_with_the_rows_before(lake: Lake, old: pa.Array, new: pa.Array, kept: pa.DataType) -> None:
    lake.write("retention.raw", pa.table({"n": old}))
    lake.write("retention.raw", pa.table({"n": new}), once=("run", 1))
    lake.write("retention.raw", pa.table({"n": new}), once=("run", 1))
    found = lake.read("retention.raw").column("n")
    assert found.type == kept
    assert sorted(map(str, found.to_pylist())) == sorted(
        map(str, pa.concat_arrays([old.cast(kept), new.cast(kept)]).to_pylist())
    )
    assert lake.schema("retention.raw", 0).field("n").type in (old.type, kept)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (pa.array(["007"]), pa.array([7])),
        (pa.array([7]), pa.array(["seven"])),
        (pa.array([True]), pa.array([1])),
        (pa.array([2**60 + 1]), pa.array([0.5])),
        (pa.array([0], pa.timestamp("us")), pa.array([0], pa.timestamp("us", "UTC"))),
    ],
)
def test_a_change_that_would_lose_values_is_refused(lake: Lake, old: pa.Array, new: pa.Array) -> None:
    lake.write("retention.raw", pa.table({"n": old}))
    with pytest.raises(SchemaChanged, match="'n'"):
        lake.write("retention.raw", pa.table({"n": new}))
    assert lake.read("retention.raw").column("n").to_pylist() == old.to_pylist()


ODD = {
    "uint8": pa.array([200], pa.uint8()), "uint64": pa.array([2**62], pa.uint64()),
    "half": pa.array([1.5], pa.float32()).cast(pa.float16()), "time": pa.array([3_661_000_000], pa.time64("us")),
    "duration": pa.array([60], pa.duration("s")), "category": pa.array(["a"]).dictionary_encode(),
    "large": pa.array(["a"], pa.large_string()), "view": pa.array(["a"], pa.string_view()),
    "nanoseconds": pa.array([1_500], pa.timestamp("ns")), "paris": pa.array([0], pa.timestamp("ms", "Europe/Paris")),
    "list": pa.array([[1]], pa.large_list(pa.uint8())), "struct": pa.array([{"a": 1}]),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_odd_types_are_kept_as_the_nearest_there_is(lake: Lake, kind: str) -> None:
    for _ in range(2):
        lake.write("retention.raw", pa.table({"x": ODD[kind]}))
    kept = lake.read("retention.raw").column("x")
    assert kept.to_pylist()[0] == kept.to_pylist()[1]
    plain = {"time": "01:01:01", "duration": 60}
    told = json.dumps(kept.to_pylist()[0], default=str)
    if kind in ("uint8", "uint64", "half", "category", "large", "view", "list", "struct"):
        assert told == json.dumps(ODD[kind].to_pylist()[0])
    assert told.strip('"').startswith(str(plain.get(kind, told.strip('"'))))


def test_what_cannot_be_kept_is_refused(lake: Lake) -> None:
    for wrong in (pa.table({}), pa.table({"Age": [1], "age": [2]}), pa.table({"x": pa.array([{}], pa.struct([]))})):
        with pytest.raises(QualityError):
            lake.write("retention.raw", wrong)
    with pytest.raises(SchemaChanged, match="does not fit"):
        lake.write("retention.raw", pa.table({"x": pa.array([2**63], pa.uint64())}))
    assert lake.tables() == []


@pytest.mark.parametrize(
    "name", ["raw", "../retention.raw", "retention/raw", "a.b.c", "Retention.raw", "a.raw@x", "a.", ""]
)
def test_a_name_is_never_taken_for_a_path(lake: Lake, name: str) -> None:
    with pytest.raises(SpecError, match="not the name of a table"):
        lake.write(name, table(n=[1]))


def test_what_is_not_there_is_told_with_what_is(lake: Lake) -> None:
    lake.write("retention.raw", table(tenure=[1]))
    with pytest.raises(NotFound, match=r"did you mean 'retention\.raw'"):
        lake.read("retention.row")
    with pytest.raises(NotFound, match="known: 0"):
        lake.read("retention.raw", 5)
    with pytest.raises(UnknownColumn, match="did you mean 'tenure'"):
        lake.read("retention.raw", columns=["tenur"])
    with pytest.raises(SpecError):
        lake.write("retention.raw@0", table(n=[1]))


def test_tables_are_listed(lake: Lake) -> None:
    assert lake.tables() == []
    lake.write("welcome.raw", table(n=[1, 2]))
    lake.write("my-bank.raw", table(n=[1]))
    told = [(facts["name"], facts["rows"], facts["version"], facts["files"]) for facts in lake.tables()]
    assert told == [("my-bank.raw", 1, 0, 1), ("welcome.raw", 2, 0, 1)]
    assert all(facts["size"] > 0 for facts in lake.tables())


def test_compacting_keeps_rows_and_versions(lake: Lake) -> None:
    for number in range(6):
        lake.write("retention.raw", table(n=[number]), once=("run", number))
    done = lake.compact("retention.raw")
    assert (done["files_before"], done["files_after"], done["deleted"]) == (6, 1, 0)
    assert sorted(lake.read("retention.raw").column("n").to_pylist()) == list(range(6))
    assert lake.count("retention.raw", 2) == 3
    assert lake.read("retention.raw", 2).num_rows == 3
    assert lake.written("retention.raw", "run") == 5
    lake.write("retention.raw", table(n=[6]))
    assert lake.count("retention.raw") == 7


MEASURE = """
import resource, sys
import pyarrow as pa
from mainspring.backends.store.lake import Lake
lake = Lake(sys.argv[1])
def batches():
    for part in range(40):
        yield pa.record_batch({f"c{i}": pa.array(range(part * 50_000 + i, part * 50_000 + i + 50_000)) for i in range(20)})
lake.write("small.raw", pa.table({"n": [1]}))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
lake.write("big.raw", pa.RecordBatchReader.from_batches(next(batches()).schema, batches()))
rows = sum(batch.num_rows for batch in lake.batches("big.raw"))
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_two_million_rows_pass_in_bounded_memory(tmp_path: Path, child) -> None:
    rows, megabytes = map(int, child(MEASURE, tmp_path / "lake").communicate(timeout=120)[0].split())
    assert rows == 2_000_000
    assert megabytes < 250, "the table itself is 320 MB"


cells = st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(-(2**31), 2**31) | st.just(0.5), min_size=1)
NUMBERS = itertools.count()


def told(rows: list[dict]) -> list[str]:
    """The rows in a form in which 1 and 1.0, and an absent and an empty cell, are the same."""
    return sorted(str(sorted((name, float(value)) for name, value in row.items() if value is not None)) for row in rows)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=4))
def test_no_row_is_lost_whatever_columns_come(lake: Lake, writes: list[list[dict]]) -> None:
    name = f"retention.t{next(NUMBERS)}"
    for rows in writes:
        columns = sorted({column for row in rows for column in row})
        lake.write(name, pa.table({column: [row.get(column) for row in rows] for column in columns}))
    assert told(lake.read(name).to_pylist()) == told([row for rows in writes for row in rows])

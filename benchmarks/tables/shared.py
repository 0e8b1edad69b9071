"""Shared: readers of the files in ``../shared/data/tabular``, one for each habit of its authors."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tables.arff import read_arff
from tables.task import Unavailable

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "tabular"

Read = Callable[[], pd.DataFrame]

ADULT = [
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship", "race", "sex",
    "capital_gain", "capital_loss", "hours_per_week", "native_country", "income",
]  # fmt: skip


def found(path: str) -> Path:
    """Where a file of the folder lies. Raises Unavailable."""
    if not (FOLDER / path).exists():
        raise Unavailable(f"../shared/data/tabular/{path} is not there")
    return FOLDER / path


def csv(path: str, *, drop: str = "", **more: object) -> Read:
    """With a header line. ``drop`` names columns that number the rows, or tell the target."""
    return lambda: pd.read_csv(found(path), **more).drop(columns=drop.split())


def bare(*paths: str, **more: object) -> Read:
    """Without a header line: the columns are c1, c2, … and the last one is ``target``. Several files follow one another."""

    def read() -> pd.DataFrame:
        frame = pd.concat([pd.read_csv(found(path), header=None, **more) for path in paths], ignore_index=True)
        return frame.set_axis([*(f"c{i + 1}" for i in range(frame.shape[1] - 1)), "target"], axis=1)

    return read


def arff(path: str, *, drop: str = "") -> Read:
    """The last attribute is the target, and is called so."""

    def read() -> pd.DataFrame:
        frame = read_arff(found(path)).drop(columns=drop.split())
        return frame.set_axis([*frame.columns[:-1], "target"], axis=1)

    return read


def adult() -> pd.DataFrame:
    """Its author's two parts together; the labels of the second end with a full stop."""
    paths = ("adult/adult.data.gz", "adult/adult.test.gz")
    parts = [pd.read_csv(found(path), names=ADULT, skipinitialspace=True, na_values="?") for path in paths]
    whole = pd.concat(parts, ignore_index=True)
    return whole.assign(income=whole["income"].str.rstrip("."))


def amazon_employee_access() -> pd.DataFrame:
    """Its numbers are names of managers, roles and resources, so they are given as text."""
    return pd.read_csv(found("amazon_employee_access/train.csv.gz"), dtype=str)


def coil2000() -> pd.DataFrame:
    """Both parts; the second has its targets in a file of their own."""
    train = pd.read_csv(found("coil2000/ticdata2000.txt.gz"), sep="\t", header=None)
    rest = pd.read_csv(found("coil2000/ticeval2000.txt.gz"), sep="\t", header=None)
    rest[len(rest.columns)] = pd.read_csv(found("coil2000/tictgts2000.txt"), header=None)[0]
    whole = pd.concat([train, rest], ignore_index=True)
    return whole.set_axis([*(f"c{i + 1}" for i in range(85)), "target"], axis=1)


def magic_telescope() -> pd.DataFrame:
    parts = [pd.read_csv(found(f"magic_telescope/{part}.csv.gz")) for part in ("train", "test")]
    return pd.concat(parts, ignore_index=True)


def wine_quality() -> pd.DataFrame:
    """White and red together, with the colour."""
    parts = {colour: bare(f"wine_quality/winequality-{colour}.csv")() for colour in ("white", "red")}
    return pd.concat([part.assign(colour=colour) for colour, part in parts.items()], ignore_index=True)

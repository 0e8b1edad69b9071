"""ARFF: Weka's text format, as far as the public sets use it: dense rows, nominal and numeric attributes, ``?`` for missing."""

import gzip
import io
import re
from pathlib import Path

import pandas as pd

ATTRIBUTE = re.compile(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+?)\s*(\{.*|\s\S+)", re.IGNORECASE)


def read_arff(path: Path) -> pd.DataFrame:
    """Columns named and typed by the header: nominal ones are text even where their labels look like numbers."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    data = next(i for i, line in enumerate(lines) if line.lower() == "@data")
    header = [found for line in lines[:data] if (found := ATTRIBUTE.match(line))]
    kinds = {name.strip("'\""): kind.strip() for name, kind in (found.groups() for found in header)}
    rows = [line for line in lines[data + 1 :] if line and not line.startswith("%")]
    return pd.read_csv(
        io.StringIO("\n".join(rows)), header=None, names=list(kinds), quotechar="'", skipinitialspace=True, keep_default_na=False,
        na_values=["?", ""], dtype={name: str for name, kind in kinds.items() if kind.startswith("{")},
    )  # fmt: skip

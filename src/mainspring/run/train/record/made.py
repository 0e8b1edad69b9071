"""Made: with which code and libraries, and on which machine."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mainspring.cores import cores
from mainspring.run.flow import CODE_VERSION

LIBRARIES = ("numpy", "polars", "pyarrow", "scikit-learn", "lightgbm", "xgboost-cpu", "catboost")
FRAMEWORKS = ("keras", "torch", "tensorflow")
"""Named where they are installed."""


def made_with(workers: int) -> dict[str, Any]:
    """This code, these libraries, this machine."""
    machine = {
        "system": platform.system(), "processor": platform.machine(), "cores": cores(), "workers": workers,
    }  # fmt: skip
    return {"code": CODE_VERSION, "libraries": libraries(), "machine": machine}


def libraries() -> dict[str, str]:
    """Name → release of what learning stands on."""
    known = {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}
    for name in FRAMEWORKS:
        try:
            known[name] = version(name)
        except PackageNotFoundError:
            continue
    return known

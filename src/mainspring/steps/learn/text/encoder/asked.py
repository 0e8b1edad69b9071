"""Asked: a graph opened in ONNX Runtime."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime  # pyright: ignore[reportMissingTypeStubs]

from mainspring.errors import Tampered

Floats = npt.NDArray[np.float32]


def opened(path: Path, threads: int = 0) -> Any:
    """A session on the processor; ``threads`` 0 is as many as it has.

    Raises:
        Tampered: the file is not a graph that can be asked.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's errors have no public type
        raise Tampered(
            f"{path.name} cannot be opened", where=str(path.parent), remedy="learn again, or roll back"
        ) from error

"""Line: what a line over vectors of texts weighs."""

from dataclasses import dataclass

import numpy as np

from mainspring.steps.learn.text.encoded.pairing import Pairing
from mainspring.steps.learn.text.rows import Floats


@dataclass(frozen=True)
class Line:
    """``weights`` (text columns × width × outputs), those of the designed columns (``beside``), and ``intercept`` (outputs).

    ``usual`` (text columns × outputs) is what the average training text adds, ``middle`` the average designed columns.
    ``joint`` (vectors of a pair × width × outputs) and ``usual_joint`` (outputs) are the same of two texts that are read together.
    """

    weights: Floats
    beside: Floats
    intercept: Floats
    usual: Floats
    middle: Floats
    joint: Floats | None = None
    usual_joint: Floats | None = None
    pairing: Pairing | None = None

    def arrays(self) -> dict[str, Floats]:
        """All that is there of it in arrays."""
        return {name: held for name, held in vars(self).items() if isinstance(held, np.ndarray)}

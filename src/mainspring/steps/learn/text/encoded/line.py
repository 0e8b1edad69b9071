"""Line: what a line over vectors of texts weighs."""

from dataclasses import dataclass

from mainspring.steps.learn.text.rows import Floats


@dataclass(frozen=True)
class Line:
    """``weights`` (text columns × width × outputs), those of the designed columns (``beside``), and ``intercept`` (outputs).

    ``usual`` (text columns × outputs) is what the average training text adds, ``middle`` the average designed columns.
    """

    weights: Floats
    beside: Floats
    intercept: Floats
    usual: Floats
    middle: Floats

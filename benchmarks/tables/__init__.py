"""Tables: the public tabular sets that selection is measured on and learned from, each with its question and its metric.

>>> from tables import fold, load, names, score
>>> task = load("credit_data")                       # Unavailable, with the reason, where the data are not on this machine
>>> train, test = fold(task, seed=0)                 # 70/30, stratified for classes
"""

from tables.sets import LEFT_OUT, load, names, origin
from tables.task import METRICS, NUMBER, Task, Unavailable, better_is_greater, fold, score

__all__ = [
    "LEFT_OUT",
    "METRICS",
    "NUMBER",
    "Task",
    "Unavailable",
    "better_is_greater",
    "fold",
    "load",
    "names",
    "origin",
    "score",
]

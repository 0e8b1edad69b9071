"""Whole: the readable model, and in which unit its numbers are."""

from collections.abc import Callable, Mapping
from typing import Any

from mainspring.steps.learn.report.markup import Html, join, said, short, tag
from mainspring.steps.learn.report.readable.curves import curves
from mainspring.steps.learn.report.readable.line import line
from mainspring.steps.learn.report.readable.tree import tree
from mainspring.steps.learn.report.story import Story

Plain = Mapping[str, Any]
SHOWN: Mapping[str, Callable[[Plain, Html], Html]] = {"line": line, "tree": tree, "curves": curves}


def whole(story: Story) -> Html:
    told = story.evaluation.get("whole")
    if not told:
        return Html("")
    return SHOWN[told["form"]](told, tag("p", join(s + " " for s in _unit(told, story)), class_="note"))


def _unit(told: Plain, story: Story) -> list[Html]:
    outputs, target = told["outputs"], tag("b", short(story.target, 40))
    is_tree = told["form"] == "tree"
    if not outputs:
        unit = said("Numbers are in the unit of {target}.", target=target)
    elif is_tree:
        unit = said("Numbers are probabilities of {label}.", label=tag("b", short(", ".join(outputs), 80)))
    elif len(outputs) == 1:
        unit = said(
            "Numbers are log-odds of {label}: 0 is even, +1 is 2.7 to 1.", label=tag("b", short(outputs[0], 40))
        )
    else:
        unit = said("Numbers are log-odds of each class against the others' mean; the highest wins.")
    parts = [unit]
    if told.get("log"):
        parts = [said("Numbers make the logarithm of {target}; the answer is their exponential.", target=target)]
    if told.get("calibration", "none") != "none":
        parts.append(
            said(
                "What comes out is calibrated ({method}) before it is a probability.",
                method=short(told["calibration"], 20),
            )
        )
    return parts

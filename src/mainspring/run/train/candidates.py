"""Candidates: what a search can try, and whether it can here."""

from typing import Any

from mainspring.errors import MissingExtra
from mainspring.steps.learn.portfolio import PORTFOLIO, Entry


def candidates() -> list[dict[str, Any]]:
    """``name``, ``learner`` (its kind), ``settings``, ``target`` (``logarithm`` where that is learned), ``missing`` (what to install)."""
    return [
        {
            "name": entry.name, "learner": entry.kind, "target": "logarithm" if entry.log else "as it is",
            "settings": dict(entry.settings), "missing": _missing(entry),
        }
        for entry in PORTFOLIO
    ]  # fmt: skip


def _missing(entry: Entry) -> str | None:
    try:
        entry.learner()
    except MissingExtra as error:
        return error.remedy
    except ImportError as error:
        return str(error.name)
    return None

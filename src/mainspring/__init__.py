"""Mainspring: from data to decisions that act, and get better.

The public page. Everything loads on use, so ``import mainspring`` costs almost nothing.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainspring.automation import Automation
    from mainspring.decision import Decision
    from mainspring.errors import MainspringError
    from mainspring.event import Event
    from mainspring.model import Model, ModelCard
    from mainspring.workspace import Workspace

__version__ = "0.1.0"

_WHERE = {
    "Automation": "mainspring.automation",
    "Decision": "mainspring.decision",
    "Event": "mainspring.event",
    "MainspringError": "mainspring.errors",
    "Model": "mainspring.model",
    "ModelCard": "mainspring.model",
    "Workspace": "mainspring.workspace",
}

__all__ = ["Automation", "Decision", "Event", "MainspringError", "Model", "ModelCard", "Workspace", "__version__"]


def __getattr__(name: str) -> object:
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'mainspring' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

"""Deliver: who carries out a declared action."""

import importlib
from typing import cast

from mainspring.automation.act import Act
from mainspring.errors import MissingExtra
from mainspring.steps.act.deliverer import Deliverer, Means
from mainspring.steps.act.kinds import DELIVERERS


def deliverer_for(act: Act, means: Means) -> Deliverer:
    """The deliverer of ``act``. Keep it: it holds open connections, and knows what its files already contain.

    ``${NAME}`` of addresses and headers is looked up in the environment at each delivery.

    Raises:
        MissingExtra: its library is not installed.
    """
    kind = next(name for name in DELIVERERS if getattr(act, name) is not None)
    module, _, name = DELIVERERS[kind].partition(":")
    try:
        make = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or kind, "alerts", "a message") from error
    return cast(Deliverer, make(means))

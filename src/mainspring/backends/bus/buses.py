"""Buses: the workspace's own and those that sources name by their address; each is opened when it is first used."""

import importlib
import threading
from collections.abc import Callable
from typing import cast

from mainspring.backends.bus.bus import OpenBus
from mainspring.backends.bus.kinds import EXTRAS, KINDS
from mainspring.errors import MissingExtra


class Buses:
    def __init__(self, url: str) -> None:
        self._url = url
        self._open: dict[str, OpenBus] = {}
        self._lock = threading.Lock()

    @property
    def own(self) -> OpenBus:
        """The workspace's.

        Raises:
            BusError: it cannot be reached. MissingExtra: its library is not installed.
        """
        return self.at(None)

    def at(self, url: str | None) -> OpenBus:
        """The bus behind a URL, the workspace's own for None."""
        with self._lock:
            url = url or self._url
            if url not in self._open:
                self._open[url] = open_bus(url)
            return self._open[url]

    def close(self) -> None:
        with self._lock:
            for bus in self._open.values():
                bus.close()
            self._open.clear()


def open_bus(url: str) -> OpenBus:
    """Open a bus, for its opener alone.

    Raises:
        BusError: it cannot be reached. MissingExtra: its library is not installed.
    """
    kind = url.partition("://")[0]
    module, _, name = KINDS[kind].partition(":")
    try:
        make = cast(Callable[[str], OpenBus], getattr(importlib.import_module(module), name))
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or kind, EXTRAS.get(kind, kind), f"a bus at {kind}://") from error
    return make(url)

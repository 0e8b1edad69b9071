"""Promote: which version decides, and back again."""

from collections.abc import Callable

from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion

BY = "a person"


class Models:
    """The versions of each automation's model."""

    def __init__(self, backends: Backends, changed: Callable[[], None]) -> None:
        self._registry = backends.registry
        self._changed = changed

    def list(self, name: str) -> "list[ModelVersion]":
        """Oldest first; empty where nothing was learned."""
        return self._registry.versions(name)

    def promote(self, name: str, version: int, why: str = "") -> None:
        """From now on ``version`` decides. Raises NotFound where there is no such version."""
        self._registry.promote(name, version, by=BY, why=why)
        self._changed()

    def rollback(self, name: str, why: str = "") -> ModelVersion:
        """The champion before this one decides again."""
        before = self._registry.rollback(name, by=BY, why=why)
        self._changed()
        return before

"""Promote: which version decides, and back again."""

from mainspring.backends.opening import Backends
from mainspring.backends.store.registry import ModelVersion

BY = "a person"


class Models:
    """The versions of each automation's model."""

    def __init__(self, backends: Backends) -> None:
        self._registry = backends.registry

    def list(self, name: str) -> "list[ModelVersion]":
        """Oldest first; empty where nothing was learned."""
        return self._registry.versions(name)

    def promote(self, name: str, version: int, why: str = "") -> None:
        """From now on ``version`` decides. Raises NotFound where there is no such version."""
        self._registry.promote(name, version, by=BY, why=why)

    def rollback(self, name: str, why: str = "") -> ModelVersion:
        """The champion before this one decides again."""
        return self._registry.rollback(name, by=BY, why=why)

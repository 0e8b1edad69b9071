"""The lake: Delta tables, and SQL over them."""

from mainspring.backends.store.lake.lake import Lake

__all__ = ["Lake"]

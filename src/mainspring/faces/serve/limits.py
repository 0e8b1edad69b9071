"""Limits: how much one request may carry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``body`` in bytes, ``records`` a request, ``text`` in characters of one value, ``fields`` a record; ``patience`` is how many
    seconds of work may wait before more is turned away."""

    body: int = 16_000_000
    records: int = 10_000
    text: int = 1_000_000
    fields: int = 20_000
    patience: float = 1.0

"""Payments by card, what their decisions were told, and the slow way to count what came before each."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mainspring.backends.opening import Settings, open_backends

START = datetime(2026, 11, 1, 12)


def payment(n: int, seconds: float, card: str = "a", amount: float = 1.0, shop: str = "x") -> dict[str, Any]:
    return {
        "id": f"p{n}",
        "at": (START + timedelta(seconds=seconds)).isoformat(),
        "card": card,
        "amount": amount,
        "shop": shop,
    }


def told(folder: Path, *names: str) -> dict[str, Any]:
    """Key → what its decision was told, of these names."""
    with open_backends(Settings.read(folder / "space")) as backends:
        made = backends.decisions.recent("fraud", limit=10_000_000)
    return {str(one.key): tuple(map(one.record.get, names)) for one in made}


def slowly(payments: list[dict[str, Any]], over: float = 60) -> dict[str, tuple[int, float]]:
    """Id → count and sum of what came before, of payments in the order in which they arrived."""
    out: dict[str, tuple[int, float]] = {}
    met: list[tuple[datetime, dict[str, Any]]] = []
    for one in payments:
        at = datetime.fromisoformat(one["at"])
        before = [
            p["amount"] for when, p in met if p["card"] == one["card"] and at - timedelta(seconds=over) <= when < at
        ]
        out[one["id"]] = (len(before), sum(before))
        met.append((at, one))
    return out

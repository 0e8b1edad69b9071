"""Service: whether decisions come fast enough and without errors, by what was declared."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mainspring.steps.watch.finding import Finding

STEPS = tuple(float(x) for x in np.geomspace(1e-4, 100.0, 61))
"""Latencies are counted between these seconds, each a quarter more than the one before, so that counts of many processes add up."""
FEWEST = 50


@dataclass(frozen=True, slots=True)
class Service:
    """``latencies`` (61 + 1) are counts between ``STEPS`` of the seconds a decision took; ``refused`` records were at fault themselves."""

    decisions: int = 0
    refused: int = 0
    errors: int = 0
    latencies: tuple[int, ...] = (0,) * (len(STEPS) + 1)

    def quantile(self, share: float) -> float | None:
        """Seconds, the upper end of the step it lies in; None where nothing was timed."""
        total = sum(self.latencies)
        if not total:
            return None
        place = int(np.searchsorted(np.cumsum(self.latencies), share * total))
        return STEPS[min(place, len(STEPS) - 1)]

    def to_dict(self) -> dict[str, Any]:
        told = {name: value for name, value in asdict(self).items() if name != "latencies"}
        return told | {"p50": self.quantile(0.5), "p95": self.quantile(0.95), "p99": self.quantile(0.99)}


def added_up(parts: Sequence[Mapping[str, Any]]) -> Service:
    """Several stretches of time as one."""
    if not parts:
        return Service()
    counts = {name: sum(int(part[name]) for part in parts) for name in ("decisions", "refused", "errors")}
    return Service(**counts, latencies=tuple(int(n) for n in np.sum([part["latencies"] for part in parts], axis=0)))


def findings_of(service: Service, latency: float | None, errors: float | None) -> list[Finding]:
    """What is beyond the declared ``latency`` (95 of 100 decisions, seconds) and share of ``errors``."""
    found: list[Finding] = []
    slow = service.quantile(0.95)
    if latency is not None and slow is not None and slow > latency and service.decisions >= FEWEST:
        what = f"a decision takes up to {slow * 1000:,.4g} ms (95 of 100), and {latency * 1000:,.4g} ms are declared"
        found.append(Finding("service", "latency", what, facts=service.to_dict() | {"declared": latency}))
    asked = service.decisions + service.errors
    if errors is not None and asked and service.errors > errors * asked and service.errors > 1:
        what = f"{service.errors:,} of {asked:,} decisions failed, and {errors:.2%} are declared"
        found.append(Finding("service", "errors", what, facts=service.to_dict() | {"declared": errors}))
    return found

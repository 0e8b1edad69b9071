"""Metrics: what the gateway does, counted for Prometheus; of all worker processes together where there are several."""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Set by whoever starts several workers: there each keeps its numbers."""
ROUTE = "route.template"
"""Under this a request's scope says which route it took, so that metrics do not multiply with what addresses are asked for."""
STEPS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
KIND = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One a gateway."""

    def __init__(self) -> None:
        self._registry = here = CollectorRegistry()
        self.requests = Counter(
            "mainspring_http_requests", "Requests answered.", ["method", "route", "status"], registry=here
        )
        self.seconds = Histogram(
            "mainspring_http_request_seconds",
            "Seconds until a request was answered.",
            ["route"],
            buckets=STEPS,
            registry=here,
        )
        self.decisions = Counter("mainspring_decisions", "Decisions answered.", ["automation", "action"], registry=here)
        self.deprecated = Counter(
            "mainspring_deprecated_fields", "Requests with a deprecated field.", ["automation", "field"], registry=here
        )
        self.shed = Counter("mainspring_shed", "Requests turned away because there were too many.", registry=here)

    def shown(self) -> bytes:
        """In Prometheus's own text form."""
        if os.environ.get(FOLDER):
            everyone = CollectorRegistry()
            MultiProcessCollector(everyone)
            return generate_latest(everyone)
        return generate_latest(self._registry)

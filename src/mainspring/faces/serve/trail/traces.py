"""Traces: who is told of requests and of the stages of their decisions; nobody unless the environment says so."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from mainspring.errors import MissingExtra
from mainspring.run.stages.stages import Stage

OPENTELEMETRY = "mainspring.faces.serve.trail.opentelemetry:OpenTelemetry"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class Span(Protocol):
    """A request in its trace."""

    @property
    def trace(self) -> str:
        """The trace's id, 32 hexadecimal digits."""
        ...

    @property
    def wanted(self) -> bool:
        """Whether it is to be told at all: most may be left out, as the sampler says."""
        ...

    def end(self, name: str, facts: Mapping[str, Any], stages: Sequence[Stage], *, failed: bool) -> None: ...


class Traces(Protocol):
    def begin(self, headers: Mapping[str, str]) -> Span:
        """A span that goes on with the trace that the ``headers`` name, where they do."""
        ...

    def close(self) -> None:
        """Tell what is not told yet, for a few seconds at most."""
        ...


def open_traces(environment: Mapping[str, str]) -> Traces | None:
    """Who is told, as OpenTelemetry's own variables say; None where nobody is.

    Raises:
        MissingExtra: somebody is to be told, and the library is not installed.
    """
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if off or environment.get("OTEL_TRACES_EXPORTER") == "none" or not any(environment.get(name) for name in ENDPOINTS):
        return None
    module, _, name = OPENTELEMETRY.partition(":")
    try:
        make = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "opentelemetry-sdk", "otel", "OTEL_EXPORTER_OTLP_ENDPOINT") from error
    return cast(Traces, make(environment))

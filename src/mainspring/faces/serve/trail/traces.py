"""Traces: who is told of requests, of decisions and of actions; nobody unless the environment says so."""

import importlib
from collections.abc import Mapping
from typing import cast

from mainspring.errors import MissingExtra
from mainspring.run.stages.traces import Traces

OPENTELEMETRY = "mainspring.faces.serve.trail.opentelemetry:OpenTelemetry"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


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

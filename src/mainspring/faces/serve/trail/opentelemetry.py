"""OpenTelemetry: spans of requests, sent as OTLP over HTTP by a thread of their own."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mainspring.run.stages.stages import Stage

PATIENCE = 3.0
"""Seconds that the end of a process waits for a collector: one that is down takes nobody with it."""
W3C = TraceContextTextMapPropagator()


class Request:
    """See :class:`mainspring.faces.serve.trail.traces.Span`."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer, self._span = tracer, span
        self.trace = format_trace_id(span.get_span_context().trace_id)
        self.wanted = span.is_recording()

    def end(self, name: str, facts: Mapping[str, Any], stages: Sequence[Stage], *, failed: bool) -> None:
        here = set_span_in_context(self._span)
        for stage in stages:
            self._tracer.start_span(stage.name, here, start_time=stage.began).end(stage.ended)
        self._span.update_name(name)
        self._span.set_attributes(dict(facts))
        if failed:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class OpenTelemetry:
    """The sampler, the address and the rest are read from the standard environment variables by the library itself."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        named = environment.get("OTEL_SERVICE_NAME") or SERVICE_NAME in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
        self._provider = TracerProvider(
            resource=Resource.create({} if named else {SERVICE_NAME: "mainspring"}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("mainspring")

    def begin(self, headers: Mapping[str, str]) -> Request:
        brought = {name: value for name in ("traceparent", "tracestate") if (value := headers.get(name))}
        return Request(self._tracer, self._tracer.start_span("request", W3C.extract(brought), SpanKind.SERVER))

    def close(self) -> None:
        last = threading.Thread(target=self._provider.shutdown, name="mainspring-traces", daemon=True)
        last.start()
        last.join(PATIENCE)

"""OpenTelemetry: spans of requests and of work, sent as OTLP over HTTP by a thread of their own."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    Tracer,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from mainspring.run.stages.stages import Stage
from mainspring.run.stages.traces import Kind

PLACE = "traceparent"
PATIENCE = 3.0
"""Seconds that the end of a process waits for a collector: one that is down takes nobody with it."""
W3C = TraceContextTextMapPropagator()
KINDS = {"client": SpanKind.CLIENT, "consumer": SpanKind.CONSUMER}
LINKS = 128
"""So many links a span keeps at most, by OpenTelemetry's own limit; finding out costs more than keeping to it."""


class Told:
    """See :class:`mainspring.run.stages.traces.Span`."""

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer, self._span = tracer, span
        self.trace = format_trace_id(span.get_span_context().trace_id)
        self.wanted = span.is_recording()

    @property
    def place(self) -> str:
        carried = dict[str, str]()
        W3C.inject(carried, set_span_in_context(self._span))
        return carried[PLACE]

    def end(
        self, name: str, facts: Mapping[str, Any], stages: Sequence[Stage], *, failed: bool, links: Sequence[str] = ()
    ) -> None:
        here = set_span_in_context(self._span)
        for place in links[:LINKS] if self.wanted else ():
            self._span.add_link(get_current_span(W3C.extract({PLACE: place})).get_span_context())
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

    def begin(self, headers: Mapping[str, str]) -> Told:
        brought = {name: value for name in (PLACE, "tracestate") if (value := headers.get(name))}
        return Told(self._tracer, self._tracer.start_span("request", W3C.extract(brought), SpanKind.SERVER))

    def begin_work(self, kind: Kind, place: str | None = None) -> Told:
        beneath = W3C.extract({} if place is None else {PLACE: place})
        return Told(self._tracer, self._tracer.start_span(kind, beneath, KINDS[kind]))

    def close(self) -> None:
        last = threading.Thread(target=self._provider.shutdown, name="mainspring-traces", daemon=True)
        last.start()
        last.join(PATIENCE)

"""A real gateway beside a real receiver of OTLP, one that is down, and headers of ill will."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
BROUGHT = f"00-{TRACE}-{PARENT}-01"


class Collector:
    def __init__(self) -> None:
        self.spans: list = []
        self.services: set[str] = set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
                for resource in told.resource_spans:
                    collector.services |= {
                        a.value.string_value for a in resource.resource.attributes if a.key == "service.name"
                    }
                    collector.spans += [span for scope in resource.scope_spans for span in scope.spans]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def of(self, name: str) -> list:
        return [span for span in self.spans if span.name == name]


@pytest.fixture
def collector(listening) -> Iterator[Collector]:
    made = Collector()
    with listening(made.server):
        yield made


DECIDE = "POST /v1/automations/{name}/decisions"


def facts(span) -> dict:
    return {a.key: a.value.string_value or a.value.int_value for a in span.attributes}


def test_a_trace_goes_on_to_the_journal(serve, collector: Collector) -> None:
    served = serve("--log", "json", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_SERVICE_NAME="till")
    answer = served.decide({"record": {"id": "traced", "age": 70}}, traceparent=BROUGHT)
    line = next(line for line in served.lines() if line["event"] == "decision")
    assert line["trace"] == TRACE
    [request] = collector.of(DECIDE)
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, PARENT)
    told = facts(request)
    assert told["mainspring.decision"] == answer.json()["decision"]
    assert told["mainspring.request"] == answer.headers["x-request-id"]
    assert told["http.response.status_code"] == 200
    for name in ("decide", "journal"):
        [stage] = collector.of(name)
        assert (stage.trace_id, stage.parent_span_id) == (request.trace_id, request.span_id)
        assert stage.start_time_unix_nano <= stage.end_time_unix_nano
    assert collector.services == {"till"}
    assert "traced" not in str(collector.spans)


def test_many_records_have_the_stages_too(serve, collector: Collector) -> None:
    served = serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    served.decide({"records": [{"id": "x", "age": 3}, {"id": "y", "age": 70}]})
    served.said()
    [request] = collector.of(DECIDE)
    assert facts(request)["mainspring.decisions"] == 2
    assert {span.name for span in collector.spans if span.parent_span_id == request.span_id} == {"decide", "journal"}
    assert collector.services == {"mainspring"}


@pytest.mark.parametrize(
    "forged", ["x" * 20_000, f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01", "00-geheim-999-01"]
)
def test_a_forged_trace_is_not_gone_on_with(serve, collector: Collector, forged: str) -> None:
    served = serve("--log", "json", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    answer = served.decide({"record": {"id": "forged", "age": 3}}, traceparent=forged)
    said = served.said()
    assert answer.status_code == 200
    [request] = collector.of(DECIDE)
    assert request.parent_span_id == b""
    assert "geheim-999" not in said + str(collector.spans)


def test_what_the_sampler_leaves_out_is_not_sent(serve, collector: Collector) -> None:
    served = serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_TRACES_SAMPLER="always_off")
    assert served.decide({"record": {"id": "left", "age": 70}}).status_code == 200
    served.said()
    assert collector.spans == []


def test_a_collector_that_is_down_fails_no_decision(serve) -> None:
    with socket.socket() as taken:  # bound and never listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        served = serve(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{taken.getsockname()[1]}")
        answers = [served.decide({"record": {"id": f"d{n}", "age": 70}}) for n in range(20)]
        assert {answer.status_code for answer in answers} == {200}
        served.said()


def test_a_missing_library_is_named() -> None:
    code = (
        "import sys; sys.modules['opentelemetry.sdk.trace'] = None\n"
        "from mainspring.errors import MissingExtra\n"
        "from mainspring.faces.serve.trail.traces import open_traces\n"
        "assert open_traces({}) is None\n"
        "try: open_traces({'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://x'})\n"
        "except MissingExtra as error: print(error.remedy)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == 'pip install "mainspring[otel]"'

"""A real gateway beside a real receiver of OTLP, one that is down, and headers of ill will."""

import socket
import subprocess
import sys

import pytest

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
BROUGHT = f"00-{TRACE}-{PARENT}-01"


DECIDE = "POST /v1/automations/{name}/decisions"


def test_a_trace_goes_on_to_the_journal(serve, collector, facts) -> None:
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


def test_many_records_have_the_stages_too(serve, collector, facts) -> None:
    served = serve(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    served.decide(
        {"records": [{"id": "x", "age": 3}, {"id": "y", "age": 7}]}
    )  # an action's delivery would be beneath, too
    served.said()
    [request] = collector.of(DECIDE)
    assert facts(request)["mainspring.decisions"] == 2
    assert {span.name for span in collector.spans if span.parent_span_id == request.span_id} == {"decide", "journal"}
    assert collector.services == {"mainspring"}


@pytest.mark.parametrize(
    "forged", ["x" * 20_000, f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01", "00-geheim-999-01"]
)
def test_a_forged_trace_is_not_gone_on_with(serve, collector, forged: str) -> None:
    served = serve("--log", "json", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    answer = served.decide({"record": {"id": "forged", "age": 3}}, traceparent=forged)
    said = served.said()
    assert answer.status_code == 200
    [request] = collector.of(DECIDE)
    assert request.parent_span_id == b""
    assert "geheim-999" not in said + str(collector.spans)


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

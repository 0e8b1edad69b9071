"""Stream: ``stream``."""

import logging
import os
import signal
import sys
import time
from typing import Annotated

import typer

from mainspring.faces.cli.options import HERE, InJson, LogForm, LogLevel, Name, Place
from mainspring.faces.cli.show.log import logging_as
from mainspring.faces.cli.show.rows import say, show_facts
from mainspring.faces.serve.threads.deliveries import Deliveries
from mainspring.faces.serve.trail.traces import open_traces
from mainspring.workspace import Workspace

TOLD_EVERY = 5.0
LOG = logging.getLogger(__name__)


def stream(  # noqa: PLR0913 - a command takes its options as arguments
    name: Name,
    drain: Annotated[
        bool, typer.Option("--drain", help="End when no event is left, instead of waiting for more.")
    ] = False,
    batch: Annotated[
        int, typer.Option("--batch", min=1, max=5000, metavar="N", help="Events decided on at once, at most.")
    ] = 1000,
    log: LogForm = "text",
    log_level: LogLevel = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Decide on events as they come, until Ctrl-C.

    Also delivers the actions that are due. Several at once share the events; one that is killed loses and repeats nothing.
    """
    with logging_as(log, log_level), Workspace(workspace) as space:
        traces = open_traces(os.environ)
        deliveries = Deliveries(space, traces=traces)
        last = time.monotonic()

        def told(counts: dict[str, int]) -> None:
            nonlocal last
            deliveries.wake()
            LOG.info("batch", extra={"told": {"automation": name} | counts})
            if not in_json and time.monotonic() - last > TOLD_EVERY:
                last = time.monotonic()
                say(", ".join(f"{count:,} {what}" for what, count in counts.items() if count))

        def stop(*_: object) -> None:
            space.streams.stop()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        if not drain and sys.stderr.isatty():
            say(f"{name} decides on its events  (Ctrl-C stops)")
        deliveries.start()
        try:
            counts = space.streams.run(name, drain=drain, batch=batch, told=told, traces=traces)
        finally:
            deliveries.stop()
            if traces is not None:
                traces.close()
    show_facts(counts, in_json=in_json)

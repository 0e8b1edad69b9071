"""Gateway: ``serve``."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from mainspring.automation.units import seconds, size
from mainspring.faces.cli.options import HERE, InJson, LogForm, LogLevel, Place
from mainspring.faces.cli.show.log import logging_as
from mainspring.faces.cli.show.rows import say, show_json
from mainspring.faces.portal.door import attach, installed
from mainspring.faces.serve.access.terms import Oidc, Terms
from mainspring.faces.serve.app import app
from mainspring.faces.serve.limits import Limits
from mainspring.faces.serve.load.folder import used
from mainspring.faces.serve.server import Manner, check_tls
from mainspring.faces.serve.server import serve as serve_app
from mainspring.faces.serve.trail.traces import open_traces
from mainspring.faces.serve.workers import again, held, member, supervise
from mainspring.workspace import Workspace


def _size(text: str) -> int:
    try:
        return size(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def serve(  # noqa: PLR0913 - a command takes its options as arguments
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="0.0.0.0 for every network this machine is in.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="0 for any that is free.")
    ] = 8080,
    max_body: Annotated[
        int, typer.Option("--max-body", parser=_size, metavar="SIZE", help="The largest request.")
    ] = Limits().body,
    streams: Annotated[
        bool, typer.Option("--streams/--no-streams", help="Whether to decide on the events of topics too.")
    ] = True,
    learning: Annotated[
        bool,
        typer.Option(
            "--learning/--no-learning", help="Whether to learn anew when it is time, in a process of its own."
        ),
    ] = True,
    cors: Annotated[
        list[str] | None,
        typer.Option(
            "--cors", metavar="ORIGIN", help="A site whose pages may ask, like https://shop.example. May be repeated."
        ),
    ] = None,
    oidc_issuer: Annotated[
        str,
        typer.Option(
            "--oidc-issuer",
            envvar="MAINSPRING_OIDC_ISSUER",
            metavar="URL",
            help="Take the tokens (JWT) of this issuer.",
        ),
    ] = "",
    oidc_audience: Annotated[
        str,
        typer.Option(
            "--oidc-audience", envvar="MAINSPRING_OIDC_AUDIENCE", metavar="TEXT", help="Whom its tokens must be for."
        ),
    ] = "mainspring",
    oidc_claim: Annotated[
        str,
        typer.Option("--oidc-claim", envvar="MAINSPRING_OIDC_CLAIM", metavar="NAME", help="The claim with the roles."),
    ] = "mainspring",
    tls: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--tls", metavar="CERTIFICATE KEY", help="Serve HTTPS with these (PEM files)."),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", metavar="NUMBER", min=1, max=256, help="So many processes behind the port.")
    ] = 1,
    drain: Annotated[
        str,
        typer.Option(
            "--drain", metavar="TIME", help="How long to go on, not ready any more, when told to stop; like 10s."
        ),
    ] = "0",
    patience: Annotated[
        str,
        typer.Option(
            "--patience", metavar="TIME", help="How much work may wait; what comes beyond it is turned away with 503."
        ),
    ] = "1s",
    log: LogForm = "text",
    log_level: LogLevel = None,
    workspace: Place = HERE,
    in_json: InJson = False,
) -> None:
    """Serve decisions over HTTP until Ctrl-C.

    Nothing but health is open without a key (`mainspring keys new`); where there is none for everything yet, one is made and shown once.

    Also delivers the actions that are due, decides on the events of automations whose source is a topic, and has automations learned anew
    when it is time (`watch.retrain.when`).
    """
    oidc = Oidc(oidc_issuer, oidc_audience, oidc_claim) if oidc_issuer else None
    limits = Limits(body=max_body, patience=_time(patience))
    worker = member()

    with logging_as(log, log_level), used("" if worker is None else worker.name), Workspace(workspace) as space:
        first = space.keys.first()

        def announce(url: str) -> None:
            if in_json:
                show_json({"url": url} | ({"admin_key": first["key"]} if first else {}))
                return
            say(f"Serving {workspace} at {url}  (Ctrl-C stops; {url}/openapi.json says what it takes)")
            if first:
                say(f"The first key, for everything, shown this once: {first['key']}")

        if workers > 1 and worker is None:
            if tls is not None:
                check_tls(tls)
            command = again(sys.argv[1:])
            supervise(command, workers, (host, port), announce, pages=installed(), drain=_time(drain))
            return
        alone = worker is None or worker.first  # one of several does what needs doing once
        keeps = worker is not None and worker.number is None  # the pages, for the others
        traces = open_traces(os.environ)
        made = app(
            space,
            limits,
            Terms(tuple(cors or ()), oidc, workers, counted=not keeps),
            streams=streams and alone,
            learning=learning and alone,
            traces=traces,
        )
        attach(made, None if worker is None or keeps else worker.pages)
        manner = Manner(
            worker is not None,
            _time(drain),
            made.state.gateway.drain,
            worker.pages if worker is not None and keeps else None,
            held if worker is not None else None,
        )
        try:
            serve_app(made, host, port, announce, None if keeps else tls, manner)
        finally:
            if traces is not None:
                traces.close()


def _time(text: str) -> float:
    try:
        return 0.0 if text == "0" else seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None

"""Options: what many commands take, said once."""

from pathlib import Path
from typing import Annotated

import typer

from mainspring.faces.cli.show.log import Form, Level

Place = Annotated[
    str,
    typer.Option(
        "--workspace", "-w", envvar="MAINSPRING_WORKSPACE", metavar="FOLDER", help="The workspace's folder.",
    ),
]  # fmt: skip
InJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, errors included.")]
Name = Annotated[str, typer.Argument(help="The automation.", show_default=False)]
Version = Annotated[
    int | None, typer.Option("--version", min=1, metavar="VERSION", help="A model version; the champion when absent.")
]
RowsFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="CSV, Excel, JSON, Parquet or Arrow; `-` for a line of JSON a row on standard input.",
        show_default=False,
    ),
]  # fmt: skip
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write all rows there instead: .csv, .jsonl or .parquet."),
]
LogForm = Annotated[
    Form,
    typer.Option(
        "--log", envvar="MAINSPRING_LOG", metavar="FORM",
        help="`text` for people, or `json`: an object a line, each request and decision among them.",
    ),
]  # fmt: skip
LogLevel = Annotated[
    Level | None,
    typer.Option(
        "--log-level", envvar="MAINSPRING_LOG_LEVEL", metavar="LEVEL",
        help="`info`, `warning` or `error`; with text `warning` when absent, with JSON `info`.",
    ),
]  # fmt: skip
HERE = ".mainspring"

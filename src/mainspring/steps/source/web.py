"""Web: a file behind an http(s) address, downloaded to a nameless temporary file that vanishes with the process."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, BinaryIO, cast
from urllib.parse import unquote, urlsplit

import httpx
import pyarrow as pa

from mainspring.automation.source import Source
from mainspring.errors import SourceError
from mainspring.steps.source.address import expanded, shown
from mainspring.steps.source.files.content import Content, Window
from mainspring.steps.source.files.read import opened, together
from mainspring.steps.source.reader import Surroundings

IN_MEMORY = 64 << 20
"""Downloads up to so many bytes never touch the disk."""
TIMEOUT = httpx.Timeout(30.0, read=60.0)
"""Seconds to connect and to wait for the next piece; the whole may take as long as it needs."""
PIECE = 1 << 20


class Web:
    def batches(self, source: Source, around: Surroundings) -> Iterator[pa.RecordBatch]:
        declared = source.table or ""
        address = expanded(declared, around.environment)
        filename = unquote(PurePosixPath(urlsplit(address).path).name)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            download(address, file, shown(declared))
            lock = threading.Lock()
            content = Content(shown(declared), lambda: cast(BinaryIO, Window(cast(BinaryIO, file), lock)))
            yield from together([opened(content, filename, source)])


def download(address: str, file: IO[bytes], where: str) -> None:
    """Write what the address answers into ``file``. Redirects are followed, but not from https to http.

    Raises:
        SourceError: no answer, an answer that is not 200, or fewer bytes than were announced.
    """
    try:
        with httpx.stream("GET", address, follow_redirects=True, timeout=TIMEOUT) as answer:
            _accept(answer, where)
            for piece in answer.iter_bytes(PIECE):
                file.write(piece)
    except httpx.TimeoutException as error:
        raise SourceError("the server did not answer in time", where=where, remedy="try again later") from error
    except httpx.RemoteProtocolError as error:
        raise SourceError(
            "the download was cut short by the server", where=where, remedy="try again; nothing of it was taken"
        ) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(
            f"the address cannot be fetched ({type(error).__name__})",
            where=where,
            remedy="check the address and the network",
        ) from error


def _accept(answer: httpx.Response, where: str) -> None:
    hops = [*(response.url.scheme for response in answer.history), answer.url.scheme]
    if "https" in hops and hops[-1] == "http":
        raise SourceError(
            "the server redirects from https to http",
            where=where,
            remedy="declare the http address itself if you trust it",
        )
    if answer.status_code != 200:
        remedies = {401: "give the credentials in the address", 403: "ask for access", 404: "check the address"}
        raise SourceError(
            f"the server answered {answer.status_code} {answer.reason_phrase}",
            where=where,
            remedy=remedies.get(answer.status_code, "try again later, or ask its operator"),
        )

"""Deprecated: how answers say of an automation that it should not be asked any more (RFC 9745, RFC 8594)."""

from collections.abc import Sequence
from email.utils import format_datetime
from typing import Any

from mainspring.run.contract.deprecation import Deprecation

Headers = Sequence[tuple[bytes, bytes]]
HERE = "/v1/automations/"
SAID: dict[str, Any] = {
    name: {"description": about, "required": False, "schema": {"type": "string"}}
    for name, about in (
        ("Deprecation", "Where the automation is deprecated: since when, or from when on (RFC 9745)."),
        ("Sunset", "From when on it may not answer any more (RFC 8594)."),
        ("Link", "Where more is told (`deprecation`), and what to ask instead (`successor-version`)."),
    )
}
"""How a description of the gateway tells of these headers."""


def named(path: str) -> str:
    """The automation that an address is about, empty where it is about none."""
    return path[len(HERE) :].partition("/")[0] if path.startswith(HERE) else ""


def headers_of(name: str, deprecation: Deprecation) -> Headers:
    """`Deprecation`, `Sunset` where there is one, and `Link`: where more is told, and what to ask instead."""
    told = deprecation.link or f"{HERE}{name}/schema"
    links = [f'<{told}>; rel="deprecation"']
    if deprecation.instead is not None:
        links.append(f'<{HERE}{deprecation.instead}>; rel="successor-version"')
    headers = {"deprecation": f"@{int(deprecation.since.timestamp())}", "link": ", ".join(links)}
    if deprecation.sunset is not None:
        headers["sunset"] = format_datetime(deprecation.sunset, usegmt=True)
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

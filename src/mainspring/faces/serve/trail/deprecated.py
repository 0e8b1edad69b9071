"""Deprecated: how answers say of an automation that it should not be asked any more (RFC 9745, RFC 8594), and of fields that they
should not be sent any more.
"""

import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

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
FIELDS = "Deprecated-Fields"
SENT: dict[str, Any] = {
    FIELDS: {
        "description": "The deprecated fields that were sent: a list (RFC 9651) of their names, each with `since`, and with `sunset`, "
        "`instead` (the field to send) and `link` where there are such.",
        "required": False,
        "schema": {"type": "string"},
    }
}
"""And of the header of answers to records."""


def named(path: str) -> str:
    """The automation that an address is about, empty where it is about none."""
    return path[len(HERE) :].partition("/")[0] if path.startswith(HERE) else ""


def items_of(deprecated: Mapping[str, Deprecation]) -> dict[str, str]:
    """Field → how the header says of it that it was sent: a member of a list of structured fields (RFC 9651)."""
    return {field: _item(field, one) for field, one in deprecated.items()}


def _item(field: str, deprecation: Deprecation) -> str:
    told = f"{_text(field)};since=@{int(deprecation.since.timestamp())}"
    if deprecation.sunset is not None:
        told += f";sunset=@{int(deprecation.sunset.timestamp())}"
    for name, value in (("instead", deprecation.instead), ("link", deprecation.link)):
        told += "" if value is None else f";{name}={_text(value)}"
    return told


def _text(value: str) -> str:
    """A String, or a Display String where it has other than printable ASCII."""
    if value.isascii() and value.isprintable():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    kept = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '%"')
    # What cannot be UTF-8 (half of a surrogate pair) cannot be a column's name in the lake, and is not told as one.
    quoted = quote(value, safe=kept, errors="replace")
    return '%"' + re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quoted) + '"'


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

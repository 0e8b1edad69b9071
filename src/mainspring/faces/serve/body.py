"""Body: a request's bytes to its records, within the limits, with every mistake named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from fastapi import Request

from mainspring.faces.serve.limits import Limits
from mainspring.faces.serve.problems import Refused

Record = Mapping[str, Any]
NAME = 512


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks about. ``many`` says that it came as ``records``; ``options`` are its other members.

    A record that is wrong stands in ``wrong`` under its place, so that the others can be answered.
    """

    records: Sequence[Record]
    many: bool
    wrong: Mapping[int, Refused]
    options: Mapping[str, Any]


async def read_json(request: Request, limits: Limits) -> Any:
    """The body as JSON.

    Raises:
        Refused: 413 over the limit, 415 not JSON by its own account, 400 not JSON in fact.
    """
    return as_json(await read_bytes(request, limits))


async def read_bytes(request: Request, limits: Limits) -> bytes:
    """The body as it came.

    Raises:
        Refused: 413 over the limit, 415 not JSON by its own account.
    """
    _check_kind(request.headers)
    return await _read(request, limits.body)


def as_json(raw: bytes) -> Any:
    """Raises Refused (400) where it is not JSON in fact."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Refused(
            400, "bad-json", f"the body is not JSON: {error.msg}, at line {error.lineno} column {error.colno}",
            remedy="send UTF-8 JSON; NaN and Infinity are not JSON, write null",
        ) from None  # fmt: skip


def _check_kind(headers: Mapping[str, str]) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refused(
            415, "not-json", f"the body is said to be {kind or 'nothing in particular'}",
            remedy="send the header Content-Type: application/json",
        )  # fmt: skip
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "compressed", "the body is compressed", remedy="send it as it is")


async def _read(request: Request, limit: int) -> bytes:
    told = request.headers.get("content-length", "0")
    if told.isdigit() and int(told) > limit:
        raise _too_big(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise _too_big(limit)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_big(limit: int) -> Refused:
    return Refused(
        413, "too-big", f"the body is larger than {limit:,} bytes",
        remedy="send fewer records at once, or start the gateway with a larger --max-body",
    )  # fmt: skip


def asked(plain: Any, limits: Limits, options: Mapping[str, type], lists: Sequence[str] = ()) -> Asked:
    """What ``{"record": {…}}`` or ``{"records": [{…}, …]}`` asks; ``options`` are the other members it may have, ``lists`` the fields
    of a record that may hold several texts.

    Raises:
        Refused: 422 with every wrong member, 413 too many records. The wrong record of ``record`` is raised too.
    """
    if not isinstance(plain, dict):
        raise Refused(422, "bad-request", 'the body must be an object with "record" or "records"')
    body = cast(dict[str, Any], plain)
    _check_members(body, options)
    many = "records" in body
    records = cast(list[Any], body["records"] if many else [body["record"]])
    if len(records) > limits.records:
        raise Refused(
            413, "too-many", f"there are {len(records):,} records, at most {limits.records:,} are taken at once",
            remedy="send them in several requests",
        )  # fmt: skip
    wrong = {i: problem for i, record in enumerate(records) if (problem := _wrong(record, limits, lists))}
    if wrong and not many:
        raise wrong[0]
    return Asked(records, many, wrong, {name: body[name] for name in options if name in body})


_TYPES = {str: "a text", bool: "true or false"}
_PLAIN = {str, int, float, bool, type(None)}


def _check_members(body: dict[str, Any], options: Mapping[str, type]) -> None:
    errors: list[tuple[str, str]] = []
    if ("record" in body) == ("records" in body):
        errors.append(("record", 'give either "record" (one) or "records" (a list)'))
    if "records" in body and not isinstance(body["records"], list):
        errors.append(("records", "must be a list of objects"))
    for name in body.keys() - {"record", "records"}:
        if name not in options:
            errors.append((name, f"is not known here; known: {', '.join(['record', 'records', *options])}"))
        elif not isinstance(body[name], options[name]):
            errors.append((name, f"must be {_TYPES[options[name]]}"))
    if errors:
        raise Refused(422, "bad-request", "the body has wrong members", errors=sorted(errors))


def _wrong(record: Any, limits: Limits, lists: Sequence[str]) -> Refused | None:
    if not isinstance(record, dict):
        return Refused(422, "bad-record", "a record must be an object of fields and values")
    fields = cast(dict[str, Any], record)
    if len(fields) > limits.fields:
        return Refused(422, "bad-record", f"a record has at most {limits.fields:,} fields")
    if _is_plain(fields, limits.text):
        return None
    errors = [
        (name[:NAME], what)
        for name, value in fields.items()
        if not (name in lists and _are_texts(value, limits)) and (what := _wrong_field(name, value, limits))
    ]
    return Refused(422, "bad-record", "fields of the record are wrong", errors=errors) if errors else None


def _is_plain(fields: dict[str, Any], longest: int) -> bool:
    """Whether nothing is wrong, told of all fields together, as it is nearly always."""
    values = fields.values()
    if not _PLAIN.issuperset(map(type, values)) or "" in fields or max(map(len, fields), default=0) > NAME:
        return False
    return max((len(value) for value in values if type(value) is str), default=0) <= longest


def _are_texts(value: Any, limits: Limits) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, str) and len(one) <= limits.text
        for one in value  # pyright: ignore[reportUnknownVariableType]
    )


def _wrong_field(name: str, value: Any, limits: Limits) -> str | None:
    if not name or len(name) > NAME:
        return f"the name of a field has 1 to {NAME} characters"
    if isinstance(value, str):
        return f"is longer than {limits.text:,} characters" if len(value) > limits.text else None
    if isinstance(value, dict | list):
        return "must be a number, a text, true, false or null"
    return None

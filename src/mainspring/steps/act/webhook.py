"""Webhook: delivers an action as a CloudEvent to an http(s) address."""

import hmac
import math
import threading
import weakref
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from mainspring.automation.act import Act
from mainspring.errors import ActRefused, ActUnreachable
from mainspring.event import CONTENT_TYPE, Event
from mainspring.steps.act.deliverer import Means
from mainspring.steps.act.encode import encode
from mainspring.steps.act.expand import expanded
from mainspring.steps.act.reach import Reach

SECRET, SIGNATURE = "MAINSPRING_WEBHOOK_SECRET", "X-Signature-256"
UNWELL = frozenset({408, 425, 429})
"""Answers below 500 that mean *later*, not *no*."""


class Webhook:
    """The status decides; the body of an answer is never read, so its size cannot matter. No redirect is followed."""

    def __init__(self, means: Means) -> None:
        self._environment = means.environment
        self._reach = Reach(means.allowed)
        # One a host: connections are kept by address, and two names of one address must not share one that was encrypted for the other.
        self._clients: dict[str, httpx.Client] = {}
        self._lock = threading.Lock()
        weakref.finalize(self, _close, self._clients)

    def deliver(self, event: Event, act: Act) -> None:
        request = self._request(event, act)
        where = _shown(request.url.copy_with(host=request.extensions["sni_hostname"]))
        try:
            answer = self._client(request.extensions["sni_hostname"]).send(request, stream=True)
            answer.close()
        except httpx.TimeoutException:
            raise ActUnreachable(f"no answer within {act.timeout:g} s", where=where) from None
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError):
            raise ActRefused(
                "the declared address or a header cannot be sent", where=where, remedy="look at act"
            ) from None
        except (httpx.TransportError, httpx.StreamError) as error:
            raise ActUnreachable(f"the receiver cannot be reached ({type(error).__name__})", where=where) from None
        _judge(answer, where)

    def _request(self, event: Event, act: Act) -> httpx.Request:
        try:
            address = httpx.URL(expanded(act.webhook or "", self._environment))
        except httpx.InvalidURL:
            raise ActRefused("the declared webhook is not an address", remedy="correct act.webhook") from None
        declared = {name: expanded(value, self._environment).encode() for name, value in act.headers.items()}
        headers = httpx.Headers([(name.encode(), value) for name, value in declared.items()])
        headers.update({"Content-Type": CONTENT_TYPE, "Idempotency-Key": event.id})
        if event.trace is not None:
            headers["traceparent"] = event.trace
        body = encode(event)
        if secret := self._environment.get(SECRET):
            headers[SIGNATURE] = "sha256=" + hmac.digest(secret.encode(), body, "sha256").hex()
        if address.scheme not in ("http", "https") or not address.host:
            raise ActRefused("the declared address cannot be sent to", where=_shown(address), remedy="look at act")
        host = address.host
        port = address.port or {"http": 80, "https": 443}[address.scheme]
        pinned = address.copy_with(host=self._reach.address(host, port, _shown(address)))
        headers.setdefault("Host", address.netloc.decode("ascii"))
        # The certificate is asked for, and checked, by the name; the connection goes to the address that was judged.
        told = {"sni_hostname": host, "timeout": httpx.Timeout(act.timeout).as_dict()}
        return httpx.Request("POST", pinned, content=body, headers=headers, extensions=told)

    def _client(self, host: str) -> httpx.Client:
        with self._lock:
            if host not in self._clients:
                self._clients[host] = httpx.Client(follow_redirects=False)
            return self._clients[host]


def _close(clients: dict[str, httpx.Client]) -> None:
    for client in clients.values():
        client.close()


def _judge(answer: httpx.Response, where: str) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status in UNWELL or status >= 500:
        later = _retry_after(answer.headers.get("Retry-After"))
        raise ActUnreachable(f"the receiver answered {status}", where=where, retry_after=later)
    if answer.is_redirect:
        raise ActRefused(
            f"the receiver redirects elsewhere ({status}), and actions are not carried to places that were not declared",
            where=where, remedy="declare the address it redirects to, if you trust it",
        )  # fmt: skip
    remedies = {401: "check the declared headers", 403: "check the declared headers", 404: "check act.webhook"}
    raise ActRefused(f"the receiver answered {status}", where=where, remedy=remedies.get(status, "ask its operator"))


def _retry_after(value: str | None) -> float | None:
    """Seconds from a ``Retry-After`` header (RFC 9110, 10.2.3: seconds or a date), None when there is none to be read."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _shown(address: httpx.URL) -> str:
    """Scheme, host and port only: users, paths and queries of webhooks hold tokens."""
    port = f":{address.port}" if address.port else ""
    return f"{address.scheme}://{address.host}{port}"

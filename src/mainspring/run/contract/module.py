"""Module: the text of a generated client, in which the names in double underscores are replaced."""

MODULE = '''\
"""A client of one automation of Mainspring, made from its contract by `mainspring client`: make it again when the automation changes.

Needs Python 3.11 and httpx.
"""

import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import __TYPING__

import httpx

AUTOMATION = __AUTOMATION__
MADE_BY = __VERSION__

__RECORD__

__PREDICTION__

__DECISION__

Outcome = __OUTCOME__

__EXAMPLE__
class Problem(Exception):
    """The gateway refused (RFC 9457). `errors` has what is wrong with each field, `retry_after` the seconds to wait, where it says so."""

    def __init__(self, document: Mapping[str, Any], retry_after: float | None = None) -> None:
        super().__init__(str(document.get("detail", "the gateway answered no problem document")))
        self.status = int(document.get("status", 0))
        self.type = str(document.get("type", "about:blank"))
        self.remedy = cast("str | None", document.get("remedy"))
        told = cast("list[dict[str, str]]", document.get("errors") or [])
        self.errors = {one["field"]: one["detail"] for one in told}
        self.retry_after = retry_after


class Client:
    """Asks the gateway at `url` with a key that has the role `operator`. Close it, or use it as a context; safe to share among threads."""

    def __init__(self, url: str, key: str, *, timeout: float = 30.0, transport: httpx.BaseTransport | None = None) -> None:
        shown = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=shown, timeout=timeout, transport=transport)

    def decide(
        self, record: Record, *, occasion: str = "", reasons: bool = True, durable: bool = True, idempotency_key: str | None = None
    ) -> Decision:
        """The decision about one record; its action goes out. Asking again for the same record on the same occasion answers the same.

        Raises Problem where it is refused, httpx.TransportError where the gateway cannot be reached.
        """
        body = {"record": record, "occasion": occasion, "reasons": reasons, "durable": durable}
        return cast(Decision, self._post("decisions", body, idempotency_key))

    def decide_many(
        self, records: Sequence[Record], *, occasion: str = "", reasons: bool = False, idempotency_key: str | None = None
    ) -> list[Decision | Problem]:
        """A decision a record, in order, or what is wrong with the record."""
        body = {"records": list(records), "occasion": occasion, "reasons": reasons}
        answers = cast("list[dict[str, Any]]", self._post("decisions", body, idempotency_key)["decisions"])
        return [Problem(one["problem"]) if "problem" in one else cast(Decision, one) for one in answers]

    def predict(self, record: Record) -> Prediction:
        """The model's answer alone: nothing is decided, recorded or acted upon."""
        return cast(Prediction, self._post("predictions", {"record": record}))

    def feedback(self, decision: str, outcome: Outcome, *, idempotency_key: str | None = None) -> dict[str, int]:
        """Say what happened after a decision; counts of `accepted`, `repeated`, `corrected`, `contradictory`, `unknown`."""
        return self._post("feedback", {"record": {"decision": decision, "outcome": outcome}}, idempotency_key)

    def explain(self, decision: str) -> dict[str, Any]:
        """A decision with its record, its reasons and what came of it."""
        return self._answered(self._http.get(f"/v1/automations/{AUTOMATION}/decisions/{decision}"))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _post(self, what: str, body: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self._answered(self._http.post(f"/v1/automations/{AUTOMATION}/{what}", json=body, headers=headers))

    def _answered(self, answer: httpx.Response) -> dict[str, Any]:
        if "deprecation" in answer.headers:
            more = [f"{name}: {answer.headers[name]}" for name in ("sunset", "link") if name in answer.headers]
            warnings.warn("; ".join([f"{AUTOMATION} is deprecated", *more]), DeprecationWarning, stacklevel=4)
        if "deprecated-fields" in answer.headers:
            told = f"{AUTOMATION}: these fields should not be sent any more: {answer.headers['deprecated-fields']}"
            warnings.warn(told, DeprecationWarning, stacklevel=4)
        if answer.is_success:
            return cast("dict[str, Any]", answer.json())
        wait = answer.headers.get("retry-after", "")
        try:
            document = cast("dict[str, Any]", answer.json())
        except ValueError:
            document = {"status": answer.status_code, "detail": answer.reason_phrase}
        raise Problem(document, float(wait) if wait.isdigit() else None)
'''

"""Row: a decision as a row of the journal, and back. On the way of every event, hence in tuples and without asking the same twice."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from mainspring.backends.store.database import insert, moments
from mainspring.backends.store.json_text import from_text, storable, to_text
from mainspring.backends.store.tables import DECISIONS
from mainspring.decision import Decision, Reason, Receipt

RECEIPT = tuple(field.name for field in fields(Receipt))
REASON = tuple(field.name for field in fields(Reason))
COLUMNS = (
    "id", "automation", "key", "key_hash", "action", "at", "record", "prediction", "probabilities", "gain", "reasons",
    "model_version", "policy_version", "occasion", "receipt", "propensity", "coverage",
)  # fmt: skip
_AS_JSON = ("record", "prediction", "probabilities", "reasons")
_AS_IS = (
    "id",
    "automation",
    "at",
    "gain",
    "model_version",
    "propensity",
    "key",
    "action",
    "policy_version",
    "occasion",
)


def put(connection: Connection, decisions: Sequence[Decision]) -> None:
    """Add the decisions to the journal, in their order."""
    moment = moments(connection)
    insert(connection, DECISIONS, COLUMNS, [_row(decision, moment) for decision in decisions])


def _row(decision: Decision, moment: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The values of :data:`COLUMNS`."""
    record, key, receipt = to_text(decision.record), decision.key, decision.receipt
    return (
        decision.id, decision.automation, None if key is None else storable(key), None if key is None else key_hash(key),
        storable(decision.action), moment(decision.at), record, to_text(decision.prediction), to_text(decision.probabilities),
        decision.gain, _reasons_text(decision.reasons), decision.model_version, decision.policy_version,
        storable(decision.occasion), None if receipt is None else _receipt_text(receipt, record), decision.propensity,
        to_text(decision.coverage) if decision.coverage else None,
    )  # fmt: skip


def key_hash(key: str) -> str:
    """What a key is looked for by: keys may be longer than a database's index takes."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def input_hash(record: str) -> str:
    """Of a record as it is journaled: 32 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(record.encode()).hexdigest()[:32]


def _reasons_text(reasons: tuple[Reason, ...]) -> str:
    told = [_often(reason) if reason.weight is None else _reason_text(reason) for reason in reasons]
    return f"[{','.join(told)}]"


def _reason_text(reason: Reason) -> str:
    return to_text({name: getattr(reason, name) for name in REASON})


_often = lru_cache(1024)(_reason_text)


def _receipt_text(receipt: Receipt, record: str) -> str:
    same = (receipt.rules, receipt.model, receipt.data, receipt.code)
    before, after = _around(receipt.codes, receipt.rows, receipt.threshold, same)
    features = "null" if receipt.features is None else f'"{receipt.features}"'
    return f'{before}{features}{after}{input_hash(record)}"}}'


@lru_cache(256, typed=True)
def _around(codes: tuple[str, ...], rows: int, threshold: float | None, same: tuple[Any, ...]) -> tuple[str, str]:
    """What the receipts of a version have in common: the text up to the hash of the features, and from there to the input's."""
    receipt = Receipt(codes, None, rows, threshold, *same)
    rest = to_text({name: getattr(receipt, name) for name in RECEIPT if name not in ("codes", "features")})
    return f'{to_text({"codes": codes})[:-1]},"features":', f",{rest[1:-2]}"


def decision_of(row: Mapping[Any, Any]) -> Decision:
    """The decision as it was, its times, decimals and bytes included."""
    plain = {name: from_text(row[name]) for name in _AS_JSON} | {name: row[name] for name in _AS_IS}
    plain["receipt"] = _receipt(row["receipt"])
    plain["coverage"] = from_text(row["coverage"]) if row["coverage"] else {}
    return Decision(**{**plain, "reasons": tuple(Reason(**reason) for reason in plain["reasons"])})


def _receipt(text: str | None) -> Receipt | None:
    if text is None:
        return None
    plain = from_text(text)
    return Receipt(**{**plain, "codes": tuple(plain["codes"])})

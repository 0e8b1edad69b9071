"""Documents: what requests and answers look like, for ``/openapi.json``. The tests hold real answers against these."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class FieldProblem(Document):
    model_config = ConfigDict(extra="forbid")
    field: str
    detail: str


class Problem(Document):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:mainspring:problem:bad-record",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "fields of the record are wrong",
                    "errors": [{"field": "tenure", "detail": "must be a number"}],
                    "instance": "/v1/automations/retention/decisions",
                }
            ]
        },
    )
    type: str
    title: str
    status: int
    detail: str
    remedy: str | None = None
    """What to do about it."""
    errors: list[FieldProblem] | None = None
    """Every field that is wrong, and what is wrong with it."""
    instance: str | None = None


class Prediction(Document):
    """Also ``probability_<class>`` for each class; with ``learn.coverage`` ``lower`` and ``upper``, or ``set``."""

    model_config = ConfigDict(extra="allow")
    prediction: Any = None


class Decision(Prediction):
    decision: str
    """The id. The same record, model, policy and occasion always have the same; feedback comes back to it."""
    key: str | None
    action: str
    """What to do; ``none`` for nothing."""
    gain: float | None
    """What is expected to be gained over doing nothing."""
    reasons: list[str]
    model_version: int | None
    policy_version: str
    at: str
    """RFC 3339, UTC."""


class Refusal(Document):
    model_config = ConfigDict(extra="forbid")
    problem: Problem


class Batch(Document):
    model_config = ConfigDict(extra="forbid")
    answered: int
    refused: int


class Predictions(Batch):
    predictions: list[Prediction | Refusal]


class Decisions(Batch):
    decisions: list[Decision | Refusal]


class Feedback(Document):
    model_config = ConfigDict(extra="forbid")
    accepted: int
    repeated: int
    """Known already; nothing was counted twice."""
    corrected: int
    """Changed an earlier outcome."""
    contradictory: int
    """Said otherwise of the very same moment; the last word counts."""
    unknown: int
    """No such decision."""


class Published(Document):
    model_config = ConfigDict(extra="forbid")
    published: int


class Explanation(Document):
    """The decision with the record it was taken on, the reasons with their weights, and what came of it."""

    model_config = ConfigDict(extra="allow")


class Status(Document):
    """The champion, the counts of decisions, feedback and actions, the realised gain."""

    model_config = ConfigDict(extra="allow")
    name: str


class Automations(Document):
    model_config = ConfigDict(extra="forbid")
    automations: list[dict[str, Any]]


class Health(Document):
    model_config = ConfigDict(extra="forbid")
    status: str


class Readiness(Health):
    automations: list[str]


PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {
        "description": what,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for code, what in (("4XX", "The request is at fault"), ("5XX", "The gateway is at fault"))
}

_RECORD: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {"type": ["number", "string", "boolean", "null"]},
}
_CUSTOMER = {"tenure": 4, "contract": "Month-to-month", "monthly_charges": 79.5}
_OUTCOME = {"decision": "0f5c1f6f2f8e4a58a1f1b5b0f2f4f8aa", "outcome": "Yes"}


_SEVERAL = {
    "description": "Of several labels at once, their list.",
    "anyOf": [_RECORD["additionalProperties"], {"type": "array", "items": {"type": "string"}}],
}


def _request(options: dict[str, Any], examples: dict[str, Any], record: dict[str, Any] = _RECORD) -> dict[str, Any]:
    members = {"record": record, "records": {"type": "array", "items": record}, **options}
    schema = {
        "type": "object",
        "properties": members,
        "oneOf": [{"required": ["record"]}, {"required": ["records"]}],
        "additionalProperties": False,
    }
    shown = {name: {"value": value} for name, value in examples.items()}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema, "examples": shown}}}}


DECIDE_OPTIONS: dict[str, type] = {"occasion": str, "reasons": bool, "durable": bool}
_OCCASION = {"type": "string", "description": "A new occasion (2026-12) makes a new decision about the same record."}
_REASONS = {"type": "boolean", "default": True, "description": "Whether to say why."}

_DURABLE = {
    "type": "boolean", "default": True,
    "description": "Whether it is recorded before it is answered. If not, it is lost when the gateway is killed that moment.",
}  # fmt: skip

ASK_DECISIONS = _request(
    {"occasion": _OCCASION, "reasons": _REASONS, "durable": _DURABLE},
    {
        "one": {"record": _CUSTOMER, "occasion": "2026-12"},
        "many": {"records": [_CUSTOMER, {**_CUSTOMER, "tenure": 40}], "reasons": False},
    },
)
ASK_PREDICTIONS = _request({}, {"one": {"record": _CUSTOMER}, "many": {"records": [_CUSTOMER]}})
SEND_FEEDBACK = _request(
    {},
    {"one": {"record": _OUTCOME}, "many": {"records": [_OUTCOME]}},
    {**_RECORD, "properties": {"outcome": _SEVERAL}},
)

_EVENT: dict[str, Any] = {"type": "object", "description": "A CloudEvent 1.0 in structured JSON, or a plain row."}
_SHOWN = {
    "specversion": "1.0", "id": "A-1", "source": "/shop", "type": "order", "subject": "C1", "data": {"customer": "C1", "price": 9.5},
}  # fmt: skip
PUBLISH_EVENTS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"oneOf": [_EVENT, {"type": "array", "items": _EVENT}]}, "example": shown}
            for kind, shown in (("application/json", {"customer": "C1"}), ("application/cloudevents+json", _SHOWN))
        },
    },
    "parameters": [
        {"name": "X-Signature-256", "in": "header", "required": False, "schema": {"type": "string"}},
        {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"}},
    ],
}

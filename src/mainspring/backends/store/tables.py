"""Tables: the shape of the database. A change here needs a migration; a test compares the two."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

HEAD = "0012"
"""The migration this shape belongs to."""

METADATA = MetaData()
BIG = BigInteger().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """A timezone-aware time, kept in UTC: SQLite forgets zones, PostgreSQL answers in the session's."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _automation(**options: Any) -> Column[str]:
    return Column("automation", String(63), nullable=False, **options)


MODELS = Table(
    "models",
    METADATA,
    _automation(primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("run_id", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("hash", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("facts", Text, nullable=False),
    UniqueConstraint("automation", "run_id"),
)

# The newest promotion that is not undone says which version an alias means; rolling back undoes it.
PROMOTIONS = Table(
    "promotions",
    METADATA,
    Column("id", BIG, primary_key=True, autoincrement=True),
    _automation(),
    Column("alias", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("undone", Moment),
    Index("promotions_by_alias", "automation", "alias"),
)

CHALLENGES = Table(
    "challenges",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=True),
    _automation(),
    Column("version", Integer, nullable=False),
    Column("champion", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("share", Float, nullable=False),
    Column("at_least", Integer, nullable=False),
    Column("started", Moment, nullable=False),
    Column("ended", Moment),
    Column("state", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("within", Float),
    Column("decisions", BIG),
    Index("challenges_by_state", "automation", "state"),
)

SHADOWS = Table(
    "shadows",
    METADATA,
    Column("challenge", BIG, primary_key=True, autoincrement=False),
    Column("decision", Text, primary_key=True),
    Column("action", Text, nullable=False),
    Column("prediction", Text, nullable=False),
    Column("probabilities", Text, nullable=False),
    Column("gain", Float),
    Column("at", Moment, nullable=False),
)

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    _automation(),
    Column("key", Text),
    Column("key_hash", Text),
    Column("action", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("record", Text, nullable=False),
    Column("prediction", Text, nullable=False),
    Column("probabilities", Text, nullable=False),
    Column("gain", Float),
    Column("reasons", Text, nullable=False),
    Column("model_version", Integer),
    Column("policy_version", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    Column("receipt", Text),
    Column("propensity", Float),
    Column("coverage", Text),
    Index("decisions_by_number", "automation", "number"),
    Index("decisions_by_key", "automation", "key_hash"),
    sqlite_autoincrement=True,
)

CAPACITY = Table(
    "capacity",
    METADATA,
    _automation(primary_key=True),
    Column("period_start", Moment, primary_key=True),
    Column("used", Integer, nullable=False),
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=True),
    _automation(),
    Column("decision", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("received", Moment, nullable=False),
    Column("extra", Text, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("gain", Float),
    Column("partial", Boolean, nullable=False, server_default=false()),
    Index("feedback_by_decision", "decision"),
    Index("feedback_by_automation", "automation", "current"),
)

STRAY_FEEDBACK = Table(
    "stray_feedback",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=True),
    _automation(),
    Column("row", Text, nullable=False),
    Column("row_hash", Text, nullable=False),
    Column("received", Moment, nullable=False),
    UniqueConstraint("automation", "row_hash"),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", Text, primary_key=True),
    _automation(),
    Column("name", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("next_try", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("error", Text, nullable=False),
    Index("outbox_by_turn", "state", "next_try"),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("what", Text, nullable=False),
    _automation(index=True),
    Column("facts", Text, nullable=False),
)

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Text, primary_key=True),
    _automation(index=True),
    Column("fingerprint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("facts", Text, nullable=False),
    Column("error", Text, nullable=False),
)

STEPS = Table(
    "steps",
    METADATA,
    Column("run", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("result", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("finished", Moment, nullable=False),
)

CURSORS = Table(
    "cursors",
    METADATA,
    _automation(primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed", Moment, nullable=False),
)

# What a model version is compared with while it is watched.
REFERENCES = Table(
    "watch_references",
    METADATA,
    _automation(primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made", Moment, nullable=False),
    Column("reference", Text, nullable=False),
)

# What each look at an automation saw; ``newest`` is the number of the last decision it knew of.
LOOKS = Table(
    "looks",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=True),
    _automation(),
    Column("at", Moment, nullable=False),
    Column("version", Integer),
    Column("newest", BIG, nullable=False),
    Column("seen", Text, nullable=False),
    Index("looks_by_automation", "automation", "number"),
)

# Of each automation that is learned anew by itself: when it was last asked whether it is time, and what it counts from.
TRIGGERS = Table(
    "triggers",
    METADATA,
    _automation(primary_key=True),
    Column("checked", Moment, nullable=False),
    Column("fired", Moment),
    Column("state", Text, nullable=False),
    Column("again", Moment),
    Column("tries", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("marks", Text, nullable=False),
)

# One row for whatever can be found, through all its times; ``history`` has a 1 or 0 for each of the last looks.
ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", Text, primary_key=True),
    _automation(),
    Column("mark", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("history", Text, nullable=False),
    Column("first", Moment, nullable=False),
    Column("last", Moment, nullable=False),
    Column("told", Moment),
    Column("muted_until", Moment),
    UniqueConstraint("automation", "mark"),
    Index("alerts_by_state", "state", "last"),
)

# How decisions were served, a row a process and a stretch of time.
SERVICE = Table(
    "service",
    METADATA,
    _automation(primary_key=True),
    Column("start", Moment, primary_key=True),
    Column("process", Text, primary_key=True),
    Column("counts", Text, nullable=False),
)

# The rows that windows may still ask for; ``mark`` is of the windows over one key, ``at`` in microseconds since 1970.
WINDOW_ROWS = Table(
    "window_rows",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=True),
    Column("mark", String(16), nullable=False),
    Column("key_hash", String(32), nullable=False),
    Column("at", BIG, nullable=False),
    Column("values", Text, nullable=False),
    Index("window_rows_by_key", "mark", "key_hash", "at"),
    # Whoever follows the numbers must never meet one again whose row was deleted.
    sqlite_autoincrement=True,
)

# How far the rows of a mark are: up to which number all are older than ``seen``.
WINDOW_MARKS = Table(
    "window_marks",
    METADATA,
    Column("mark", String(16), primary_key=True),
    _automation(),
    Column("seen", Moment, nullable=False),
    Column("number", BIG, nullable=False),
)

# Sketches of what was decided in a stretch of time, of all processes together; version 0 stands for rules alone.
SKETCHES = Table(
    "sketches",
    METADATA,
    _automation(primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("start", Moment, primary_key=True),
    Column("rows", BIG, nullable=False),
    Column("sketches", LargeBinary, nullable=False),
)


# Whom the gateway lets in. Of a key only its hash is kept.
KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("grants", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("expires", Moment),
    Column("revoked", Moment),
    Column("rate", Float),
    Column("quota", BIG),
)

# How many requests a caller has made on a day (of UTC), of all processes together.
KEY_USE = Table(
    "key_use",
    METADATA,
    Column("caller", Text, primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("requests", BIG, nullable=False),
)

# What requests were answered that may be sent again; ``id`` and ``asked`` are keyed digests, ``answer`` is sealed.
KEPT_ANSWERS = Table(
    "kept_answers",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("asked", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", Integer),
    Column("answer", LargeBinary),
    Index("kept_answers_by_time", "at"),
)


def now() -> datetime:
    return datetime.now(UTC)

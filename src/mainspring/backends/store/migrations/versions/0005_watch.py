"""What is watched: references, looks, alerts, and how decisions were served."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "watch_references",
        sa.Column("automation", sa.String(length=63), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made", MOMENT, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("automation", "version"),
    )
    op.create_table(
        "looks",
        sa.Column("number", BIG, autoincrement=True, nullable=False),
        sa.Column("automation", sa.String(length=63), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("newest", BIG, nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("looks_by_automation", "looks", ["automation", "number"], unique=False)
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("automation", sa.String(length=63), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("history", sa.Text(), nullable=False),
        sa.Column("first", MOMENT, nullable=False),
        sa.Column("last", MOMENT, nullable=False),
        sa.Column("told", MOMENT, nullable=True),
        sa.Column("muted_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("automation", "mark"),
    )
    op.create_index("alerts_by_state", "alerts", ["state", "last"], unique=False)
    op.create_table(
        "service",
        sa.Column("automation", sa.String(length=63), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("automation", "start", "process"),
    )

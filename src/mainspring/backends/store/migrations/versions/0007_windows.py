"""The rows that windows may still ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "window_rows",
        sa.Column("number", BIG, autoincrement=True, nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=32), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("window_rows_by_key", "window_rows", ["mark", "key_hash", "at"], unique=False)
    op.create_table(
        "window_marks",
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("automation", sa.String(length=63), nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.PrimaryKeyConstraint("mark"),
    )

"""When each automation was last asked whether it is time to learn anew."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "triggers",
        sa.Column("automation", sa.String(length=63), nullable=False),
        sa.Column("checked", MOMENT, nullable=False),
        sa.Column("fired", MOMENT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("again", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("automation"),
    )

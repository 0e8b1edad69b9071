"""How probable an action was; what an outcome gained in money, and whether it is only what is known so far."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("decisions", sa.Column("propensity", sa.Float(), nullable=True))
    op.add_column("feedback", sa.Column("gain", sa.Float(), nullable=True))
    op.add_column("feedback", sa.Column("partial", sa.Boolean(), nullable=False, server_default=sa.false()))

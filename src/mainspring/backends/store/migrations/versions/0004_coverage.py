"""What stands beside a prediction: an interval, or a set of classes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("decisions", sa.Column("coverage", sa.Text(), nullable=True))

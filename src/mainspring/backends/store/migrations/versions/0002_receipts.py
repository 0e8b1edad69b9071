"""What a decision was made of stands with it; those of before have no receipt."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("decisions", sa.Column("receipt", sa.Text(), nullable=True))

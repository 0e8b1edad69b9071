"""How long a challenge may last. Those that were begun before last as long as one of which nothing is declared."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("challenges", sa.Column("within", sa.Float(), nullable=True))
    op.add_column("challenges", sa.Column("decisions", BIG, nullable=True))

"""What others said of a checkpoint: witnesses that saw the ledger grow, and authorities that saw the time."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables; nobody has said anything yet."""
    for table, who, word in (("cosignature", "witness", "line"), ("stamp", "authority", "token")):
        op.create_table(
            table,
            sa.Column(
                "size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
            ),
            sa.Column(who, sa.Text(), primary_key=True, autoincrement=False),
            sa.Column(word, sa.LargeBinary(), nullable=False),
            sa.Column("at", sa.Text(), nullable=False),
            sqlite_strict=True,
        )

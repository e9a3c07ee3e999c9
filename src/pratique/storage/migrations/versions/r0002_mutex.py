"""Who may write alone to a place outside the database."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table; nobody holds anything."""
    op.create_table(
        "mutex",
        sa.Column("name", sa.Text(), primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sqlite_strict=True,
    )

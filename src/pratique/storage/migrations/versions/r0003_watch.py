"""What turned out after an image came, and an index over the packages of what came."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables; nothing has turned out, and nothing is indexed."""
    _make_signal()
    op.create_table(
        "named", _key("promotion"), _must("rules", sa.Integer()), _must("bills", sa.Integer()), sqlite_strict=True
    )
    op.create_table(
        "package",
        _key("promotion"),
        _key("number", sa.Integer()),
        *(_must(name) for name in ("space", "name", "platform", "evidence", "bound", "package")),
        *(_may(name) for name in ("version", "purl", "release", "compared")),
        sqlite_strict=True,
    )
    op.create_index("package_name", "package", ["name", "space"])


def _make_signal() -> None:
    told = ("environment", "image", "application", "image_name", "promotion", "term", "vulnerability", "package")
    op.create_table(
        "signal",
        _key("id"),
        _must("idx", sa.Integer()),
        *map(_must, told),
        _may("severity"),
        _must("raised_at"),
        _may("reconciled_at"),
        _may("because"),
        sqlite_strict=True,
    )
    still = sa.text("reconciled_at IS NULL")
    place = ["environment", "image", "term"]
    op.create_index("signal_one_open", "signal", place, unique=True, sqlite_where=still, postgresql_where=still)
    op.create_index("signal_idx", "signal", ["idx"], unique=True)


def _key(name: str, kind: sa.Text | sa.Integer | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Text(), primary_key=True, autoincrement=False)


def _must(name: str, kind: sa.Text | sa.Integer | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Text(), nullable=False)


def _may(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=True)

"""The first tables: the ledger, what is folded from it, and the work to be done."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PLACE = ("application", "image_name", "environment")


def upgrade() -> None:
    """Make them."""
    _ledger()
    _published()
    _promotions()
    _work()
    for statement in (*_HEAD_GROWS, *_never_changed("event", "idx", "id"), *_never_changed("checkpoint", "size")):
        op.execute(statement)


def _ledger() -> None:
    _table(
        "event",
        _key("idx", _BIG),
        *_texts("id", "type", "at", "actor"),
        *_optional("promotion", "application", "environment", "image"),
        *_bytes("leaf_hash", "body"),
    )
    op.create_index("event_id", "event", ["id"], unique=True)
    for column in ("promotion", "type", "image"):
        op.create_index(f"event_{column}", "event", [column, "idx"])
    one = sa.CheckConstraint("id = 1", name="ledger_head_one_row")
    _table("ledger_head", _key("id", _BIG), *_numbers("size"), *_bytes("frontier"), one)
    head = sa.table("ledger_head", sa.column("id"), sa.column("size"), sa.column("frontier"))
    op.execute(sa.insert(head).values(id=1, size=0, frontier=bytes(8)))  # a frontier's size, and no subtree
    _table("tree_node", _key("height", _BIG), _key("position", _BIG), *_bytes("hash"))
    _table("checkpoint", _key("size", _BIG), *_bytes("root", "note"), *_texts("at"))


def _published() -> None:
    _table("directory_version", _key("version", _BIG), *_texts("digest"), *_numbers("idx"))
    keys = (_key("bundle", sa.Text()), _key("version", _BIG))
    _table("policy_version", *keys, *_texts("digest", "effective_on"), *_numbers("idx"))
    op.create_index("policy_version_idx", "policy_version", ["idx"], unique=True)


def _promotions() -> None:
    _table(
        "promotion",
        _key("id", sa.Text()),
        *_numbers("idx"),
        *_texts(*_PLACE, "image", "state"),
        *_numbers("open", "moving"),
        *_texts("document"),
    )
    op.create_index("promotion_idx", "promotion", ["idx"], unique=True)
    op.create_index("promotion_state", "promotion", ["state", "idx"])
    op.create_index("promotion_image", "promotion", ["image", "idx"])
    _one_where("promotion_one_open", (*_PLACE, "image"), "open = 1")
    _one_where("promotion_one_moving", _PLACE, "moving = 1")

    _table("arrival", _key("idx", _BIG), *_texts("promotion", *_PLACE, "image", "level", "at"))
    op.create_index("arrival_place", "arrival", [*_PLACE, "idx"])
    op.create_index("arrival_image", "arrival", ["image", "idx"])

    _table(
        "remediation",
        _key("id", sa.Text()),
        *_numbers("idx"),
        *_texts("promotion", "check_id", "term", "owner", "message", "opened_at"),
        *_optional("due", "severity", "remedy", "closed_at", "because"),
    )
    op.create_index("remediation_promotion", "remediation", ["promotion", "idx"])
    op.create_index("remediation_owner", "remediation", ["owner", "idx"])


def _work() -> None:
    _table(
        "effect",
        _key("id", sa.Text()),
        *_texts("promotion", "step", "queue", "state", "not_before"),
        *_numbers("generation", "attempt"),
        *_optional("hinted_at", "owner", "lease_until", "result", "error"),
    )
    op.create_index("effect_promotion", "effect", ["promotion"])
    op.create_index("effect_state", "effect", ["state", "not_before"])
    _table("opening", _key("commitment", sa.Text()), *_bytes("content"))
    _table("nonce", _key("nonce", sa.Text()), *_texts("at"))
    _table("answer", _key("key", sa.Text()), *_texts("result", "at"))


def _table(name: str, *parts: SchemaItem) -> None:
    op.create_table(name, *parts, sqlite_strict=True)


def _key(name: str, kind: "sa.types.TypeEngine[int] | sa.types.TypeEngine[str]") -> SchemaItem:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _texts(*names: str) -> list[SchemaItem]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _optional(*names: str) -> list[SchemaItem]:
    return [sa.Column(name, sa.Text(), nullable=True) for name in names]


def _numbers(*names: str) -> list[SchemaItem]:
    return [sa.Column(name, _BIG, nullable=False) for name in names]


def _bytes(*names: str) -> list[SchemaItem]:
    return [sa.Column(name, sa.LargeBinary(), nullable=False) for name in names]


def _one_where(name: str, columns: tuple[str, ...], condition: str) -> None:
    only = sa.text(condition)
    op.create_index(name, "promotion", list(columns), unique=True, sqlite_where=only, postgresql_where=only)


# An INSERT OR REPLACE deletes without asking the triggers on DELETE (sqlite.org/lang_conflict.html), so a second
# row with a key of the first is refused before it comes to that.
def _never_changed(table: str, *keys: str) -> tuple[str, ...]:
    refused = f"BEGIN SELECT RAISE(ABORT, 'the ledger only grows: no {table} is ever changed'); END"
    same = sa.text(" OR ".join(f"{key} = NEW.{key}" for key in keys))
    there = sa.exists(sa.text("1")).select_from(sa.table(table)).where(same)
    return (
        f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} {refused}",
        f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {refused}",
        f"CREATE TRIGGER {table}_replace BEFORE INSERT ON {table} WHEN {there} {refused}",
    )


_SHRINKS = "BEGIN SELECT RAISE(ABORT, 'the ledger only grows: its head never shrinks'); END"
_HEAD_GROWS = (
    f"CREATE TRIGGER ledger_head_update BEFORE UPDATE ON ledger_head WHEN NEW.size < OLD.size {_SHRINKS}",
    f"CREATE TRIGGER ledger_head_delete BEFORE DELETE ON ledger_head {_SHRINKS}",
)

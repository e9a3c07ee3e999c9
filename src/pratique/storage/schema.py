"""The tables, as the program sees them now. How a database came to have them: ``migrations``.

Three kinds stand here. *The ledger*: ``event``, ``ledger_head``, ``tree_node``, ``checkpoint``; it grows only, and
triggers see to it. *Projections*: what the events say now; they can be thrown away and folded again. *The rest*:
``effect`` (work to do), ``mutex`` (who may write alone, outside), ``opening`` (words behind commitments, erasable),
``nonce`` and ``answer`` (once is once: what was used up, and which promotion a request made),
``named`` and ``package`` (an index, made again from the evidence),
``cosignature`` and ``stamp`` (others' words on a checkpoint).

Moments are text in the spelling of ``values.moment``, which sorts; digests are ``sha256:<hex>``; hashes of the
tree are 32 bytes.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

METADATA = sa.MetaData()

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # STRICT tables know INTEGER only, of 64 bits
TEXT = sa.Text()
BYTES = sa.LargeBinary()


def _table(name: str, *parts: SchemaItem) -> sa.Table:
    return sa.Table(name, METADATA, *parts, sqlite_strict=True)


def _key(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _must(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _may(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _unique_where(condition: str) -> dict[str, Any]:
    only = sa.text(condition)
    return {"unique": True, "sqlite_where": only, "postgresql_where": only}


_PLACE = ("application", "image_name", "environment")

# The body comes last: SQLite then reads the other columns without walking its overflow pages.
EVENT = _table(
    "event",
    _key("idx", BIG),
    _must("id", TEXT),
    _must("type", TEXT),
    _must("at", TEXT),
    _must("actor", TEXT),
    _may("promotion", TEXT),
    _may("application", TEXT),
    _may("environment", TEXT),
    _may("image", TEXT),
    _must("leaf_hash", BYTES),
    _must("body", BYTES),
    sa.Index("event_id", "id", unique=True),
    sa.Index("event_promotion", "promotion", "idx"),
    sa.Index("event_type", "type", "idx"),
    sa.Index("event_image", "image", "idx"),
)

LEDGER_HEAD = _table(
    "ledger_head",
    _key("id", BIG),
    _must("size", BIG),
    _must("frontier", BYTES),
    sa.CheckConstraint("id = 1", name="ledger_head_one_row"),
)

TREE_NODE = _table("tree_node", _key("height", BIG), _key("position", BIG), _must("hash", BYTES))

CHECKPOINT = _table("checkpoint", _key("size", BIG), _must("root", BYTES), _must("note", BYTES), _must("at", TEXT))

# What witnesses and timestamp authorities said of a checkpoint, by the witness's verifier key and the authority's name.
COSIGNATURE = _table(
    "cosignature", _key("size", BIG), _key("witness", TEXT), _must("line", BYTES), _must("at", TEXT)
)

STAMP = _table("stamp", _key("size", BIG), _key("authority", TEXT), _must("token", BYTES), _must("at", TEXT))

DIRECTORY_VERSION = _table(
    "directory_version",
    _key("version", BIG),
    _must("digest", TEXT),
    _must("idx", BIG),
)

POLICY_VERSION = _table(
    "policy_version",
    _key("bundle", TEXT),
    _key("version", BIG),
    _must("digest", TEXT),
    _must("effective_on", TEXT),
    _must("idx", BIG),
    sa.Index("policy_version_idx", "idx", unique=True),
)

# ``document`` is the whole promotion (``promotion.states``); the columns beside it are what is asked for.
PROMOTION = _table(
    "promotion",
    _key("id", TEXT),
    _must("idx", BIG),
    _must("application", TEXT),
    _must("image_name", TEXT),
    _must("environment", TEXT),
    _must("image", TEXT),
    _must("state", TEXT),
    _must("open", BIG),
    _must("moving", BIG),
    _must("document", TEXT),
    sa.Index("promotion_idx", "idx", unique=True),
    sa.Index("promotion_state", "state", "idx"),
    sa.Index("promotion_image", "image", "idx"),
    sa.Index("promotion_one_open", *_PLACE, "image", **_unique_where("open = 1")),
    sa.Index("promotion_one_moving", *_PLACE, **_unique_where("moving = 1")),
)

ARRIVAL = _table(
    "arrival",
    _key("idx", BIG),
    _must("promotion", TEXT),
    _must("application", TEXT),
    _must("image_name", TEXT),
    _must("environment", TEXT),
    _must("image", TEXT),
    _must("level", TEXT),
    _must("at", TEXT),
    sa.Index("arrival_place", *_PLACE, "idx"),
    sa.Index("arrival_image", "image", "idx"),
)

REMEDIATION = _table(
    "remediation",
    _key("id", TEXT),
    _must("idx", BIG),
    _must("promotion", TEXT),
    _must("check_id", TEXT),
    _must("term", TEXT),
    _must("owner", TEXT),
    _must("message", TEXT),
    _must("opened_at", TEXT),
    _may("due", TEXT),
    _may("severity", TEXT),
    _may("remedy", TEXT),
    _may("closed_at", TEXT),
    _may("because", TEXT),
    sa.Index("remediation_promotion", "promotion", "idx"),
    sa.Index("remediation_owner", "owner", "idx"),
)

SIGNAL = _table(
    "signal",
    _key("id", TEXT),
    _must("idx", BIG),
    _must("environment", TEXT),
    _must("image", TEXT),
    _must("application", TEXT),
    _must("image_name", TEXT),
    _must("promotion", TEXT),
    _must("term", TEXT),
    _must("vulnerability", TEXT),
    _must("package", TEXT),
    _may("severity", TEXT),
    _must("raised_at", TEXT),
    _may("reconciled_at", TEXT),
    _may("because", TEXT),
    sa.Index("signal_one_open", "environment", "image", "term", **_unique_where("reconciled_at IS NULL")),
    sa.Index("signal_idx", "idx", unique=True),
)

# An index over the packages of what came to environments. It is made from the evidence when somebody first asks,
# and again where it was made by other rules; ``named`` says of which promotions it is complete.
NAMED = _table("named", _key("promotion", TEXT), _must("rules", BIG), _must("bills", BIG))

PACKAGE = _table(
    "package",
    _key("promotion", TEXT),
    _key("number", BIG),
    _must("space", TEXT),
    _must("name", TEXT),
    _must("platform", TEXT),
    _must("evidence", TEXT),
    _must("bound", TEXT),
    _must("package", TEXT),
    _may("version", TEXT),
    _may("purl", TEXT),
    _may("release", TEXT),
    _may("compared", TEXT),
    sa.Index("package_name", "name", "space"),
)

EFFECT = _table(
    "effect",
    _key("id", TEXT),
    _must("promotion", TEXT),
    _must("step", TEXT),
    _must("queue", TEXT),
    _must("state", TEXT),
    _must("not_before", TEXT),
    _must("generation", BIG),
    _must("attempt", BIG),
    _may("hinted_at", TEXT),
    _may("owner", TEXT),
    _may("lease_until", TEXT),
    _may("result", TEXT),
    _may("error", TEXT),
    sa.Index("effect_promotion", "promotion"),
    sa.Index("effect_state", "state", "not_before"),
)

OPENING = _table("opening", _key("commitment", TEXT), _must("content", BYTES))

MUTEX = _table("mutex", _key("name", TEXT), _must("holder", TEXT), _must("until", TEXT))

NONCE = _table("nonce", _key("nonce", TEXT), _must("at", TEXT))

ANSWER = _table("answer", _key("key", TEXT), _must("result", TEXT), _must("at", TEXT))

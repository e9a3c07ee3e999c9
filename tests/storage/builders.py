"""Small builders: a new database, and the events of a promotion's life with everything no test cares about."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pratique.attest.seal import Level
from pratique.promotion.catalogue import Happening
from pratique.promotion.events import Entry, Event
from pratique.promotion.happenings import (
    DirectoryPublished,
    PolicyPublished,
    PromotionApproved,
    PromotionGathered,
    PromotionJudged,
    PromotionRequested,
    RemediationOpened,
    Track,
)
from pratique.promotion.steps import Checkpoint as Seen
from pratique.promotion.steps import (
    PromotionAttached,
    PromotionCopied,
    PromotionPointed,
    PromotionPromoted,
    PromotionSealed,
    PromotionWithdrawn,
)
from pratique.storage import migrate
from pratique.storage.effects import Hint
from pratique.storage.engine import open_engine
from pratique.storage.patience import Patience
from pratique.storage.store import Store
from pratique.storage.transaction import Transaction
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor, Environment

FILE = "pratique.db"
PROD = Environment("prod")
ANN = Actor("person:ann")


def digest(word: object) -> Digest:
    """Return any digest, the same for the same word."""
    return Digest.of(str(word).encode())


def url(folder: Path) -> str:
    return f"sqlite:///{folder / FILE}"


@cache
def empty_database() -> bytes:
    """Return the file of a database that was just made; made once for the whole run."""
    with TemporaryDirectory() as folder:
        engine = open_engine(url(Path(folder)))
        migrate.upgrade(engine)
        engine.dispose()
        return (Path(folder) / FILE).read_bytes()


def new_store(folder: Path, patience: Patience | None = None, hint: Hint | None = None) -> Store:
    """Return the store of a new database in this folder."""
    (folder / FILE).write_bytes(empty_database())
    return same_store(folder, patience, hint)


def same_store(folder: Path, patience: Patience | None = None, hint: Hint | None = None) -> Store:
    """Return another store of the database in this folder, as another process would have it."""
    return Store(open_engine(url(folder)), patience=patience or Patience(), hint=hint)


def event(tx: Transaction, data: Happening, promotion: str | None = None, **more: Any) -> Event:
    """Return an event that happens now."""
    identity = build_id(Kind.EVENT, tx.now, tx.chance(10))
    if promotion:
        more = {"application": "shop", "environment": PROD, "image": digest("image"), **more}
    return Event(identity, tx.now, ANN, data, promotion=promotion, **more)


def say(tx: Transaction, data: Happening, promotion: str | None = None, **more: Any) -> Entry:
    """Append an event that happens now."""
    return tx.append(event(tx, data, promotion, **more))


def published(version: int) -> DirectoryPublished:
    return DirectoryPublished(version, digest(f"directory {version}"), None)


def policy(version: int, bundle: str = "shop", **more: Any) -> PolicyPublished:
    return PolicyPublished(bundle, version, digest(f"policy {version}"), None, more.get("effective_on"), ())


def requested(**more: Any) -> PromotionRequested:
    fields = {
        "generation": 1,
        "image_name": "api",
        "source": "oci:images",
        "from_": None,
        "to": PROD,
        "destination": "oci:prod",
        "policy": digest("policy"),
        "rules": digest("rules"),
        "directory": digest("directory"),
        "requester": ANN,
        "signed": False,
        "nonce": None,
        "supersedes": None,
        "comment": None,
    }
    return PromotionRequested(**{**fields, **more})


def request(tx: Transaction, image: object = "image", **more: Any) -> str:
    """Ask for a new promotion and return its id."""
    promotion = build_id(Kind.PROMOTION, tx.now, tx.chance(10))
    say(tx, requested(**more), promotion, image=digest(image))
    return promotion


def gathered(generation: int = 1) -> PromotionGathered:
    return PromotionGathered(generation, digest("evidence"), 3, (), ())


def judged(track: Track = Track.FAST, generation: int = 1) -> PromotionJudged:
    return PromotionJudged(
        generation=generation,
        record=digest("record"),
        outcome="pass",
        track=track,
        risk="12.5",
        holds_until=None,
        review_until=None,
        why=("every check passed",),
        policy=digest("policy"),
        rules=digest("rules"),
        directory=digest("directory"),
        current=None,
    )


def approved(generation: int = 1) -> PromotionApproved:
    pinned = (digest("policy"), digest("rules"), digest("directory"))
    return PromotionApproved(generation, digest("record"), Track.FAST, (), *pinned, None)


def moved(generation: int = 1) -> tuple[Happening, ...]:
    """Return what happens between the approval and the end."""
    seen = Seen(7, digest("root"))
    return (
        PromotionCopied(generation, "oci:prod", 3, 9, 123456),
        PromotionSealed(generation, digest("seal"), "seal:prod", seen, Level.PROMOTED),
        PromotionAttached(generation, (digest("referrer"),)),
        PromotionPointed(generation, "oci:prod", "1.0", None),
        PromotionPromoted(generation, Level.PROMOTED, None),
    )


def withdrawn() -> PromotionWithdrawn:
    return PromotionWithdrawn(ANN, "not needed")


def opened(identity: str) -> RemediationOpened:
    return RemediationOpened(identity, 1, "vulnerabilities", "CVE-1@pkg:pypi/a", "group:a", None, "high", "m", "r")


def promote(tx: Transaction, image: object = "image", **more: Any) -> str:
    """Tell a whole promotion, from request to arrival, and return its id."""
    promotion = request(tx, image, **more)
    for data in (gathered(), judged(), approved(), *moved()):
        say(tx, data, promotion, image=digest(image))
    return promotion

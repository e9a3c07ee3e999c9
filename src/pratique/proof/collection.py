"""The list of a folder with many proofs: what was asked for, which proof is in which file, and what has none.

The list proves nothing. Each proof does, for itself; the list only says which ones belong together, so that one that
was taken away or added is noticed by whoever trusts where the list came from.
"""

import re
from datetime import datetime
from enum import StrEnum

from pratique.errors import Malformed
from pratique.promotion.form import read, write
from pratique.values.canonical import canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Environment

SCHEMA = "pratique/proofs/1"
LIST_FILE = "index.json"
MAX_BYTES = 64 * 1024 * 1024
MAX_PROOFS = 100_000
_FILE = re.compile(r"pr_[0-9a-z]{26}\.proof(\.json|\.tar)?")


class Form(StrEnum):
    """How a proof is written: the ending of its name says which."""

    CORE = ".proof.json"
    FOLDER = ".proof"
    TAR = ".proof.tar"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the proofs in a folder were selected by; ``until`` itself is outside."""

    since: datetime | None = None
    until: datetime | None = None
    environment: Environment | None = None
    image: Digest | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One proof; ``core`` is the digest of its core form."""

    file: str
    promotion: str
    image: Digest
    environment: Environment
    core: Digest


@dataclass(frozen=True, slots=True)
class Without:
    """A promotion that fits what was asked for, and why there is no proof of it."""

    promotion: str
    because: str


@dataclass(frozen=True, slots=True)
class Collection:
    """The list: proofs in the order in which they were requested."""

    schema: str
    asked: Asked
    proofs: tuple[Listed, ...]
    without: tuple[Without, ...]


def build_collection(asked: Asked, proofs: tuple[Listed, ...], without: tuple[Without, ...]) -> bytes:
    """Return the canonical bytes of a list."""
    return canonical(write(Collection(SCHEMA, asked, proofs, without)))


def parse_collection(content: bytes) -> Collection:
    """Read a list.

    Raises:
        Malformed: It is none, a file has another name than a proof's, or one stands there twice.
    """
    found = read(Collection, parse_object(content, LIST_FILE, max_bytes=MAX_BYTES), LIST_FILE)
    if found.schema != SCHEMA:
        raise Malformed(f"{LIST_FILE}.schema: expected {SCHEMA}, found {found.schema[:80]!r}")
    if len(found.proofs) > MAX_PROOFS:
        raise Malformed(f"{LIST_FILE}.proofs: expected at most {MAX_PROOFS}, found {len(found.proofs)}")
    for one in found.proofs:
        if not _FILE.fullmatch(one.file):
            raise Malformed(
                f"{LIST_FILE}: expected PROMOTION.proof, .proof.json or .proof.tar, found {one.file[:120]!r}"
            )
    if len({one.promotion for one in found.proofs}) != len(found.proofs):
        raise Malformed(f"{LIST_FILE}.proofs: expected each promotion once, found one twice")
    return found

"""Small builders: people, a directory, events and reviews, with everything that a test does not care about."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.attest.signers import ServiceSigner, SshSigner, service_p256, ssh_ed25519

from pratique.attest.dsse import build_envelope
from pratique.attest.review import Decision
from pratique.promotion.catalogue import Happening
from pratique.promotion.directory import Directory
from pratique.promotion.events import Class, Entry, Event, EventObject
from pratique.promotion.happenings import (
    PromotionApproved,
    PromotionGathered,
    PromotionJudged,
    PromotionRequested,
    ReviewGiven,
    Track,
)
from pratique.promotion.quorum import Exclusion, Need, Question
from pratique.promotion.states import ReviewStanding
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment
from pratique.values.uris import DIRECTORY_MEDIA

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
PROD = Environment("prod")
STAGING = Environment("staging")
INSTALLATION = "ledger.example/shop"


MANIFEST = b'{"config":{"digest":"sha256:%s"},"layers":[],"schemaVersion":2}' % (b"c" * 64)
"""What the digest of "image" is the digest of."""


def digest(word: object) -> Digest:
    """Return the digest of a word: any digest, the same for the same word; that of "image" is a manifest's."""
    return Digest.of(MANIFEST if word == "image" else str(word).encode())


def after(**parts: float) -> datetime:
    return NOW + timedelta(**parts)


def identifier(kind: Kind, word: object = "") -> str:
    return build_id(kind, NOW, hashlib.sha256(str(word).encode()).digest()[:10])


PR = identifier(Kind.PROMOTION, "first")


@cache
def signer(name: str) -> SshSigner:
    """Return the SSH key of a person, made once for the whole run."""
    return ssh_ed25519()


@cache
def service(name: str) -> ServiceSigner:
    return service_p256()


def person(name: str, *aliases: str, status: str = "active") -> dict[str, Any]:
    return {"keys": [signer(name).key.text], "aliases": list(aliases), "status": status}


def role(name: str, holder: str, until: datetime | None = None, environments: str = "*") -> dict[str, Any]:
    end = render_moment(until) if until else None
    return {"role": name, "holder": holder, "applications": ["*"], "environments": [environments], "until": end}


PEOPLE = {
    "person:ann": person("ann", "git:" + "a" * 64),
    "person:ben": person("ben", "github:42"),
    "person:cleo": person("cleo"),
    "person:dan": person("dan"),
    "person:eve": person("eve"),
    "person:fay": person("fay", status="suspended"),
}
GROUPS = {
    "group:appsec": {"members": ["person:eve", "person:dan"]},
    "group:shop": {"members": ["person:ann", "person:cleo"]},
}
ROLES = [
    role("security", "group:appsec"),
    role("release", "person:cleo"),
    role("release", "person:dan"),
    role("release", "person:ann"),
    role("release", "person:fay"),
    role("release", "person:ben", until=NOW),
]
SERVICES: Mapping[str, Any] = {
    "service:ci": {
        "keys": [{"kind": "ecdsa-p256", "key": service("ci").pem}],
        "uses": ["request", "evidence", "source"],
        "builders": ["https://ci.example/builder"],
        "owner": "person:ben",
    },
    "service:record": {"keys": [{"kind": "ecdsa-p256", "key": service("record").pem}], "uses": ["record"]},
    "service:seal-prod": {
        "keys": [{"kind": "ecdsa-p256", "key": service("seal-prod").pem}],
        "uses": ["seal:prod"],
    },
}


def document(**changes: Any) -> dict[str, Any]:
    """Return a directory's document; ``changes`` replace top-level parts."""
    return {
        "schema": "pratique/directory/1",
        "installation": INSTALLATION,
        "version": 1,
        "previous": None,
        "issued": render_moment(NOW),
        "root": {"keys": [{"person": "person:ann", "key": signer("ann-root").key.text}], "threshold": 1},
        "people": PEOPLE,
        "groups": GROUPS,
        "roles": ROLES,
        "services": SERVICES,
        "revoked": [],
        **changes,
    }


def directory(**changes: Any) -> Directory:
    return Directory.parse(canonical(document(**changes)))


def signed_directory(payload: Mapping[str, Any], *names: str) -> bytes:
    """Return a directory's envelope, signed by the keys of these names."""
    content = canonical(payload)
    signatures = tuple(signer(name).signature(content, "pratique-directory", DIRECTORY_MEDIA) for name in names)
    return build_envelope(content, DIRECTORY_MEDIA, signatures)


def review(
    name: str,
    decision: Decision = Decision.APPROVE,
    *,
    index: int = 1,
    record: str = "record",
    expires: datetime | None = None,
) -> ReviewStanding:
    return ReviewStanding(
        review=identifier(Kind.REVIEW, (name, index)),
        index=index,
        at=NOW,
        reviewer=Actor(f"person:{name}"),
        decision=decision,
        record=digest(record),
        expires=expires or after(days=1),
        counts=True,
        because=None,
        nonce=str(index),
        envelope=digest((name, index)),
    )


def question(*needs: Need, excluded: Iterable[Exclusion] = ()) -> Question:
    return Question(digest("record"), "shop", PROD, needs, tuple(excluded))


def event(data: Happening, **changes: Any) -> Event:
    found: dict[str, Any] = {
        "id": identifier(Kind.EVENT, data),
        "at": NOW,
        "actor": Actor("service:record"),
        "promotion": PR,
        "application": "shop",
        "environment": PROD,
        "image": digest("image"),
        **changes,
    }
    return Event(data=data, **found)


def story(*happenings: Happening) -> tuple[Entry, ...]:
    """Return entries of one promotion, from index 10 on."""
    return tuple(Entry(index, event(data)) for index, data in enumerate(happenings, 10))


def requested(**changes: Any) -> PromotionRequested:
    found: dict[str, Any] = {
        "generation": 1,
        "image_name": "api",
        "source": "oci:images/api",
        "from_": STAGING,
        "to": PROD,
        "destination": "oci:prod/api",
        "policy": digest("policy"),
        "rules": digest("rules"),
        "directory": digest("directory"),
        "requester": Actor("service:ci"),
        "signed": True,
        "nonce": "n1",
        "supersedes": None,
        "comment": None,
        **changes,
    }
    return PromotionRequested(**found)


def gathered(generation: int = 1) -> PromotionGathered:
    return PromotionGathered(generation, digest("root"), 3, (), ())


def judged(
    track: Track = Track.SLOW, generation: int = 1, record: str = "record", **changes: Any
) -> PromotionJudged:
    found: dict[str, Any] = {
        "generation": generation,
        "record": digest(record),
        "outcome": "pass",
        "track": track,
        "risk": "12.0",
        "holds_until": None,
        "review_until": None,
        "why": ("because",),
        "policy": digest("policy"),
        "rules": digest("rules"),
        "directory": digest("directory"),
        "current": None,
        **changes,
    }
    return PromotionJudged(**found)


def approved(generation: int = 1, record: str = "record") -> PromotionApproved:
    return PromotionApproved(
        generation, digest(record), Track.SLOW, (), digest("policy"), digest("rules"), digest("directory"), None
    )


def reviewed(name: str, decision: Decision = Decision.APPROVE, record: str = "record") -> ReviewGiven:
    return ReviewGiven(
        review=identifier(Kind.REVIEW, name),
        generation=1,
        reviewer=Actor(f"person:{name}"),
        decision=decision,
        record=digest(record),
        reason=None,
        counts=True,
        because=None,
        expires=after(days=1),
        nonce=name,
        comment=None,
    )


def an_object(role: str = "record", class_: Class = Class.RECORD) -> EventObject:
    return EventObject(role, digest(role).hex, 7, "application/json", class_)

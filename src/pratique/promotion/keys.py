"""By which exact words an entry of the ledger is found again: digests, images, vulnerabilities, packages, people.

A *key* has a kind and a text; an entry has many. They come from the event and from the decision record that it
names, never from words that people wrote, which can be erased.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from pratique.evidence.purl import parse_purl
from pratique.promotion.catalogue import Unknown
from pratique.promotion.events import Event
from pratique.promotion.form import write
from pratique.values.canonical import Json
from pratique.values.dataclass import dataclass

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_VULNERABILITY = re.compile(r"(?:CVE|GHSA|[A-Z][A-Z0-9]{1,15})-[0-9A-Za-z][0-9A-Za-z.:-]{2,60}")
_ACTOR = re.compile(r"(?:person|service|group):[a-z0-9][a-z0-9-]{0,62}")
_PROMOTION = re.compile(r"(?:pr|rv|wv|rm|hd|ev)_[0-9a-z]{26}")


class KeyKind(StrEnum):
    """What a key names."""

    DIGEST = "digest"
    IMAGE = "image"
    """The name of an image within its application, or a repository."""
    VULNERABILITY = "vulnerability"
    PACKAGE = "package"
    """A package URL without version, and the package's bare name."""
    ACTOR = "actor"
    ENVIRONMENT = "environment"
    APPLICATION = "application"
    ID = "id"
    """Of a promotion, a waiver, a remediation, an event."""
    TYPE = "type"
    """Of the event, without its version."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """One exact word under which an entry is found."""

    kind: KeyKind
    text: str


def keys_of(event: Event, record: Json = None) -> frozenset[Key]:
    """Return every key of an event, and of the decision record that it names, where that is given."""
    found = {Key(KeyKind.TYPE, event.type.partition("/")[0]), Key(KeyKind.ACTOR, event.actor)}
    if event.application:
        found.add(Key(KeyKind.APPLICATION, event.application))
    if event.environment:
        found.add(Key(KeyKind.ENVIRONMENT, event.environment))
    if event.image:
        found.add(Key(KeyKind.DIGEST, event.image.hex))
    texts = [event.id, event.promotion or "", *(item.sha256 for item in event.objects)]
    data: Json = None if isinstance(event.data, Unknown) else write(event.data)
    for name, text in (*((None, text) for text in texts), *_texts(None, data), *_texts(None, record)):
        found.update(_keys(name, text))
    return frozenset(found)


def key_of(text: str) -> tuple[Key, ...]:
    """Return the keys that a word typed by a person may mean, the likeliest first."""
    typed = tuple(_keys(None, text))
    named = (KeyKind.PACKAGE, KeyKind.APPLICATION, KeyKind.IMAGE, KeyKind.ENVIRONMENT, KeyKind.TYPE)
    return typed or tuple(Key(kind, text) for kind in named)


def _texts(name: str | None, value: Json) -> Iterator[tuple[str | None, str]]:
    """Yield every text of a JSON value with the name of the field that it stands in."""
    match value:
        case str():
            yield name, value
        case dict():
            for key, item in value.items():
                yield from _texts(key, item)
        case list():
            for item in value:
                yield from _texts(name, item)


_FIELDS = {
    "image_name": KeyKind.IMAGE,
    "environment": KeyKind.ENVIRONMENT,
    "to": KeyKind.ENVIRONMENT,
    "application": KeyKind.APPLICATION,
    "repository": KeyKind.IMAGE,
    "destination": KeyKind.IMAGE,
}


def _keys(name: str | None, text: str) -> Iterator[Key]:
    kind = _FIELDS.get(name or "")
    if kind:
        yield Key(kind, text)
    if digest := _DIGEST.fullmatch(text):
        yield Key(KeyKind.DIGEST, digest[1])
    elif _ACTOR.fullmatch(text):
        yield Key(KeyKind.ACTOR, text)
    elif _PROMOTION.fullmatch(text):
        yield Key(KeyKind.ID, text)
    elif "pkg:" in text or _VULNERABILITY.match(text):
        yield from _term(text)


def _term(text: str) -> Iterator[Key]:
    """Yield the keys of a finding's term, such as ``CVE-2026-1@pkg:deb/debian/openssl``, or of one half of it."""
    left, _, purl = text.partition("pkg:")
    vulnerability = left.rstrip("@")
    if _VULNERABILITY.fullmatch(vulnerability):
        yield Key(KeyKind.VULNERABILITY, vulnerability)
    found = parse_purl(f"pkg:{purl}") if purl else None
    if found:
        yield Key(KeyKind.PACKAGE, found.package)
        yield Key(KeyKind.PACKAGE, found.name)

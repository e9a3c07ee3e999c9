"""Judging again: from a proof and the evidence itself, the same record byte for byte.

The full form. ``proof.verify`` shows that people and machines said yes to a record; this shows that the record is
what the signed policy makes of the evidence. The signer runs both before it seals.
"""

from collections.abc import Callable
from typing import TypeVar

from pratique.attest.dsse import parse_envelope
from pratique.errors import Unverified
from pratique.policy.document import Bundle, parse_bundle
from pratique.promotion.case import Bodies, bodies_of
from pratique.promotion.directory import Directory
from pratique.promotion.engines import Materials, reproduce
from pratique.promotion.events import Entry, parse_event
from pratique.promotion.record import Record
from pratique.proof.contents import contents_of
from pratique.proof.document import parse_proof
from pratique.values.digest import Digest

T = TypeVar("T", Bundle, Directory)


def rejudge(content: bytes, fetch: Callable[[Digest], bytes]) -> tuple[Record, ...]:
    """Return the records that were judged again and came out the same.

    Args:
        content: A proof of either kind. Whether it holds is for ``proof.verify`` to say, before or after this.
        fetch: The bytes of a piece of evidence or of a feed; they are checked against their digest.

    Raises:
        Unverified: Another record comes out (the message names the first difference), bytes have another digest, or
            another engine judged, so that it is not reproducible here.
        Absent: The bytes of some evidence are not there.
        Malformed: The proof breaks its form.
    """
    proof = parse_proof(content)
    entries = tuple(Entry(logged.index, parse_event(logged.content)) for logged in proof.entries)
    contents, objects = contents_of(proof.kind, proof.promotion, entries), dict(proof.objects)
    named = [(role, objects[digest]) for _, role, digest in contents.objects if digest in objects]
    bundles = tuple(parse_bundle(body) for role, body in named if role == "policy")
    directories = tuple(
        Directory.parse(parse_envelope(body).payload) for role, body in named if role == "directory"
    )
    records = [body for role, body in named if role == "record"]
    return tuple(_judged_again(body, bundles, directories, fetch) for body in records)


def _judged_again(
    content: bytes,
    bundles: tuple[Bundle, ...],
    directories: tuple[Directory, ...],
    fetch: Callable[[Digest], bytes],
) -> Record:
    def find(record: Record) -> Materials:
        inputs = record.decision.inputs
        return Materials(
            bundle=_only(bundles, inputs.policy.digest, "policy"),
            directory=_only(directories, inputs.directory.digest, "directory"),
            bodies=_bodies(record, fetch),
        )

    return reproduce(content, find)


def _only(documents: tuple[T, ...], digest: Digest, what: str) -> T:
    for document in documents:
        if document.digest == digest:
            return document
    raise Unverified(f"record: expected the {what} {digest} in the proof, found none")


def _bodies(record: Record, fetch: Callable[[Digest], bytes]) -> Bodies:
    return {digest: fetch(digest) for digest in sorted(bodies_of(record.decision.inputs))}

"""A small shop's ledger in memory, as a server writes it that may also lie: it holds every key but people's.

``Story`` tells one promotion step by step; every step takes ``changes`` to what is logged, so that an attack is one
argument. People's keys are made and used by ``ssh-keygen``.
"""

import atexit
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.promotion import cases
from tests.promotion.builders import (
    INSTALLATION,
    MANIFEST,
    NOW,
    PEOPLE,
    PR,
    PROD,
    SERVICES,
    STAGING,
    document,
    identifier,
    service,
)
from tests.promotion.builders import digest as digest_of

from pratique.attest.dsse import IN_TOTO, Signature, build_envelope, pae
from pratique.attest.policy import POLICY_FORM, Policy
from pratique.attest.request import REQUEST_FORM, Request
from pratique.attest.review import REVIEW_FORM, Decision, Review, Seen
from pratique.attest.seal import Level, Seal
from pratique.attest.sshsig import envelope_signature
from pratique.attest.statement import Subject
from pratique.attest.vsa import Result, Vsa, build_vsa
from pratique.policy.document import Bundle
from pratique.policy.facts import Arrival as Visit
from pratique.promotion.case import build_case
from pratique.promotion.catalogue import Happening
from pratique.promotion.directory import Directory
from pratique.promotion.events import Class, Entry, Event, EventObject, build_event
from pratique.promotion.evidence_set import build_list
from pratique.promotion.happenings import (
    DirectoryPublished,
    PolicyPublished,
    PromotionApproved,
    PromotionGathered,
    PromotionRequested,
    ReviewGiven,
)
from pratique.promotion.image import MANIFESTS_MEDIA, build_manifests, platforms_of
from pratique.promotion.intake import EvidenceAdded
from pratique.promotion.judge import judge
from pratique.promotion.past import Arrival, replacement_of
from pratique.promotion.profile import Profile
from pratique.promotion.record import Held, HistoryUsed, Inputs, Record, RequestUsed, judged
from pratique.promotion.steps import (
    Checkpoint,
    PromotionAttached,
    PromotionCopied,
    PromotionPointed,
    PromotionPromoted,
    PromotionRecalled,
    PromotionSealed,
)
from pratique.proof.clearance import Sources, assemble_clearance, assemble_promotion
from pratique.proof.document import Kind, Logged, Proof, build_proof
from pratique.proof.seal import summary
from pratique.proof.trust import DirectoryRoot, PolicyRoot, TrustRoot, build_trust_root, parse_trust_root
from pratique.proof.verify import verify_clearance
from pratique.tlog.checkpoint import Checkpoint as TreeHead
from pratique.tlog.key import KeyKind, NoteVerifier, cosign_text, sign_text
from pratique.tlog.note import render_note
from pratique.tlog.proofs import NodeSource, nodes_of, prove_inclusion, root_at
from pratique.tlog.tree import leaf_hash
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.ids import Kind as IdKind
from pratique.values.names import Actor, Environment
from pratique.values.reference import parse_reference
from pratique.values.uris import DIRECTORY_MEDIA, ENVELOPE_MEDIA, POLICY_MEDIA, RECORD_MEDIA

VERIFIER = "https://pratique.shop.example/verifier"
ROOTS = ("ann", "dan")
GATE = cases.GATE.replace("{role: release, count: 1}", "{role: release, count: 2}")
REVIEWERS = ("cleo", "dan", "eve")
"""Two in the role release and one in security: enough for the gate."""


# Keys.


@cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Path(folder.name)


@dataclass(frozen=True)
class Person:
    """Somebody with an SSH key file."""

    path: Path

    @property
    def public(self) -> str:
        return " ".join(self.path.with_suffix(".pub").read_text().split()[:2])

    def sign(self, payload: bytes, namespace: str, payload_type: str = IN_TOTO) -> Signature:
        done = subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", self.path, "-n", namespace],
            input=pae(payload_type, payload),
            capture_output=True,
            check=True,
        )
        return envelope_signature(done.stdout.decode())


@cache
def key_of(name: str) -> Person:
    path = _folder() / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return Person(path)


@cache
def signed(payload: bytes, namespace: str, payload_type: str, *names: str) -> bytes:
    """Return an envelope signed by these people."""
    signatures = tuple(key_of(name).sign(payload, namespace, payload_type) for name in names)
    return build_envelope(payload, payload_type, signatures)


@cache
def sealed_by(payload: bytes, key: str) -> bytes:
    return build_envelope(payload, IN_TOTO, (service(key).signature(payload),))


def record_behind(promotion: str) -> Digest:
    """The record by which an earlier promotion was let in."""
    return digest_of(f"record of {promotion}")


@cache
def ledger_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def note_key(name: str, kind: KeyKind = KeyKind.LOG) -> NoteVerifier:
    return NoteVerifier(name, kind, ledger_key(name).public_key().public_bytes_raw())


def trust_root(
    *witnesses: str,
    quorum: str = "none",
    min_version: int = 1,
    threshold: int = 2,
    verifier: str = VERIFIER,
    policy: int = 1,
) -> TrustRoot:
    lines = [f"log {note_key(INSTALLATION)}"]
    lines += [f"witness {name} {note_key(name, KeyKind.WITNESS)}" for name in witnesses]
    keys = tuple(key_of(f"{name}-root").public for name in ROOTS)
    ledger = "".join(f"{line}\n" for line in (*lines, f"quorum {quorum}"))
    directory = DirectoryRoot(keys, threshold, min_version)
    return parse_trust_root(build_trust_root(ledger, directory, verifier, PolicyRoot(policy)))


# Documents.


SEALING: Mapping[str, Any] = {
    **SERVICES,
    "service:seal-staging": {
        "keys": [{"kind": "ecdsa-p256", "key": service("seal-staging").pem}],
        "uses": ["seal:staging"],
    },
}


def directory_document(**changes: Any) -> dict[str, Any]:
    """Return the directory of ``tests.promotion.builders``, with keys of ``ssh-keygen`` and two root holders."""
    people = {
        name: {**person, "keys": [key_of(name.removeprefix("person:")).public]} for name, person in PEOPLE.items()
    }
    keys = [{"person": f"person:{name}", "key": key_of(f"{name}-root").public} for name in ROOTS]
    root = {"keys": keys, "threshold": 2}
    return document(**{"people": people, "root": root, "services": SEALING, **changes})


def bundle(gate: str = GATE) -> Bundle:
    return cases.bundle(gate)


# The ledger.


@dataclass
class Book:
    """Events in their order, the objects they name, and the key that signs checkpoints."""

    events: list[Event] = field(default_factory=list)
    objects: dict[Digest, bytes] = field(default_factory=dict)
    witnesses: tuple[str, ...] = ()
    now: datetime = NOW

    def keep(
        self, role: str, content: bytes, media_type: str = ENVELOPE_MEDIA, class_: Class = Class.RECORD
    ) -> EventObject:
        digest = Digest.of(content)
        self.objects[digest] = content
        return EventObject(role, digest.hex, len(content), media_type, class_)

    def append(self, data: Happening, *objects: EventObject, **about: Any) -> Entry:
        """Log what happened, a second after the last thing."""
        self.now += timedelta(seconds=1)
        event = Event(
            identifier(IdKind.EVENT, len(self.events)), self.now, Actor("service:record"), data, objects=objects
        )
        self.events.append(replace(event, **about))
        return self.entries[-1]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(Entry(index, event) for index, event in enumerate(self.events))

    @property
    def node(self) -> NodeSource:
        return nodes_of([leaf_hash(build_event(event)) for event in self.events])

    def seen(self, size: int | None = None) -> Seen:
        size = len(self.events) if size is None else size
        return Seen(INSTALLATION, size, Digest(root_at(size, self.node).hex()))

    def checkpoint(self, size: int | None = None) -> bytes:
        size = len(self.events) if size is None else size
        text = TreeHead(INSTALLATION, size, root_at(size, self.node)).render()
        lines = [sign_text(text, note_key(INSTALLATION), ledger_key(INSTALLATION).sign)]
        for name in self.witnesses:
            lines.append(cosign_text(text, note_key(name, KeyKind.WITNESS), ledger_key(name).sign, 1_800_000_000))
        return render_note(text, lines)

    def branch(self) -> "Book":
        """Return a ledger that is the same so far."""
        return replace(self, events=list(self.events), objects=dict(self.objects))

    @property
    def sources(self) -> Sources:
        return Sources(self.entries, self.node, self.objects.__getitem__)


@dataclass
class Story:
    """One promotion to prod, as the server records it."""

    book: Book = field(default_factory=Book)
    id: str = PR
    gate: str = GATE
    packages: tuple[tuple[str, str], ...] = cases.MEDIUM
    directories: list[Directory] = field(default_factory=list)
    policies: list[PolicyPublished] = field(default_factory=list)
    requested: PromotionRequested | None = None
    request: Digest | None = None
    inputs: Inputs | None = None
    record: Record | None = None
    reviews: list[Digest] = field(default_factory=list)
    past: list[Arrival] = field(default_factory=list)

    def branch(self) -> "Story":
        """Return a story that is the same so far."""
        return replace(self, book=self.book.branch(), reviews=list(self.reviews), past=list(self.past))

    # What everybody relies on.

    def publish_directory(self, *names: str, announced: Mapping[str, Any] | None = None, **changes: Any) -> Entry:
        last = self.directories[-1] if self.directories else None
        succession = {
            "version": last.version + 1 if last else 1,
            "previous": str(last.digest) if last else None,
        }
        payload = canonical(directory_document(**{**succession, **changes}))
        names = names or tuple(f"{name}-root" for name in ROOTS)
        envelope = signed(payload, "pratique-directory", DIRECTORY_MEDIA, *names)
        directory = Directory.parse(payload)
        self.directories.append(directory)
        data = DirectoryPublished(directory.version, directory.digest, directory.document.previous)
        return self.book.append(replace(data, **(announced or {})), self.book.keep("directory", envelope))

    def publish_policy(self, gate: str | None = None, *names: str, **changes: Any) -> Entry:
        read = changes.pop("read", None) or bundle(gate or self.gate)
        last = self.policies[-1] if self.policies else None
        data = PolicyPublished(
            bundle="shop",
            version=last.version + 1 if last else 1,
            digest=read.digest,
            previous=last.digest if last else None,
            effective_on=None,
            environments=tuple((rules.name, rules.digest) for rules in read.environments),
        )
        statement = POLICY_FORM.build(
            Policy(
                data.bundle,
                data.digest,
                data.version,
                data.previous,
                changes.get("effective_on"),
                self.directories[-1].digest,
                Digest.of(b"sources"),
            )
        )
        names = names or tuple(f"{name}-root" for name in ROOTS)
        envelope = signed(statement, "pratique-policy", IN_TOTO, *names)
        self.policies.append(replace(data, **changes))
        return self.book.append(
            self.policies[-1],
            self.book.keep("policy", read.resolved, POLICY_MEDIA),
            self.book.keep("policy-signature", envelope),
            self.book.keep("policy-sources", b"sources", "application/json"),
        )

    # Earlier promotions.

    def came(
        self,
        environment: Environment = STAGING,
        image: str = "image",
        level: Level = Level.PROMOTED,
        *,
        name: str = "api",
        request: bool = True,
        seal: bool = True,
        key: str | None = None,
        says: Mapping[str, Any] | None = None,
        sealed: Mapping[str, Any] | None = None,
        known: bool = True,
    ) -> Arrival:
        """Log that an image came to an environment earlier.

        Args:
            environment: Where to.
            image: Which one.
            level: As what.
            name: The image's name.
            request: Whether it is logged who asked.
            seal: Whether a seal is logged.
            key: Who seals, if not the environment's own key.
            says: What the seal says instead.
            sealed: What the event of the seal says instead.
            known: Whether the server's own history has it.
        """
        promotion = identifier(IdKind.PROMOTION, ("earlier", len(self.book.events)))
        about = {
            "promotion": promotion,
            "application": "shop",
            "environment": environment,
            "image": digest_of(image),
        }
        destination = f"oci:{environment}/{name}"
        if request:
            self.book.append(self._earlier_request(environment, name, destination), **about)
        if seal:
            vsa = self._earlier_seal(promotion, environment, digest_of(image), destination, level)
            other = dict(says or {})
            if isinstance(changes := other.get("seal"), Mapping) and vsa.seal:
                other["seal"] = replace(vsa.seal, **changes)
            said = replace(vsa, **other)
            envelope = sealed_by(build_vsa(said), key or f"seal-{environment}")
            item = self.book.keep("seal", envelope)
            seen = self.book.seen()
            data = PromotionSealed(
                1,
                item.digest,
                service(key or f"seal-{environment}").key.key_id,
                Checkpoint(seen.size, seen.root),
                level,
            )
            self.book.append(replace(data, **(sealed or {})), item, **about)
        entry = self.book.append(PromotionPromoted(1, level, None), **about)
        arrival = Arrival(
            entry.index, promotion, "shop", name, environment, digest_of(image), level, entry.event.at
        )
        if known:
            self.past.append(arrival)
        return arrival

    def recall(self, arrival: Arrival) -> Entry:
        """Log that somebody took back what came earlier."""
        self.past.remove(arrival)
        return self.book.append(
            PromotionRecalled(Actor("person:eve"), "c" * 32, digest_of("words")),
            promotion=arrival.promotion,
            application="shop",
            environment=arrival.environment,
            image=arrival.image,
        )

    def _earlier_request(self, environment: Environment, name: str, destination: str) -> PromotionRequested:
        return PromotionRequested(
            generation=1,
            image_name=name,
            source="oci:images/api",
            from_=None,
            to=environment,
            destination=destination,
            policy=digest_of("policy"),
            rules=digest_of("rules"),
            directory=self.directory.digest,
            requester=Actor("service:ci"),
            signed=False,
            nonce=None,
            supersedes=None,
            comment=None,
        )

    def _earlier_seal(
        self, promotion: str, environment: Environment, image: Digest, destination: str, level: Level
    ) -> Vsa:
        seal = Seal(
            environment=environment,
            application="shop",
            promotion=promotion,
            approved_index=len(self.book.events) - 1,
            checkpoint=self.book.checkpoint().decode(),
            directory=self.directory.digest,
            record=record_behind(promotion),
            level=level,
        )
        return Vsa(
            subjects=(Subject(image),),
            verifier=VERIFIER,
            verified_at=self.book.now,
            resource_uri=destination,
            policy_uri="urn:pratique:policy:shop:1",
            policy=digest_of("policy"),
            inputs=(),
            result=Result.PASSED,
            levels=(seal.level_name,),
            seal=seal,
        )

    @property
    def history(self) -> HistoryUsed:
        """What the server knows of the past when it judges."""
        assert self.requested is not None
        own = next(entry for entry in self.book.entries if entry.event.promotion == self.id)
        place = tuple(one for one in self.past if one.environment == PROD)
        replacement = replacement_of(digest_of("image"), place, own.index)
        arrivals = tuple(
            Visit(one.environment, one.at, one.level) for one in self.past if one.image == digest_of("image")
        )
        history = HistoryUsed(None, arrivals, None, left=replacement.at if replacement else None)
        if not place:
            return history
        held = Held(place[-1].image, record_behind(place[-1].promotion))
        return replace(history, current=held, current_facts=Profile(), overtaken=self._overtaken(held.digest))

    def _overtaken(self, held: Digest) -> datetime | None:
        asked: dict[Digest | None, Entry] = {}
        for entry in self.book.entries:
            if isinstance(entry.event.data, PromotionRequested):
                asked.setdefault(entry.event.image, entry)
        own, other = asked[digest_of("image")], asked[held]
        return other.event.at if own.index < other.index else None

    # One promotion.

    def append(self, data: Happening, *objects: EventObject) -> Entry:
        return self.book.append(
            data, *objects, promotion=self.id, application="shop", environment=PROD, image=digest_of("image")
        )

    @property
    def read(self) -> Bundle:
        return bundle(self.gate)

    @property
    def directory(self) -> Directory:
        return self.directories[-1]

    def ask(
        self, by: str | None = "service:ci", statement: Mapping[str, Any] | None = None, **changes: Any
    ) -> Entry:
        """Log the request; where nothing is known of the past, the image came to staging first."""
        if not self.past:
            self.came()
        requester = Actor(by or "service:ci")
        request = Request(
            images=(digest_of("image"),),
            application="shop",
            image="api",
            source=parse_reference("oci:images/api"),
            from_=STAGING,
            to=PROD,
            requester=requester,
            nonce="0" * 32,
            issued_at=NOW,
        )
        payload = REQUEST_FORM.build(replace(request, **(statement or {})))
        objects: tuple[EventObject, ...] = ()
        if by:
            name = requester.partition(":")[2]
            is_service = by.startswith("service:")
            envelope = (
                sealed_by(payload, name) if is_service else signed(payload, "pratique-request", IN_TOTO, name)
            )
            objects = (self.book.keep("request", envelope),)
            self.request = objects[0].digest
        self.requested = PromotionRequested(
            generation=1,
            image_name="api",
            source="oci:images/api",
            from_=STAGING,
            to=PROD,
            destination="oci:prod/api",
            policy=self.read.digest,
            rules=self.read.rules(PROD).digest,
            directory=self.directory.digest,
            requester=requester,
            signed=by is not None,
            nonce="0" * 32,
            supersedes=None,
            comment=None,
        )
        self.requested = replace(self.requested, **changes)
        return self.append(self.requested, *objects)

    def gather(self, generation: int = 1, **changes: Any) -> Entry:
        contents = cases.evidence(self.packages)
        found = cases.inputs(contents, policy=self.read, people=self.directory)
        assert self.requested is not None
        manifests = {digest_of("image"): MANIFEST}
        running = platforms_of(digest_of("image"), manifests)
        found = replace(found, image=replace(found.image, platforms=running))
        parts = self.book.keep("manifests", build_manifests((MANIFEST,)), MANIFESTS_MEDIA)
        request = RequestUsed(self.request, self.requested.requester, self.requested.signed)
        judged_at = self.book.now + timedelta(seconds=1)  # the moment at which the gathering is logged
        self.inputs = replace(found, request=request, now=judged_at, history=self.history)
        for content in (*contents, cases.advisories()):
            self.book.objects[Digest.of(content)] = content
        listed = self.book.keep("evidence-list", build_list(found.evidence.pieces), "application/json")
        feeds = self.book.keep("feed", cases.advisories(), "application/json", Class.EVIDENCE)
        data = PromotionGathered(
            generation, found.evidence.root, len(found.evidence.pieces), found.feeds, found.image.platforms
        )
        return self.append(replace(data, **changes), listed, parts, feeds)

    def decide(self, generation: int = 1, **changes: Any) -> Record:
        assert self.inputs is not None
        bodies = dict(self.book.objects)
        case = build_case(
            self.id, generation, self.inputs, bundle=self.read, directory=self.directory, bodies=bodies
        )
        return judge(case)

    def judge(self, record: Record | None = None, generation: int = 1, **changes: Any) -> Entry:
        self.record = record or self.decide(generation)
        item = self.book.keep("record", self.record.content, RECORD_MEDIA)
        return self.append(replace(judged(self.record), **changes), item)

    def statement(self, name: str, decision: Decision = Decision.APPROVE, **changes: Any) -> Review:
        assert self.record is not None
        inputs = self.record.decision.inputs
        review = Review(
            images=(inputs.image.digest,),
            promotion=self.id,
            application="shop",
            from_=inputs.from_,
            to=inputs.to,
            resource_uri=inputs.destination,
            decision=decision,
            reviewer=Actor(f"person:{name}"),
            directory=self.directory.digest,
            policy=inputs.policy.rules,
            record=self.record.digest,
            evidence=inputs.evidence.root,
            reason="looked-at",
            comment=None,
            conditions=(),
            checkpoint=self.book.seen(),
            issued_at=self.book.now,
            expires_at=self.book.now + timedelta(days=1),
            nonce=Digest.of(f"{self.id} {name} {len(self.book.events)}".encode()).hex[:32],
        )
        return replace(review, **changes)

    def review(
        self,
        name: str,
        decision: Decision = Decision.APPROVE,
        *,
        key: str | None = None,
        namespace: str = "pratique-review",
        logged: Mapping[str, Any] | None = None,
        counted: bool = True,
        **changes: Any,
    ) -> Entry:
        """Log a review signed by ``key`` (the reviewer's own); ``changes`` are to what is signed."""
        review = self.statement(name, decision, **changes)
        envelope = signed(REVIEW_FORM.build(review), namespace, IN_TOTO, key or name)
        item = self.book.keep("review", envelope)
        if counted:
            self.reviews.append(item.digest)
        data = ReviewGiven(
            review=identifier(IdKind.REVIEW, (name, len(self.book.events))),
            generation=1,
            reviewer=review.reviewer,
            decision=review.decision,
            record=review.record,
            reason=review.reason,
            counts=True,
            because=None,
            expires=review.expires_at,
            nonce=review.nonce,
            comment=None,
        )
        return self.append(replace(data, **(logged or {})), item)

    def approve(self, generation: int = 1, **changes: Any) -> Entry:
        assert self.record is not None
        inputs = self.record.decision.inputs
        data = PromotionApproved(
            generation=generation,
            record=self.record.digest,
            track=self.record.decision.track.name,
            reviews=tuple(self.reviews),
            policy=inputs.policy.digest,
            rules=inputs.policy.rules,
            directory=inputs.directory.digest,
            current=inputs.history.current.digest if inputs.history.current else None,
        )
        return self.append(replace(data, **changes))

    def copy(self) -> Entry:
        closure = self.book.keep("closure", b"[]", "application/json")
        return self.append(PromotionCopied(1, "oci:prod/api", 1, 2, 3), closure)

    def summary(self, **seal: Any) -> Vsa:
        """Return what an honest signer states; ``seal`` changes our extension."""
        checkpoint = self.book.checkpoint()
        cleared = verify_clearance(assemble_clearance(self.id, checkpoint, self.book.sources), trust_root())
        vsa = summary(cleared, verifier=VERIFIER, checkpoint=checkpoint.decode(), verified_at=self.book.now)
        assert vsa.seal is not None
        return replace(vsa, seal=replace(vsa.seal, **seal)) if seal else vsa

    def seal(
        self,
        vsa: Vsa | None = None,
        *,
        payload: bytes | None = None,
        key: str = "seal-prod",
        key_id: str | None = None,
        **changes: Any,
    ) -> Entry:
        """Log a seal by ``key``, which is said to be the one of ``key_id``."""
        seen = self.book.seen()
        envelope = sealed_by(payload or build_vsa(vsa or self.summary()), key)
        item = self.book.keep("seal", envelope)
        data = PromotionSealed(
            generation=1,
            seal=item.digest,
            key=key_id or service(key).key.key_id,
            checkpoint=Checkpoint(seen.size, seen.root),
            level=Level.PROMOTED,
        )
        return self.append(replace(data, **changes), item)

    def finish(self) -> None:
        self.append(PromotionAttached(1, ()))
        self.append(PromotionPointed(1, "oci:prod/api", "1.0", None))
        self.append(PromotionPromoted(1, Level.PROMOTED, None))

    def noise(self) -> Entry:
        """Log something that concerns nobody here."""
        digest = Digest.of(str(len(self.book.events)).encode())
        return self.book.append(EvidenceAdded(digest, "application/json"), image=digest)

    # Proofs.

    def clearance(self) -> bytes:
        return assemble_clearance(self.id, self.book.checkpoint(), self.book.sources)

    def forged(self) -> bytes:
        """Return a clearance of everything, whether its events can follow one another or not."""
        entries = [entry for entry in self.book.entries if entry.event.type != "evidence.added/1"]
        size = len(self.book.events)
        objects = {
            item.digest: self.book.objects[item.digest]
            for entry in entries
            for item in entry.event.objects
            if item.class_ is Class.RECORD and item.role not in ("policy-sources", "closure")
        }
        return build_proof(
            Proof(
                kind=Kind.CLEARANCE,
                promotion=self.id,
                image=digest_of("image"),
                environment=PROD,
                checkpoint=self.book.checkpoint(),
                entries=tuple(
                    Logged(
                        entry.index, build_event(entry.event), prove_inclusion(entry.index, size, self.book.node)
                    )
                    for entry in entries
                ),
                objects=tuple(sorted(objects.items())),
                growths=(),
            )
        )

    def proof(self) -> bytes:
        return assemble_promotion(self.id, self.book.checkpoint(), self.book.sources)


def founded(**changes: Any) -> Story:
    """Return a story that begins: directory and policy are published."""
    story = Story(**changes)
    story.publish_directory()
    story.publish_policy()
    story.noise()
    return story


def judged_story(**changes: Any) -> Story:
    """Return a story in which people may decide, or nobody needs to."""
    story = founded(**changes)
    story.ask()
    story.gather()
    story.noise()
    story.judge()
    return story


def approved_story(*reviewers: str, **changes: Any) -> Story:
    """Return a story with an approval by these people."""
    story = judged_story(**changes)
    for name in reviewers or REVIEWERS:
        story.review(name)
        story.noise()
    story.approve()
    return story


def promoted_story(**changes: Any) -> Story:
    """Return a story told to its end."""
    story = approved_story(**changes)
    story.noise()
    story.copy()
    story.seal()
    story.finish()
    return story


def fast_story(**changes: Any) -> Story:
    """Return a story in which everything passes, and nobody is asked."""
    story = judged_story(packages=cases.CLEAN, **changes)
    story.approve()
    return story

"""What every verb works with: one installation's ledger, bytes, repositories and keys; ``wire`` builds it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from pratique.errors import Absent
from pratique.ledger.cosign import Post
from pratique.ledger.interface import Target
from pratique.ledger.stamp import Ask, Authority
from pratique.policy.document import Bundle, parse_bundle
from pratique.promotion.authority import Chain, RootOfTrust, installation_of, verify_chain
from pratique.promotion.directory import Directory
from pratique.promotion.guards import InForce
from pratique.promotion.happenings import DirectoryPublished, PolicyPublished
from pratique.promotion.hold import TYPES as HOLD_TYPES
from pratique.promotion.hold import HoldStanding, fold_holds, holding
from pratique.promotion.states import Promotion
from pratique.promotion.waiver_standing import TYPES, WaiverStanding, fold_waivers
from pratique.proof.trust import TrustRoot
from pratique.registry.interface import Lock, Registry
from pratique.scan.interface import Scanner
from pratique.service.keyring import Keyring
from pratique.service.withheld import images_of, withheld
from pratique.signing.sealer import Sealer
from pratique.storage.blobs import BlobStore
from pratique.storage.store import Store
from pratique.storage.transaction import View
from pratique.tlog.key import NoteVerifier
from pratique.values.digest import Digest
from pratique.values.names import Environment
from pratique.values.reference import Repository


@dataclass(frozen=True, slots=True)
class Workspace:
    """One installation.

    Attributes:
        root: Its directory.
        export: Where its ledger is published.
        origin: The name of its ledger.
        verifier: The id that its seals carry.
        store: Ledger and state.
        blobs: Every object, by digest.
        open: Opens a repository.
        lock: Guards what several processes would overwrite in a repository.
        keys: Its service keys.
        sealer: The signer, behind its own door.
        trust: What it believes before it reads its own ledger.
        post: Asks a witness.
        scanners: What looks at an image while its evidence is gathered for an environment.
        check: The outside check of a name, if the settings describe it as the kind (``exec``…) that is asked for.
        ask_authority: Asks a timestamp authority.
        drill_every: How often a drill is due; ``None`` where nobody asked for any.
        authorities: Who stamps its checkpoints.
    """

    root: Path
    export: Target
    origin: str
    verifier: str
    store: Store
    blobs: BlobStore
    open: Callable[[Repository], Registry]
    lock: Lock
    keys: Keyring
    sealer: Sealer
    trust: TrustRoot
    post: Post
    ask_authority: Ask
    scanners: Callable[[Environment], tuple[Scanner, ...]]
    check: Callable[[str, str], Scanner | None]
    drill_every: timedelta | None = None
    authorities: tuple[Authority, ...] = ()

    @property
    def log_keys(self) -> tuple[NoteVerifier, ...]:
        """The ledger's public keys, the oldest first: those that the trust root has for it, and what signs here."""
        known = [log.key for log in self.trust.ledger.logs if log.key.name == self.origin]
        own = [key.verifier for key in self.keys.ledger()]
        return (*known, *(key for key in own if key not in known))

    @property
    def every_log_key(self) -> tuple[NoteVerifier, ...]:
        """The public keys of this ledger, and those of its earlier epochs."""
        others = (log.key for log in self.trust.ledger.logs if log.key.name != self.origin)
        return (*self.log_keys, *others)

    def chain(self, view: View) -> Chain:
        """Return every directory so far, verified against the trust root.

        Raises:
            Unverified: A version does not follow from the trust root; nothing in this ledger counts then.
        """
        published = view.ledger.told(DirectoryPublished)
        named = ((entry.index, entry.event.object("directory")) for entry, _ in published)
        envelopes = tuple((index, item.digest) for index, item in named if item is not None)
        return _chain(self.blobs, self.root_of_trust, envelopes)

    @property
    def root_of_trust(self) -> RootOfTrust:
        """What vouches for directory 1."""
        trust = self.trust
        return RootOfTrust(
            trust.directory_keys, trust.directory_threshold, trust.min_version, installation_of(self.origin)
        )

    def directory(self, view: View) -> Directory:
        """Return the directory in force; raises as :meth:`chain`."""
        return self.chain(view).head

    def bundle(self, view: View) -> Bundle:
        """Return the policy in force, or raise ``Absent`` where none is."""
        return self.bundle_of(self.policy_digest(view))

    def policy_digest(self, view: View) -> Digest:
        """Return the digest of the policy in force, or raise ``Absent``."""
        effective = [
            data.digest
            for _, data in view.ledger.told(PolicyPublished)
            if data.effective_on is None or data.effective_on <= view.now
        ]
        if not effective:
            raise Absent("policy: none is in force; publish one with `pratique policy publish`")
        return effective[-1]

    def bundle_of(self, digest: Digest) -> Bundle:
        """Return a policy that was published, by its digest."""
        return _bundle(self.blobs, digest)

    def waivers(self, view: View) -> tuple[WaiverStanding, ...]:
        """Return how every waiver stands."""
        return fold_waivers(entry for name in TYPES for entry in view.ledger.of_type(name))

    def holds(self, view: View) -> tuple[HoldStanding, ...]:
        """Return how every hold stands."""
        return fold_holds(entry for name in HOLD_TYPES for entry in view.ledger.of_type(name))

    def in_force(self, view: View, promotion: Promotion) -> InForce:
        """Return what the guards compare a promotion's decision with, at this moment."""
        current, holds = view.arrivals.current(*promotion.place), self.holds(view)
        held = holding(holds, promotion.application, promotion.to, images_of(promotion))
        return InForce(
            now=view.now,
            rules=self.bundle(view).rules(promotion.to).digest,
            directory=self.directory(view).digest,
            current=current.image if current else None,
            waivers=frozenset(one.waiver for one in self.waivers(view) if one.in_force(view.now)),
            hold=held.hold if held else None,
            withheld=tuple(sorted({one.by for one in withheld(view, holds, promotion)})),
        )


@lru_cache(maxsize=16)
def _chain(blobs: BlobStore, trust: RootOfTrust, envelopes: tuple[tuple[int, Digest], ...]) -> Chain:
    return verify_chain(tuple((index, blobs.get(digest)) for index, digest in envelopes), trust)


@lru_cache(maxsize=16)
def _bundle(blobs: BlobStore, digest: Digest) -> Bundle:
    return parse_bundle(blobs.get(digest))

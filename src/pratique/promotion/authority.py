"""Which directory is in force: a chain of signed versions, each vouched for by the one before.

Source: The Update Framework 1.0.33, section 5.3 ("Update the root role"), by way of spec/approvals.md section 5.
Validity goes by place in the ledger, never by a clock: what somebody signed stands or falls by the version that
was in force at its index.
"""

import re
from collections.abc import Sequence

from pratique.attest.dsse import Envelope, parse_envelope
from pratique.attest.sshkey import SshKey
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import TrustedKeys, open_envelope
from pratique.errors import Absent, Unverified
from pratique.promotion.directory import Directory
from pratique.promotion.directory_form import MAX_BYTES, Root
from pratique.values.dataclass import dataclass
from pratique.values.names import Actor
from pratique.values.uris import DIRECTORY_MEDIA

_EPOCH = re.compile(r"(.+)/epoch([2-9]|[1-9][0-9]+)", re.ASCII)


def installation_of(origin: str) -> str:
    """Return whose ledger this is: its name without ``/epochN``, which a ledger has after a loss."""
    found = _EPOCH.fullmatch(origin)
    return found[1] if found else origin


def epoch_of(origin: str) -> int:
    """Return which epoch of its installation a ledger is, from 1."""
    found = _EPOCH.fullmatch(origin)
    return int(found[2]) if found else 1


@dataclass(frozen=True, slots=True)
class RootOfTrust:
    """What somebody was told outside of any ledger: which keys sign version 1, how many, and the least version."""

    keys: tuple[SshKey, ...]
    threshold: int
    min_version: int
    installation: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Every version so far, oldest first, each with its index in the ledger; made by :func:`verify_chain`."""

    versions: tuple[tuple[int, Directory], ...]

    @property
    def head(self) -> Directory:
        """The newest version."""
        return self.versions[-1][1]

    def at(self, index: int) -> Directory:
        """Return the version in force for an entry at this index; raises ``Absent`` before the first."""
        for published, directory in reversed(self.versions):
            if published < index:
                return directory
        raise Absent(f"directory: none was in force at index {index}; the first came at {self.versions[0][0]}")

    def revoked_from(self, key_id: str) -> int | None:
        """Return the first index at which the key no longer counts, as far as any version says."""
        found = (
            published if revocation.from_index is None else revocation.from_index
            for published, directory in self.versions
            for revocation in directory.document.revoked
            if revocation.key == key_id
        )
        return min(found, default=None)


def verify_chain(envelopes: Sequence[tuple[int, bytes]], trust: RootOfTrust) -> Chain:
    """Return the chain of directories once every link holds.

    Args:
        envelopes: Each version's index in the ledger and its envelope's bytes, oldest first.
        trust: What vouches for version 1.

    Raises:
        Unverified: A signature, version, previous digest or installation does not fit, or the newest is too old.
        Malformed: An envelope or a payload breaks its form.
    """
    if not envelopes:
        raise Unverified("directory: expected at least version 1, found none")
    index, content = envelopes[0]
    versions = [(index, verify_first(content, trust))]
    for index, content in envelopes[1:]:
        earlier, current = versions[-1]
        if index <= earlier:
            raise Unverified(f"directory: expected an index after {earlier}, found {index}")
        versions.append((index, verify_next(content, current)))
    chain = Chain(tuple(versions))
    if chain.head.version < trust.min_version:
        raise Unverified(
            f"directory: expected version {trust.min_version} or later, found {chain.head.version}; "
            "the newest versions were left out"
        )
    return chain


def verify_first(content: bytes, trust: RootOfTrust) -> Directory:
    """Return version 1 if the root of trust and its own root keys signed it; raises as :func:`verify_chain`."""
    envelope = parse_envelope(content, max_bytes=2 * MAX_BYTES)
    named = tuple((Actor(f"root key {key.key_id}"), key) for key in trust.keys)
    directory = _opened(envelope, named, trust.threshold)
    document = directory.document
    if document.version != 1:
        raise Unverified(f"directory: expected version 1 first, found {document.version}")
    if document.installation != trust.installation:
        raise Unverified(
            f"directory: expected the installation {trust.installation!r}, found {document.installation!r}"
        )
    holders = _holders(document.root)
    _opened(envelope, holders, document.root.threshold)
    # Trusted keys bear no names; once version 1 names their holders, people are counted, not keys.
    _opened(envelope, tuple(pair for pair in holders if pair[1] in trust.keys), trust.threshold)
    return directory


def verify_next(content: bytes, current: Directory) -> Directory:
    """Return the version after ``current`` if the root keys of both signed it; raises as :func:`verify_chain`."""
    envelope = parse_envelope(content, max_bytes=2 * MAX_BYTES)
    # "MUST have been signed by: (1) a threshold of keys specified in the trusted root metadata file (version N),
    # and (2) a threshold of keys specified in the new root metadata file being validated (version N+1)." TUF 5.3.4
    before = current.document
    directory = _opened(envelope, _holders(before.root), before.root.threshold)
    after = directory.document
    _opened(envelope, _holders(after.root), after.root.threshold)
    if after.version != before.version + 1:
        raise Unverified(f"directory: expected version {before.version + 1}, found {after.version}")
    if after.previous != current.digest:
        raise Unverified(f"directory: expected the previous digest {current.digest}, found {after.previous}")
    if after.installation != before.installation:
        raise Unverified(
            f"directory: expected the installation {before.installation!r}, found {after.installation!r}"
        )
    return directory


def _opened(envelope: Envelope, keys: TrustedKeys, threshold: int) -> Directory:
    opened = open_envelope(envelope, keys, Namespace.DIRECTORY, payload_type=DIRECTORY_MEDIA, threshold=threshold)
    return Directory.parse(opened.payload)


def _holders(root: Root) -> TrustedKeys:
    return tuple((key.person, key.key) for key in root.keys)

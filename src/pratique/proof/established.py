"""What a verified proof establishes: facts for people, and what nobody checked.

Every value here was derived from verified bytes; what rests on somebody's word says so in ``not_checked``.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pratique.attest.seal import Level
from pratique.policy.result import Outcome
from pratique.promotion.happenings import Track
from pratique.proof.document import Kind
from pratique.tlog.policy import VerifiedCheckpoint
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment

TAKES_EVIDENCE = "takes the evidence itself"
"""Stands in every sentence about what the full form shows, once it was judged again."""
NOT_RECOMPUTED = f"judgement not recomputed: that {TAKES_EVIDENCE} (the full form)"
CONDITIONS = f"what the policy asks for under conditions: whether these held {TAKES_EVIDENCE}, too"
_NOBODY = "no witness says when"


@dataclass(frozen=True, slots=True)
class Approver:
    """A person whose signature counted, and the bracket in which it was made.

    It was made after the ledger had ``seen`` entries, and before it stood at ``index``. ``seen_at`` and ``at`` are
    the ledger's own clock at both ends: the former at the newest entry in the proof that was seen. ``issued_at`` is
    the clock of the reviewer's own machine.
    """

    person: Actor
    role: str
    key: str
    reason: str
    seen: int
    seen_at: datetime
    index: int
    at: datetime
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A witness that saw the ledger under a checkpoint, and when by its own clock."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stamped:
    """That the ledger's first ``size`` entries existed no later than at this time, by a timestamp authority's clock."""

    authority: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Sealed:
    """The seal over the approval; from ``expires`` on it no longer holds, where there is such a moment.

    ``witnesses`` are those of the checkpoint that the signer saw: it covers the approval.
    """

    digest: Digest
    key: str
    verifier: str
    index: int
    at: datetime
    expires: datetime | None
    witnesses: tuple[Witnessed, ...]


@dataclass(frozen=True, slots=True)
class Established:
    """What holds about one promotion.

    ``images`` are the image and each of its platforms; ``nonce`` is the request's; ``inputs`` the digests of
    everything signed or gathered that the decision rests on; ``newest_policy`` and ``newest_directory`` the newest
    versions that the proof shows, in force or not; ``note`` the checkpoint under which everything stands.
    """

    kind: Kind
    promotion: str
    application: str
    image_name: str
    images: tuple[Digest, ...]
    source: str
    from_: Environment | None
    environment: Environment
    destination: str
    requester: Actor
    request_signed: bool
    nonce: str | None
    level: Level
    track: Track
    outcome: Outcome
    risk: str
    record: Digest
    engine: str
    evidence_root: Digest
    inputs: tuple[Digest, ...]
    approved_index: int
    approved_at: datetime
    approvers: tuple[Approver, ...]
    bundle: str
    policy_version: int
    newest_policy: int
    policy: Digest
    rules: Digest
    directory_version: int
    newest_directory: int
    directory: Digest
    origin: str
    size: int
    note: str
    witnesses: tuple[Witnessed, ...]
    witnesses_needed: int
    lasts: timedelta | None
    """How long a seal over it holds; None where it does not lapse."""
    sealed: Sealed | None
    not_checked: tuple[str, ...]
    release: tuple[tuple[str, Digest], ...] = ()
    """The names and digests of every image of its release, in the order in which they were asked for."""
    past: tuple[str, ...] = ()
    """What earlier promotions that it rests on show, by their seals."""
    stamped: tuple[Stamped, ...] = ()
    """By when what it rests on existed, by the clocks of authorities that the verifier believes."""
    judged_again: tuple[Digest, ...] = ()
    """Records that the evidence itself gave again, byte for byte."""

    def after_judging(self, records: tuple[Digest, ...]) -> "Established":
        """Return the same, once these records were judged again from the evidence."""
        left = tuple(sentence for sentence in self.not_checked if TAKES_EVIDENCE not in sentence)
        return replace(self, judged_again=records, not_checked=left)

    @property
    def first_witness(self) -> Witnessed | None:
        """Who outside saw the approvals first, by their own clock; None where nobody outside says when."""
        sealed = self.sealed.witnesses if self.sealed else ()
        every = (*self.witnesses, *sealed, *(Witnessed(one.authority, one.at) for one in self.stamped))
        return min(every, key=lambda one: (one.at, one.name), default=None)

    @property
    def image(self) -> Digest:
        """The image's digest."""
        return self.images[0]

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Everything for people, as label and text, in the order in which it is read."""
        return (
            ("image", f"{self.image_name} {self.image}"),
            ("promotion", f"{self.promotion} of {self.application}"),
            ("way", f"{self.from_ or self.source} → {self.environment}, at {self.destination}"),
            *(("release", f"all or nothing, {name} {digest}") for name, digest in self.release),
            *(("before", sentence) for sentence in self.past),
            ("asked by", self.requester if self.request_signed else f"{self.requester} (unsigned)"),
            ("decision", f"{self.outcome}, track {self.track}, risk {self.risk}; record {self.record}"),
            ("approved", f"at index {self.approved_index}, {render_moment(self.approved_at)}"),
            *(("approved by", _told(approver, self.first_witness)) for approver in self.approvers),
            ("level", self.level.name_in(self.environment)),
            ("policy", f"{self.bundle} version {self.policy_version}, {self.policy}"),
            ("directory", f"version {self.directory_version}, {self.directory}"),
            *((("sealed", _seal_told(self.sealed)),) if self.sealed else ()),
            ("ledger", f"{self.origin}, {self.size} entries; {_witnesses_told(self.witnesses)}"),
            *(("existed before", _stamp_told(one, self)) for one in self.stamped),
            *(
                ("judged again", f"{record}: the same bytes again, by {self.engine}, from the evidence itself")
                for record in self.judged_again
            ),
            *(("not checked", sentence) for sentence in self.not_checked),
        )


def _told(approver: Approver, witness: Witnessed | None) -> str:
    outside = f"no later than {render_moment(witness.at)} by the clock of {witness.name}" if witness else _NOBODY
    return (
        f"{approver.person} as {approver.role}, key {approver.key}, after entry {approver.seen - 1} and before "
        f"{approver.index} (from {render_moment(approver.seen_at)} to {render_moment(approver.at)} by the ledger's "
        f"clock; {outside})"
    )


def _seal_told(sealed: Sealed) -> str:
    until = f", holds until {render_moment(sealed.expires)}" if sealed.expires else ""
    return (
        f"at index {sealed.index}, {render_moment(sealed.at)}, by {sealed.verifier} with key {sealed.key}{until}"
    )


def _stamp_told(stamped: Stamped, found: Established) -> str:
    reach = (
        "everything here" if stamped.size >= found.size else f"the approval and all before entry {stamped.size}"
    )
    return f"{render_moment(stamped.at)}: {reach}, according to the timestamp authority {stamped.authority}"


def _witnesses_told(witnesses: tuple[Witnessed, ...]) -> str:
    if not witnesses:
        return "not witnessed"
    return ", ".join(f"witnessed by {witness.name} {render_moment(witness.at)}" for witness in witnesses)


def witnesses_of(checkpoint: VerifiedCheckpoint) -> tuple[Witnessed, ...]:
    """Return who cosigned a checkpoint; one whose clock was so wrong that there is no such time is left out."""
    found = (_witnessed(one.witness.name, one.at) for one in checkpoint.cosignatures)
    return tuple(one for one in found if one is not None)


def _witnessed(name: str, seconds: int) -> Witnessed | None:
    try:
        return Witnessed(name, datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None

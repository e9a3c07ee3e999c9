"""Whose checkpoints to trust: logs, witnesses, and how many of the witnesses must have cosigned.

::

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> <number, any or all> <witness or group>...
    quorum <witness, group or none>

Names of witnesses and groups mean something in this file only. With ``quorum none`` no witness is needed, and what
was verified says how many there were, so that a door can print "not witnessed".

Source: c2sp.org/tlog-policy; c2sp.org/tlog-cosignature for one key serving one name only.
"""

import re
from collections.abc import Collection, Sequence

from pratique.errors import Malformed, Unverified
from pratique.tlog.checkpoint import Checkpoint, open_checkpoint
from pratique.tlog.key import KeyKind, NoteVerifier
from pratique.tlog.lines import parse_number
from pratique.values.dataclass import dataclass

MAX_POLICY_CHARACTERS = 256 * 1024

_NONE = "none"
_SEPARATOR = re.compile(r"[ \t]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Log:
    """A log whose checkpoints are accepted; its key's name is its origin."""

    key: NoteVerifier
    url: str | None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness, under the name that this policy gives it."""

    name: str
    key: NoteVerifier
    url: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Counts as one witness when at least ``threshold`` of its members have witnessed."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A trust policy; made by ``parse_policy``, which checks it.

    Attributes:
        logs: Any one of them must have signed.
        witnesses: Every witness that can count.
        groups: In an order in which each names only witnesses and earlier groups.
        quorum: The witness or group that must have witnessed; None where nobody must.
    """

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str | None

    def quorum_met(self, cosigned: Collection[str]) -> bool:
        """Tell whether cosignatures by the witnesses of these names are enough."""
        met = set(cosigned)
        for group in self.groups:
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum is None or self.quorum in met

    def render(self) -> str:
        """Return the file that :func:`parse_policy` reads as this policy."""
        lines = (
            *(f"log {log.key}{_url(log.url)}" for log in self.logs),
            *(f"witness {each.name} {each.key}{_url(each.url)}" for each in self.witnesses),
            *(f"group {each.name} {each.threshold} {' '.join(each.members)}" for each in self.groups),
            f"quorum {self.quorum or _NONE}",
        )
        return "".join(f"{line}\n" for line in lines)


def _url(url: str | None) -> str:
    return f" {url}" if url else ""


def parse_policy(text: str) -> Policy:
    """Read a tlog-policy file.

    Raises:
        Malformed: The message names the line: an unknown word, a key of the wrong type or used twice, a name that
            is not defined above, a threshold that cannot be met, or not exactly one quorum.
    """
    if len(text) > MAX_POLICY_CHARACTERS:
        raise Malformed(f"tlog-policy: expected at most {MAX_POLICY_CHARACTERS} characters, found {len(text)}")
    if not text.endswith("\n"):
        raise Malformed("tlog-policy: expected a newline after the last line; the file may be cut off")
    draft = _Draft()
    for number, line in enumerate(text[:-1].split("\n"), 1):
        try:
            _read_line(line, draft)
        except Malformed as error:
            raise Malformed(f"tlog-policy line {number}: {error}") from error
    if not draft.quorums:
        raise Malformed(
            "tlog-policy: expected a line 'quorum <name>'; write 'quorum none' if no witness is needed"
        )
    return Policy(tuple(draft.logs), tuple(draft.witnesses), tuple(draft.groups), draft.quorums[0])


class _Draft:
    """What the lines read so far define."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorums: list[str | None] = []
        self.names: set[str] = set()
        self.members: set[str] = set()
        self.public_keys: set[bytes] = set()


def _read_line(line: str, draft: _Draft) -> None:
    if found := _FORBIDDEN.search(line):
        raise Malformed(f"expected no control characters but tab and newline, found {found[0]!r}")
    match _SEPARATOR.split(line.strip(" \t")):
        case [first, *_] if not first or first.startswith("#"):
            return
        case ["log", vkey, *url] if len(url) <= 1:
            draft.logs.append(Log(_key(vkey, KeyKind.LOG, draft), _first(url)))
        case ["witness", name, vkey, *url] if len(url) <= 1:
            _define(name, draft)
            draft.witnesses.append(Witness(name, _key(vkey, KeyKind.WITNESS, draft), _first(url)))
        case ["group", name, threshold, *members] if members:
            draft.groups.append(_group(name, threshold, tuple(members), draft))
            _define(name, draft)
        case ["quorum", name]:
            draft.quorums.append(_quorum(name, draft))
        case [word, *_]:
            raise Malformed(f"expected a whole log, witness, group or quorum line, found one of {word[:40]!r}")


def _first(items: Sequence[str]) -> str | None:
    return items[0] if items else None


def _key(vkey: str, kind: KeyKind, draft: _Draft) -> NoteVerifier:
    key = NoteVerifier.parse(vkey)
    if key.kind is not kind:
        raise Malformed(f"expected a key of type {kind:02x} here, found {key.name} with {key.kind:02x}")
    # "the same public key can't be used across multiple cosigners" c2sp.org/tlog-cosignature. A log's key is not a
    # witness's either, stricter than tlog-policy asks: no log witnesses itself.
    if key.public_key in draft.public_keys:
        raise Malformed(f"expected each public key once, found that of {key.name} again")
    draft.public_keys.add(key.public_key)
    return key


def _define(name: str, draft: _Draft) -> None:
    if name == _NONE or name in draft.names:
        raise Malformed(f"expected a new name other than 'none', found {name[:80]!r}")
    draft.names.add(name)


def _group(name: str, threshold: str, members: tuple[str, ...], draft: _Draft) -> Group:
    for member in members:
        if member not in draft.names:
            raise Malformed(f"group {name[:80]}: expected members defined above, found {member[:80]!r}")
        if member in draft.members:
            raise Malformed(f"group {name[:80]}: {member[:80]!r} is a member already; each counts in one way only")
        draft.members.add(member)
    return Group(name, _threshold(threshold, len(members)), members)


def _threshold(text: str, members: int) -> int:
    match text:
        case "any":
            return 1
        case "all":
            return members
        case _:
            number = parse_number(text, "threshold")
            if not 1 <= number <= members:
                raise Malformed(f"threshold: expected 1 to {members}, as many as members, found {number}")
            return number


def _quorum(name: str, draft: _Draft) -> str | None:
    if draft.quorums:
        raise Malformed("expected one quorum line, found a second")
    if name != _NONE and name not in draft.names:
        raise Malformed(f"quorum: expected 'none' or a name defined above, found {name[:80]!r}")
    return None if name == _NONE else name


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness of the policy saw this checkpoint as the largest consistent one at this time.

    Attributes:
        witness: The witness.
        at: Unix seconds, by the witness's own clock.
    """

    witness: Witness
    at: int


@dataclass(frozen=True, slots=True)
class VerifiedCheckpoint:
    """A checkpoint that satisfies a policy.

    Attributes:
        checkpoint: What was signed.
        log: The log of the policy that signed it.
        cosignatures: By the policy's witnesses; empty means "not witnessed".
    """

    checkpoint: Checkpoint
    log: Log
    cosignatures: tuple[Cosignature, ...]


def verify_checkpoint(content: bytes, policy: Policy) -> VerifiedCheckpoint:
    """Return the checkpoint in this signed note, which the policy accepts.

    Raises:
        Malformed: It is no signed checkpoint.
        Unverified: No log of the policy signed it as its own, a known key's line does not verify, or too few
            witnesses cosigned it.
    """
    logs = {log.key: log for log in policy.logs}
    witnesses = {witness.key: witness for witness in policy.witnesses}
    opened = open_checkpoint(content, logs, witnesses)
    cosignatures = tuple(
        Cosignature(witnesses[signer.key], signer.at)
        for signer in opened.witnesses
        if signer.at is not None  # a witness's signature always has a time
    )
    cosigned = [cosignature.witness.name for cosignature in cosignatures]
    if not policy.quorum_met(cosigned):
        raise Unverified(
            f"checkpoint of {opened.checkpoint.origin} at size {opened.checkpoint.size}: expected cosignatures "
            f"enough for the quorum {policy.quorum!r}, found {cosigned}; get it cosigned by more of its witnesses"
        )
    return VerifiedCheckpoint(opened.checkpoint, logs[opened.log], cosignatures)

"""Whose word on the ledger counts: the witnesses that the trust root names, and how many of them are enough.

The trust root is a file that every verifier holds; whoever changes it here hands the new one out.
"""

import os
from pathlib import Path

from pratique.errors import Absent, Conflict, Malformed, Refused, Unreachable
from pratique.proof.trust import parse_trust_root, with_directory, with_ledger
from pratique.tlog.key import KeyKind, NoteVerifier
from pratique.tlog.policy import Group, Log, Policy, Witness, parse_policy

_QUORUM = "enough-witnesses"


def add_witness(trust_root: Path, name: str, key: NoteVerifier, url: str) -> Policy:
    """Name a witness in the trust root: it is asked from now on, and counts.

    Raises:
        Conflict: One of that name or key is there.
        Malformed: It is no witness's key, or no URL.
    """
    if key.kind is not KeyKind.WITNESS:
        raise Malformed(f"witness {name}: expected a witness's key (type 04), found a log's: {key}")
    if not url.startswith(("https://", "http://")) or any(char.isspace() for char in url):
        raise Malformed(f"witness {name}: expected an https:// or http:// URL, found {url[:100]!r}")
    policy = _policy(trust_root)
    if any(name == each.name or key.public_key == each.key.public_key for each in policy.witnesses):
        raise Conflict(f"witness {name}: the trust root has one of that name or key; remove it first")
    return _write(trust_root, _requiring(policy, (*policy.witnesses, Witness(name, key, url)), _required(policy)))


def remove_witness(trust_root: Path, name: str) -> Policy:
    """Take a witness out of the trust root; proofs that carry its word need a trust root that has it.

    Raises:
        Absent: There is none of that name.
        Refused: Too few would be left for the quorum.
    """
    policy = _policy(trust_root)
    left = tuple(each for each in policy.witnesses if each.name != name)
    if len(left) == len(policy.witnesses):
        known = ", ".join(each.name for each in policy.witnesses) or "none"
        raise Absent(f"witness {name}: not in the trust root; known are: {known}")
    return _write(trust_root, _requiring(policy, left, _required(policy)))


def require_witnesses(trust_root: Path, number: int) -> Policy:
    """Demand so many witnesses under every checkpoint; 0 demands none.

    Raises:
        Refused: There are fewer witnesses.
    """
    policy = _policy(trust_root)
    return _write(trust_root, _requiring(policy, policy.witnesses, number))


def add_log(trust_root: Path, key: NoteVerifier) -> Policy:
    """Name a key of the ledger in the trust root, after the ones it has; one that is there stays where it is.

    Raises:
        Malformed: It is a witness's key.
    """
    policy = _policy(trust_root)
    if any(log.key == key for log in policy.logs):
        return policy
    return _write(
        trust_root, Policy((*policy.logs, Log(key, None)), policy.witnesses, policy.groups, policy.quorum)
    )


def remove_log(trust_root: Path, key: NoteVerifier) -> Policy:
    """Take a key of the ledger out of the trust root: what it alone signed counts no longer.

    Raises:
        Absent: It is not there.
        Refused: It is the last one.
    """
    policy = _policy(trust_root)
    left = tuple(log for log in policy.logs if log.key != key)
    if len(left) == len(policy.logs):
        raise Absent(f"ledger key {key}: not in the trust root")
    if not left:
        raise Refused(f"ledger key {key}: the trust root has no other; add its successor first")
    return _write(trust_root, Policy(left, policy.witnesses, policy.groups, policy.quorum))


def demand_directory(trust_root: Path, version: int) -> None:
    """Accept no proof whose newest directory is older than this version, as one has to where a key was stolen."""
    _put(trust_root, with_directory(_read(trust_root), version) + b"\n")


def _required(policy: Policy) -> int:
    match policy.groups:
        case ():
            return 0 if policy.quorum is None else 1
        case (Group(name=name, threshold=threshold),) if name in (_QUORUM, policy.quorum):
            return threshold
        case _:
            raise Refused("trust root: its witnesses are in groups of groups; edit its tlog-policy by hand")


def _requiring(policy: Policy, witnesses: tuple[Witness, ...], number: int) -> Policy:
    if not 0 <= number <= len(witnesses):
        raise Refused(
            f"trust root: {number} of {len(witnesses)} witnesses cannot be demanded; change the demand first"
        )
    names = tuple(each.name for each in witnesses)
    groups = (Group(_QUORUM, number, names),) if number else ()
    return Policy(policy.logs, witnesses, groups, _QUORUM if number else None)


def _policy(trust_root: Path) -> Policy:
    return parse_trust_root(_read(trust_root)).ledger


def _read(trust_root: Path) -> bytes:
    try:
        return trust_root.read_bytes()
    except OSError as error:
        raise Absent(f"{trust_root} cannot be read: {error.strerror}; `pratique init` writes it") from error


def _write(trust_root: Path, policy: Policy) -> Policy:
    _put(trust_root, with_ledger(_read(trust_root), policy.render()) + b"\n")
    return parse_policy(policy.render())


def _put(trust_root: Path, content: bytes) -> None:
    part = trust_root.with_name(f".{trust_root.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(trust_root)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Unreachable(f"{trust_root} cannot be written: {error.strerror}; it is as it was") from error

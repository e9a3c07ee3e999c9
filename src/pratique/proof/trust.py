"""The trust root: the few public keys that a verifier is given out of band, about a kilobyte.

::

    {"ledger": "<tlog-policy text>", "directory": {"keys": ["ssh-ed25519 …"], "threshold": 2, "min_version": 1},
     "policy": {"min_version": 1}, "verifier": "<id of the verifier that seals>"}

``policy`` may be absent; any version counts then.

Everything else in a proof is checked against it. Source: decisions.md, "Workspace"; spec/approvals.md section 6.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo

from pratique.attest.sshkey import SshKey, parse_ssh_key
from pratique.errors import Malformed
from pratique.promotion.form import read, write
from pratique.tlog.policy import Policy, parse_policy
from pratique.values.canonical import canonical, parse_object
from pratique.values.dataclass import dataclass

MAX_BYTES = 256 * 1024

Zones = Callable[[str], tzinfo | None]
"""The time zones that the verifier's machine knows, by name: the one thing that it brings beside the trust root."""


def no_zones(_name: str) -> None:
    """Know no time zone."""


@dataclass(frozen=True, slots=True)
class DirectoryRoot:
    """Who signed directory 1: OpenSSH keys, how many distinct ones are needed, and the oldest head accepted."""

    keys: tuple[str, ...]
    threshold: int
    min_version: int


@dataclass(frozen=True, slots=True)
class PolicyRoot:
    """The oldest policy that is accepted as the newest in a proof."""

    min_version: int = 1


_ANY_POLICY = PolicyRoot()


@dataclass(frozen=True, slots=True)
class _Form:
    ledger: str
    directory: DirectoryRoot
    verifier: str
    policy: PolicyRoot = _ANY_POLICY


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """What a verifier believes before it reads a proof."""

    ledger: Policy
    directory_keys: tuple[SshKey, ...]
    directory_threshold: int
    min_version: int
    verifier: str
    min_policy_version: int


@dataclass(frozen=True, slots=True)
class Authority:
    """A timestamp authority that a verifier believes besides: its name in proofs, and its certificates in PEM."""

    name: str
    certificates: bytes


def parse_trust_root(content: bytes) -> TrustRoot:
    """Read a trust root.

    Raises:
        Malformed: A field is missing, unknown or wrong, a key stands twice, or the threshold cannot be met.
    """
    form = read(_Form, parse_object(content, "trust root", max_bytes=MAX_BYTES), "trust root")
    keys = tuple(parse_ssh_key(key) for key in form.directory.keys)
    if len({key.key_id for key in keys}) != len(keys):
        raise Malformed("trust root.directory.keys: expected distinct keys, found one twice")
    if not 1 <= form.directory.threshold <= len(keys):
        raise Malformed(
            f"trust root.directory.threshold: expected 1 to {len(keys)} (the number of keys), "
            f"found {form.directory.threshold}"
        )
    return TrustRoot(
        ledger=parse_policy(form.ledger),
        directory_keys=keys,
        directory_threshold=form.directory.threshold,
        min_version=form.directory.min_version,
        verifier=form.verifier,
        min_policy_version=form.policy.min_version,
    )


def build_trust_root(
    ledger: str, directory: DirectoryRoot, verifier: str, policy: PolicyRoot = _ANY_POLICY
) -> bytes:
    """Return the canonical bytes of a trust root that ``parse_trust_root`` accepts."""
    content = canonical(write(_Form(ledger, directory, verifier, policy)))
    parse_trust_root(content)
    return content


def with_ledger(content: bytes, ledger: str) -> bytes:
    """Return the canonical bytes of this trust root with another tlog-policy, or raise ``Malformed``."""
    form = read(_Form, parse_object(content, "trust root", max_bytes=MAX_BYTES), "trust root")
    return build_trust_root(ledger, form.directory, form.verifier, form.policy)


def with_directory(content: bytes, min_version: int) -> bytes:
    """Return the canonical bytes of this trust root with a newer oldest directory, or raise ``Malformed``."""
    form = read(_Form, parse_object(content, "trust root", max_bytes=MAX_BYTES), "trust root")
    newest = max(form.directory.min_version, min_version)
    return build_trust_root(form.ledger, replace(form.directory, min_version=newest), form.verifier, form.policy)

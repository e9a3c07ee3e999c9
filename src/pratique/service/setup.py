"""Founding an installation: keys, directory 1, policy 1 and the trust root, all or nothing.

Everything is made in a folder beside and moved into place at the end, the settings last; so a workspace that
exists is whole.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pratique.attest.sshkey import SshKey, parse_ssh_key
from pratique.errors import Absent, Conflict, Malformed, Unreachable
from pratique.policy.document import Bundle
from pratique.promotion.authority import RootOfTrust, verify_first
from pratique.promotion.directory import build_directory
from pratique.promotion.directory_form import Service, ServiceKey
from pratique.proof.trust import DirectoryRoot, build_trust_root
from pratique.service import directory, policy
from pratique.service.draft import Draft, Edition, edition, read_draft
from pratique.service.keyring import Keyring
from pratique.service.scribe import Scribe
from pratique.service.signatory import PersonSignatory
from pratique.signing.keyfile import ServiceKey as PrivateKey
from pratique.storage.blobs import BlobStore
from pratique.storage.engine import open_engine
from pratique.storage.migrate import upgrade
from pratique.storage.store import Store
from pratique.values.names import Actor

_SETTINGS = """\
# Where things are. Rules and destinations are in the signed policy, never here.
origin = "{origin}"
verifier = "{verifier}"
database = "sqlite:///pratique.db"
blobs = "blobs"
export = "export"

# [registry."registry.example:5000"]
# username = "robot"
# password_env = "REGISTRY_PASSWORD"
"""


@dataclass(frozen=True, slots=True)
class RootHolder:
    """A person who signs directory 1: the public key to list, and the key that ``ssh-keygen`` signs with."""

    person: Actor
    key: Path


@dataclass(frozen=True, slots=True)
class Founding:
    """What an installation begins with."""

    origin: str
    verifier: str
    roots: tuple[RootHolder, ...]
    people: Path | None
    policy: Path


@dataclass(frozen=True, slots=True)
class Founded:
    """What was made; ``warnings`` are sentences that should not be overlooked."""

    root: Path
    directory: str
    policy: str
    environments: tuple[str, ...]
    warnings: tuple[str, ...]


def found(root: Path, founding: Founding) -> Founded:
    """Make a workspace.

    Raises:
        Conflict: There is one already.
        Absent, Malformed: A key, people file or policy is missing or wrong.
        Unverified: The roots' signatures do not make a directory.
        Unreachable: The disk failed; nothing of the workspace is there.
    """
    if (root / "pratique.toml").exists():
        raise Conflict(f"{root} is a workspace already; nothing was changed")
    read = policy.read_bundle(founding.policy)
    root.mkdir(parents=True, exist_ok=True)
    site = Path(tempfile.mkdtemp(prefix=".init-", dir=root))
    try:
        done = _built(site, root, founding, read)
        _move_into_place(site, root)
        return done
    except OSError as error:
        raise Unreachable(f"{root}: {error.strerror}: {error.filename}; nothing was made") from error
    finally:
        shutil.rmtree(site, ignore_errors=True)


def _built(site: Path, root: Path, founding: Founding, read: policy.Read) -> Founded:
    keys = Keyring(site / "keys", founding.origin)
    keys.create(tuple(rules.name for rules in read.bundle.environments))
    roots = tuple((holder.person, _public(holder.key)) for holder in founding.roots)
    draft = read_draft(founding.people) if founding.people else Draft(people=())
    trust = _write_trust_root(site, founding, draft, roots, keys)

    (site / "blobs").mkdir()
    engine = open_engine(f"sqlite:///{site / 'pratique.db'}")
    upgrade(engine)
    store, blobs = Store(engine), BlobStore(site / "blobs")
    signatories = tuple(PersonSignatory(holder.person, holder.key) for holder in founding.roots)
    try:
        now = store.read(lambda view: view.now)
        own = _own_services(keys, read.bundle)
        first = Edition(founding.origin, 1, None, now, own)
        base = founding.people.parent if founding.people else site
        one = directory.signed(build_directory(edition(draft, base, roots, first)), signatories)
        verify_first(one.envelope, trust)
        rules = policy.prepare(blobs, read, policy.Succession(1, None, one.directory), signatories)
        item = one.kept(blobs)
        actor = founding.roots[0].person
        store.transact(lambda tx: Scribe(tx, actor).append(one.happening, item))
        store.transact(lambda tx: Scribe(tx, actor).append(rules.happening, *rules.objects))
    finally:
        store.close()
    (site / "pratique.toml").write_text(_SETTINGS.format(origin=founding.origin, verifier=founding.verifier))
    environments = read.bundle.in_order
    return Founded(root, str(one.directory.digest), str(read.bundle.digest), environments, _warnings(draft, roots))


def _public(path: Path) -> SshKey:
    public = path if path.suffix == ".pub" else path.with_name(f"{path.name}.pub")
    try:
        return parse_ssh_key(public.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise Absent(f"root key {public} cannot be read; give the .pub file of an SSH key") from error


def _write_trust_root(
    site: Path, founding: Founding, draft: Draft, roots: tuple[tuple[Actor, SshKey], ...], keys: Keyring
) -> RootOfTrust:
    if not roots:
        raise Malformed("init: expected at least one --root person:<name>=KEY.pub, who signs directory and policy")
    texts = tuple(key.text for _, key in roots)
    ledger = f"log {keys.ledger()[0].verifier}\nquorum none\n"
    content = build_trust_root(ledger, DirectoryRoot(texts, draft.threshold, 1), founding.verifier)
    (site / "trust-root.json").write_bytes(content + b"\n")
    return RootOfTrust(tuple(key for _, key in roots), draft.threshold, 1, founding.origin)


def _own_services(keys: Keyring, bundle: Bundle) -> tuple[tuple[Actor, Service], ...]:
    seals = tuple(
        (Actor(f"service:seal-{rules.name}"), _service(keys.seal(rules.name), f"seal:{rules.name}"))
        for rules in bundle.environments
    )
    return ((Actor("service:record"), _service(keys.record(), "record")), *seals)


def _service(key: PrivateKey, use: str) -> Service:
    return Service((ServiceKey(key.public.kind, key.public.text),), (use,))


def _warnings(draft: Draft, roots: tuple[tuple[Actor, SshKey], ...]) -> tuple[str, ...]:
    if draft.threshold > 1:
        return ()
    weak = f"1 of {len(roots)} root keys can change people, roles and rules: one stolen key is enough"
    return (f"{weak}; set `threshold: 2` in the people file",)


def _move_into_place(site: Path, root: Path) -> None:
    """Move everything, the settings last: before that, there is no workspace."""
    parts = sorted(site.iterdir(), key=lambda path: path.name == "pratique.toml")
    for part in parts:
        if (root / part.name).exists():
            raise Conflict(f"{root / part.name} exists; move it away, `pratique init` overwrites nothing")
    for part in parts:
        part.rename(root / part.name)

"""Building the workspace: the one place that names implementations."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import assert_never

from pratique.config.load import load
from pratique.config.settings import Config, workspace_root
from pratique.dispatch.interface import Dispatcher
from pratique.errors import Absent
from pratique.ledger.directory import DirectoryTarget
from pratique.ledger.interface import Target
from pratique.ledger.stamp import MAX_ANSWER_BYTES as MAX_STAMP_BYTES
from pratique.ledger.stamp import Authority
from pratique.places import file_locks, registry_settings
from pratique.proof.trust import parse_trust_root
from pratique.registry.address import Dialer, Origin, origin_of
from pratique.registry.connect import Connector
from pratique.registry.interface import Lock
from pratique.registry.messages import Authorization, Request
from pratique.registry.open import open_repository
from pratique.registry.proxy import Proxies
from pratique.registry.tls import Contexts, Tls
from pratique.registry.transport import Transport
from pratique.scan.check import GROUP, word_of
from pratique.scan.exchange import Ask, Question, Reply
from pratique.scan.executable import Program
from pratique.scan.harbor import Adapter
from pratique.scan.interface import Scanner
from pratique.scan.plugin import program_of
from pratique.scan.ready import READY
from pratique.scan.service_check import Service
from pratique.scan.settings import (
    AdapterSettings,
    PluginSettings,
    ProgramSettings,
    ScannerSettings,
    ready_scanner,
)
from pratique.service.keyring import Keyring
from pratique.service.workspace import Workspace
from pratique.service.zone import zone_named
from pratique.signing.memory import Memory
from pratique.signing.sealer import Sealer
from pratique.storage.alone import mutexes
from pratique.storage.blobs import BlobStore
from pratique.storage.effects import QUEUE, Hint
from pratique.storage.engine import open_engine
from pratique.storage.store import Store
from pratique.storage.upgrade import bring_up_to_date
from pratique.tlog.witness import MAX_ANSWER_BYTES
from pratique.values.names import Environment

_AT_ONCE = 4  # effects a worker performs together; more do not help one disk


@contextmanager
def open_workspace(flag: str | None, *, hint: Hint | None = None) -> Iterator[Workspace]:
    """Yield the workspace that the flag or the environment names, and close it afterwards.

    Args:
        flag: The directory as given on the command line, if it was.
        hint: Whom the store tells of wanted effects; a process that only asks has nobody to tell.

    Raises:
        Absent: There is no workspace.
        Malformed: Its settings or its trust root are wrong.
        Conflict: A newer program made its database.
        Unreachable: Its database cannot be opened.
    """
    config = load(workspace_root(flag))
    engine = open_engine(config.database)
    bring_up_to_date(engine)
    store = Store(engine, hint=hint)
    try:
        yield assemble(config, store)
    finally:
        store.close()


@contextmanager
def open_worker(flag: str | None) -> Iterator[tuple[Workspace, Dispatcher]]:
    """Yield the workspace with a dispatcher that is told of every effect wanted here; raises as above."""
    from pratique.dispatch.dbos import DbosDispatcher  # long to import, and only a worker needs it

    config = load(workspace_root(flag))
    dispatcher = DbosDispatcher(config.database, {QUEUE: _AT_ONCE})
    with open_workspace(flag, hint=dispatcher.enqueue) as workspace:
        yield workspace, dispatcher


def open_target(place: str) -> Target:
    """Return where a ledger is published: a directory, or ``s3://BUCKET/PREFIX``.

    Raises:
        Malformed: It begins with ``s3://`` and is no bucket.
        Absent: It is a bucket, and the extra ``s3`` is not installed.
    """
    if not place.startswith("s3://"):
        return DirectoryTarget(Path(place))
    from pratique.ledger.bucket import open_bucket  # boto3 takes a while, and few need it

    return open_bucket(place)


def open_scanners(flag: str | None, names: tuple[str, ...]) -> tuple[Scanner, ...]:
    """Return the scanners of these names: those of the settings, else the ready ones; without names, all settings'.

    Raises:
        Absent: Nobody knows a scanner of that name, or the settings name none at all.
        Malformed: The settings are wrong.
    """
    config = load(workspace_root(flag))
    known = {each.name: each for each in config.scanners}
    if not names and not known:
        raise Absent(f"no scanner is set up; name a ready one, such as --with {next(iter(READY))}")
    return tuple(_scanner(known.get(name) or ready_scanner(name), name, config) for name in names or known)


def _scanners_of(config: Config, environment: Environment) -> tuple[Scanner, ...]:
    """Return what the settings have run by itself before an image may enter this environment."""
    own = (one for one in config.scanners if any(fnmatchcase(environment, word) for word in one.environments))
    return tuple(_scanner(one, one.name, config) for one in own)


def _check_of(config: Config, name: str, word: str) -> Scanner | None:
    """Return the outside check of this name, if the settings describe one of the kind that a policy asks for."""
    for settings in config.checks:
        if settings.name == name and word_of(settings) == word:
            return _check(settings)
    return None


def _check(settings: ScannerSettings) -> Scanner:
    match settings:
        case ProgramSettings():
            return Program(settings)
        case PluginSettings():
            return Program(program_of(settings, GROUP))
        case AdapterSettings():
            return Service(settings, asking(settings))
        case _:
            assert_never(settings)


def _scanner(settings: ScannerSettings | None, name: str, config: Config) -> Scanner:
    match settings:
        case ProgramSettings():
            return Program(settings)
        case PluginSettings():
            return Program(program_of(settings))
        case AdapterSettings():
            plain = {registry.host for registry in config.registries if registry.insecure}
            return Adapter(
                settings,
                asking(settings),
                lambda host: f"{'http' if host in plain else 'https'}://{host}",
                _variable(settings.registry_authorization_env, settings.name),
            )
        case None:
            raise Absent(
                f"scanner {name[:60]!r} is not set up; add [scanner.{name[:60]}], or take one of {', '.join(READY)}"
            )
        case _:
            assert_never(settings)


def asking(settings: AdapterSettings) -> Ask:
    """Return what asks an adapter, over the transport that registries are asked over."""
    origin = origin_of(settings.url)
    own = frozenset({origin.authority})
    transport = _transport(
        origin, own if settings.private else frozenset(), own if settings.insecure else frozenset()
    )
    value = _variable(settings.authorization_env, settings.name)
    authorization = Authorization(origin, value) if value else None

    def ask(question: Question) -> Reply:
        request = Request(question.method, question.url, question.headers, question.body, max_redirects=0)
        answer = transport.open(request, authorization).whole(question.max_bytes)
        return Reply(answer.status, answer.headers, answer.body)

    return ask


def post(url: str, body: bytes) -> tuple[int, bytes]:
    """Ask a witness that the trust root names, which may be near and plain: what it answers is signed."""
    return _posted(url, body, "text/plain; charset=utf-8", MAX_ANSWER_BYTES)


def ask_authority(url: str, body: bytes) -> tuple[int, bytes]:
    """Ask a timestamp authority of the settings, which may be near and plain: what it answers is signed."""
    return _posted(url, body, "application/timestamp-query", MAX_STAMP_BYTES)


def _posted(url: str, body: bytes, kind: str, max_bytes: int) -> tuple[int, bytes]:
    origin = origin_of(url)
    own = frozenset({origin.authority})
    request = Request("POST", url, (("content-type", kind),), body, max_redirects=0)
    transport = _transport(origin, own, own if origin.scheme == "http" else frozenset())
    answer = transport.open(request, None).whole(max_bytes)
    return answer.status, answer.body


def _transport(origin: Origin, private: frozenset[str], insecure: frozenset[str]) -> Transport:
    """Return what asks one host, and no other."""
    return Transport(Connector(Dialer(private), Contexts(origin, "", Tls(), None), Proxies.of()), insecure)


def _variable(name: str | None, scanner: str) -> str | None:
    if name is None:
        return None
    value = os.environ.get(name)
    if not value or not value.isprintable():
        raise Absent(
            f"scanner {scanner}: expected an Authorization header in the variable {name}, found none; set it"
        )
    return value


def assemble(config: Config, store: Store) -> Workspace:
    """Return the workspace over an open store."""
    settings = registry_settings(config)
    keys = Keyring(config.keys, config.origin)
    trust = parse_trust_root(_read(config.trust_root))
    return Workspace(
        root=config.root,
        export=open_target(config.export),
        origin=config.origin,
        verifier=config.verifier,
        store=store,
        blobs=BlobStore(config.blobs),
        open=lambda repository: open_repository(repository, settings),
        lock=_both(file_locks(config.root / "locks"), mutexes(store)),
        keys=keys,
        sealer=Sealer(trust, keys.seal, Memory(config.root / "signer-state.json"), zone_named),
        trust=trust,
        post=post,
        ask_authority=ask_authority,
        scanners=lambda environment: _scanners_of(config, environment),
        check=lambda name, word: _check_of(config, name, word),
        drill_every=config.drill,
        authorities=tuple(Authority(one.name, one.ca_file, one.url, one.every) for one in config.timestamps),
    )


def _both(here: Lock, everywhere: Lock) -> Lock:
    """Return locks among this machine's processes, those without the database too, and among all that have it."""

    @contextmanager
    def lock(name: str) -> Iterator[None]:
        with here(name), everywhere(name):
            yield

    return lock


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}; `pratique init` writes it") from error

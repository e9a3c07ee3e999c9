"""The first key of an environment's seals: for one that a policy names later than the installation was made."""

from dataclasses import dataclass, replace

from pratique.attest.keys import PublicKey
from pratique.errors import Conflict
from pratique.promotion.directory_form import Service, ServiceKey
from pratique.service.directory import succeed
from pratique.service.signatory import Signatory
from pratique.service.workspace import Workspace
from pratique.signing.keyfile import Algorithm, create_key, read_key
from pratique.values.names import Actor, Environment


@dataclass(frozen=True, slots=True)
class SealKey:
    """The key that seals for an environment, and the directory that lists it."""

    environment: Environment
    key: PublicKey
    directory: int


def add_seal_key(workspace: Workspace, environment: Environment, signatories: tuple[Signatory, ...]) -> SealKey:
    """Make the key that seals for an environment, and list it in the directory's next version.

    It may be repeated after it was interrupted: the key is made once.

    Raises:
        Conflict: A key is listed for it already, or its service is another's.
        Unverified: Too few root key holders signed.
    """
    use, holder = f"seal:{environment}", Actor(f"service:seal-{environment}")
    with workspace.lock("rotation"):
        directory = workspace.store.read(workspace.directory)
        document = directory.document
        for name, service in document.services:
            if use in service.uses or name == holder:
                raise Conflict(
                    f"{use}: version {directory.version} of the directory lists {name} already; "
                    "`pratique ledger replace-key` replaces its key"
                )
        file = workspace.keys.service_file(use)
        key = (read_key(file) if file.exists() else create_key(file, Algorithm.ECDSA_P256)).public
        following = replace(
            document,
            version=document.version + 1,
            previous=directory.digest,
            issued=workspace.store.read(lambda view: view.now),
            services=(*document.services, (holder, Service((ServiceKey(key.kind, key.text),), (use,)))),
        )
        version = succeed(workspace, directory, following, signatories).version
    return SealKey(environment, key, version)

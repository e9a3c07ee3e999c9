"""The installation's own keys, by what they sign: the ledger, the record, and each environment's seal."""

import os
from dataclasses import dataclass
from pathlib import Path

from pratique.errors import Absent, Unreachable
from pratique.ledger.openings import OpeningKey, create_opening_key, read_opening_key
from pratique.promotion.authority import epoch_of
from pratique.signing.keyfile import Algorithm, ServiceKey, create_key, read_key
from pratique.tlog.key import KeyKind, NoteVerifier, Sign
from pratique.values.names import Environment


@dataclass(frozen=True, slots=True)
class LedgerKey:
    """A key of the ledger: its public half under the ledger's name, and what signs with it."""

    verifier: NoteVerifier
    sign: Sign


@dataclass(frozen=True, slots=True)
class Keyring:
    """Key files in one directory, read when they are needed."""

    directory: Path
    origin: str

    def ledger(self) -> tuple[LedgerKey, ...]:
        """Return the keys that sign checkpoints: one, or the old and the next while they overlap."""
        files = (self.ledger_file, *((self.next_ledger_file,) if self.next_ledger_file.exists() else ()))
        return tuple(self._ledger_key(path) for path in files)

    @property
    def ledger_file(self) -> Path:
        """Where the key that signs checkpoints lies: each epoch has its own."""
        epoch = epoch_of(self.origin)
        return self.directory / f"ledger{f'-epoch{epoch}' if epoch > 1 else ''}.pem"

    @property
    def next_ledger_file(self) -> Path:
        """Where its successor lies while the two overlap."""
        return self.ledger_file.with_name(f"{self.ledger_file.stem}-next.pem")

    def _ledger_key(self, path: Path) -> LedgerKey:
        key = read_key(path)
        return LedgerKey(NoteVerifier(self.origin, KeyKind.LOG, key.ed25519_public), key.sign)

    def record(self) -> ServiceKey:
        """Return the key that signs everything of the server that is no seal."""
        return read_key(self.service_file("record"))

    def openings(self) -> OpeningKey:
        """Return the key that encrypts exported openings; it is made when it is first needed."""
        path = self.directory / "openings.key"
        return read_opening_key(path) if path.exists() else create_opening_key(path)

    def seal(self, environment: Environment) -> ServiceKey:
        """Return the key that signs PASSED summaries of one environment, and nothing else.

        Raises:
            Absent: It has none, for example because the environment came after the installation was made.
        """
        try:
            return read_key(self.service_file(f"seal:{environment}"))
        except Absent as error:
            order = f"`pratique ledger add-seal-key {environment}` makes a first one, `replace-key` replaces a lost one"
            raise Absent(f"{error}; {order}") from error

    def service_file(self, use: str) -> Path:
        """Return where the key lies that signs for one use: ``record``, or ``seal:<environment>``."""
        return self.directory / f"{use.replace(':', '-')}.pem"

    def next_service_file(self, use: str) -> Path:
        """Return where its successor lies until it signs; no environment has a dot in its name."""
        return self.directory / f"{use.replace(':', '-')}.next.pem"

    def put_in_place(self, successor: Path, place: Path) -> None:
        """Let a key take another's place, whose private half is gone for good when this returns.

        Raises:
            Unreachable: The disk fails; run it again.
        """
        try:
            successor.replace(place)
            _sync(self.directory)
        except OSError as error:
            raise Unreachable(f"{place}: the key cannot be replaced: {error.strerror}; run it again") from error

    def create(self, environments: tuple[Environment, ...]) -> None:
        """Make every key that an installation needs; ``Conflict`` where one is there already."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_key(self.ledger_file, Algorithm.ED25519)
        for use in ("record", *(f"seal:{environment}" for environment in environments)):
            create_key(self.service_file(use), Algorithm.ECDSA_P256)


def _sync(directory: Path) -> None:
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

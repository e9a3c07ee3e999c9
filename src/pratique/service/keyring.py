"""The installation's own keys, by what they sign: the ledger, the record, and each environment's seal."""

from dataclasses import dataclass
from pathlib import Path

from pratique.ledger.openings import OpeningKey, create_opening_key, read_opening_key
from pratique.signing.keyfile import Algorithm, ServiceKey, create_key, read_key
from pratique.tlog.key import KeyKind, NoteVerifier
from pratique.values.names import Environment


@dataclass(frozen=True, slots=True)
class Keyring:
    """Key files in one directory, read when they are needed."""

    directory: Path
    origin: str

    def ledger(self) -> ServiceKey:
        """Return the key that signs checkpoints."""
        return read_key(self.directory / "ledger.pem")

    def ledger_verifier(self) -> NoteVerifier:
        """Return the ledger's public key under its name, the origin."""
        return NoteVerifier(self.origin, KeyKind.LOG, self.ledger().ed25519_public)

    def record(self) -> ServiceKey:
        """Return the key that signs everything of the server that is no seal."""
        return read_key(self.directory / "record.pem")

    def openings(self) -> OpeningKey:
        """Return the key that encrypts exported openings; it is made when it is first needed."""
        path = self.directory / "openings.key"
        return read_opening_key(path) if path.exists() else create_opening_key(path)

    def seal(self, environment: Environment) -> ServiceKey:
        """Return the key that signs PASSED summaries of one environment, and nothing else."""
        return read_key(self.directory / f"seal-{environment}.pem")

    def create(self, environments: tuple[Environment, ...]) -> None:
        """Make every key that an installation needs; ``Conflict`` where one is there already."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_key(self.directory / "ledger.pem", Algorithm.ED25519)
        create_key(self.directory / "record.pem", Algorithm.ECDSA_P256)
        for environment in environments:
            create_key(self.directory / f"seal-{environment}.pem", Algorithm.ECDSA_P256)

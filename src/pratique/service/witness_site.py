"""Founding and running a witness of our own: a key, a memory, and a door, in one directory."""

from dataclasses import dataclass
from pathlib import Path

from pratique.errors import Conflict, Unreachable
from pratique.ledger.witness import Witness
from pratique.ledger.witness_state import State
from pratique.signing.keyfile import Algorithm, create_key, read_key
from pratique.tlog.key import KeyKind, NoteVerifier, check_name

_KEY = "witness.pem"
_NAME = "name"


@dataclass(frozen=True, slots=True)
class Site:
    """A witness's directory."""

    directory: Path

    def found(self, name: str) -> NoteVerifier:
        """Make a witness of this name and return its public key.

        Raises:
            Conflict: There is one already, or a part of one.
            Malformed: The name cannot name a key.
        """
        check_name(name)
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(self.directory.iterdir()):
                raise Conflict(f"{self.directory} is not empty; a witness needs a new directory")
            create_key(self.directory / _KEY, Algorithm.ED25519)
            (self.directory / _NAME).write_text(f"{name}\n")
        except OSError as error:
            raise Unreachable(f"{self.directory}: {error.strerror}; make it writable") from error
        State.create(self.directory)
        return self.open().key

    def open(self) -> Witness:
        """Return the witness, or raise ``Absent`` where there is none."""
        state = State(self.directory)
        key = read_key(self.directory / _KEY)
        name = (self.directory / _NAME).read_text().strip()
        return Witness(NoteVerifier(name, KeyKind.WITNESS, key.ed25519_public), key.sign, state)

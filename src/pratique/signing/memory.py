"""What the signer has seen, so that nobody shows it less later: a small JSON file of its own.

A directory, a policy or a ledger never goes back, and a signed request is for one promotion. A clearance alone cannot
say so, because whoever makes it may leave out the newest versions; who has seen them can. The file grows by about a
hundred bytes a signed request.

It is as safe as its place: whoever can write it, or delete it, makes the signer forget.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pratique.errors import Unreachable, Unverified
from pratique.promotion.form import read, write
from pratique.proof.established import Established
from pratique.values.canonical import canonical, parse_object

_MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Seen:
    """The highest versions and size, and the promotion that each signed request was sealed for."""

    directory: int = 0
    policy: int = 0
    entries: int = 0
    requests: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """The signer's memory in one file; several processes may share it."""

    path: Path

    def remember(self, found: Established) -> None:
        """Return once this is what is known, written down durably, or refuse what is behind it.

        Raises:
            Unverified: An older directory or policy, a shorter ledger, or a request that was sealed for another
                promotion.
            Malformed: The file is damaged.
            Unreachable: It cannot be read or written.
        """
        try:
            with self._alone():
                seen = self._read()
                self._refuse_less(seen, found)
                self._write(_with(seen, found))
        except OSError as error:
            raise Unreachable(f"{self.path} cannot be written: {error.strerror}; free space, try again") from error

    def _refuse_less(self, seen: _Seen, found: Established) -> None:
        compared = (
            ("version of the directory", seen.directory, found.newest_directory),
            ("version of the policy", seen.policy, found.newest_policy),
            ("number of entries in the ledger", seen.entries, found.size),
        )
        for what, known, shown in compared:
            if shown < known:
                raise Unverified(
                    f"signer: {what}: expected at least {known}, which it has seen, found {shown}; seal nothing "
                    f"until the ledger is whole again; if an older backup was restored on purpose, move {self.path} "
                    "away"
                )
        sealed = dict(seen.requests).get(_request(found) or "")
        if sealed not in (None, found.promotion):
            raise Unverified(
                f"signer: this request of {found.requester} was sealed for {sealed}, found it again for "
                f"{found.promotion}; sign a new request"
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        # Beside the file, which is replaced: a lock stays with the file that was opened.
        lock = os.open(self.path.with_name(f"{self.path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _read(self) -> _Seen:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return _Seen()
        return read(_Seen, parse_object(content, "signer state", max_bytes=_MAX_BYTES), "signer state")

    def _write(self, seen: _Seen) -> None:
        part = self.path.with_name(f"{self.path.name}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(canonical(write(seen)))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _with(seen: _Seen, found: Established) -> _Seen:
    """Return what is known after this one, which is behind in nothing."""
    request = _request(found)
    signed = {} if request is None else {request: found.promotion}
    requests = tuple(sorted({**dict(seen.requests), **signed}.items()))
    return _Seen(found.newest_directory, found.newest_policy, found.size, requests)


def _request(found: Established) -> str | None:
    """Return what is the same however often a signed request is wrapped anew: whose it is, and its nonce.

    A request for a release is for one promotion of each of its images.
    """
    if not found.request_signed:
        return None
    image = f" {found.image_name}" if found.release else ""
    return f"{found.requester} {found.nonce}{image}"

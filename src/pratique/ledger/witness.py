"""A witness: it cosigns what it has seen to grow only, and nothing else.

It keeps no copy of any log and needs none: a consistency proof from the tree that it cosigned last says enough.
It should run on another machine than the log, with another operator.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pratique.errors import Malformed, Unreachable
from pratique.ledger.witness_state import State
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.key import NoteVerifier, Sign, cosign_text
from pratique.tlog.note import add_lines
from pratique.tlog.witness import (
    SIZE_MEDIA,
    AddCheckpoint,
    Refusal,
    Seen,
    Status,
    claimed,
    consider,
    parse_add_checkpoint,
    render_answer,
)

TEXT_MEDIA = "text/plain; charset=utf-8"
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """What an HTTP server answers."""

    status: int
    body: bytes
    media_type: str = TEXT_MEDIA


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness.

    Attributes:
        key: Its public key, of kind ``WITNESS``.
        sign: Makes the key's signature.
        state: What it remembers.
        clock: Unix seconds.
    """

    key: NoteVerifier
    sign: Sign
    state: State
    clock: Callable[[], float] = time.time

    def add_checkpoint(self, body: bytes) -> Reply:
        """Answer a request for a cosignature; what is cosigned is remembered, on disk, before this returns."""
        try:
            request = parse_add_checkpoint(body)
            for _ in range(_ATTEMPTS):
                reply = self._once(request, claimed(request).origin, body)
                if reply is not None:
                    return reply
        except Malformed as error:
            return Reply(Status.MALFORMED, f"{error}\n".encode())
        except Unreachable as error:
            return Reply(503, f"{error}\n".encode())
        return Reply(503, b"witness: another request was faster each time; try again\n")

    def checkpoint(self, origin: str) -> Reply:
        """Answer with the last checkpoint of a log that was cosigned here."""
        note = self.state.note(origin)
        return Reply(200, note) if note else Reply(404, b"witness: nothing of this log was cosigned here\n")

    def _once(self, request: AddCheckpoint, origin: str, body: bytes) -> Reply | None:
        """Answer once, or return None where another request changed what was seen meanwhile."""
        seen = self.state.seen(origin)
        found = consider(request, self.state.keys(origin), seen)
        if isinstance(found, Refusal):
            return self._refuse(found, origin, body)
        return self._cosign(found, request.note, seen)

    def _cosign(self, checkpoint: Checkpoint, note: bytes, seen: Seen) -> Reply | None:
        line = cosign_text(checkpoint.render(), self.key, self.sign, int(self.clock()))
        after = Seen(checkpoint.size, checkpoint.root)
        if not self.state.advance(checkpoint.origin, seen, after, add_lines(note, (line,))):
            return None
        return Reply(200, render_answer((line,)))

    def _refuse(self, refusal: Refusal, origin: str, body: bytes) -> Reply:
        match refusal.status:
            case Status.OTHER_SIZE:
                return Reply(refusal.status, f"{refusal.size}\n".encode(), SIZE_MEDIA)
            case Status.INCONSISTENT:
                self.state.accuse(origin, refusal.reason, body, int(self.clock()))
        return Reply(refusal.status, f"{refusal.reason}\n".encode())

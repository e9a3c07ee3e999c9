"""The signer: it seals nothing that it has not verified itself, from bytes, against its own trust root.

It is handed a clearance, not an order. It checks every signature, the ledger, the people and the rules, judges again
from the evidence, compares with what it has seen before, and only then signs; so whoever controls the server that
asks cannot have anything sealed that people did not approve. In the embedded default it runs in the same process,
through this same door.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pratique.attest.dsse import IN_TOTO
from pratique.attest.vsa import build_vsa
from pratique.proof.established import Established
from pratique.proof.rejudge import rejudge
from pratique.proof.seal import summary
from pratique.proof.trust import TrustRoot, Zones
from pratique.proof.verify import verify_clearance
from pratique.signing.keyfile import ServiceKey
from pratique.signing.memory import Memory
from pratique.values.digest import Digest
from pratique.values.names import Environment


@dataclass(frozen=True, slots=True)
class SignedSeal:
    """A seal's envelope, and what was established before it was signed."""

    envelope: bytes
    key: str
    established: Established


@dataclass(frozen=True, slots=True)
class Sealer:
    """Holds the seal keys, the signer's own trust root, and what it has seen so far."""

    trust: TrustRoot
    key_of: Callable[[Environment], ServiceKey]
    memory: Memory
    zones: Zones
    """Raises where it does not know one: nothing is sealed of which a freeze could not be checked."""

    def seal(self, clearance: bytes, fetch: Callable[[Digest], bytes], now: datetime) -> SignedSeal:
        """Verify a clearance, judge again, and sign the summary of one environment.

        Args:
            clearance: The clearance's bytes.
            fetch: The bytes of a piece of evidence; they are checked against their digest.
            now: When the verification took place, UTC.

        Raises:
            Unverified: Something in the clearance does not hold, the judgement comes out otherwise, or the clearance
                is behind what this signer has seen.
            Malformed: The clearance breaks its form.
            Absent: Evidence is missing, so that nothing can be judged.
            Unreachable: What was seen cannot be written down.
        """
        established = verify_clearance(clearance, self.trust, zones=self.zones)
        rejudge(clearance, fetch)
        self.memory.remember(established)
        key = self.key_of(established.environment)
        statement = summary(
            established, verifier=self.trust.verifier, checkpoint=established.note, verified_at=now
        )
        return SignedSeal(key.envelope(IN_TOTO, build_vsa(statement)), key.public.key_id, established)

"""Whose certificates count: names that an issuer vouched for, as this installation verified them.

A certificate is valid for minutes, so it can be verified only with its entry in a public log. That was done when the
bundle was handed in; what is left of it is a word of this installation's record key, and counts only as that.
"""

from dataclasses import dataclass
from typing import Final

from pratique.evidence.facts.identity import Certified
from pratique.evidence.model import Bound, Evidence, Parse
from pratique.evidence.surface.claim import MEASURER
from pratique.policy.pattern import Pattern

NOT_REPEATED: Final = "not re-verified offline"
"""What every answer says that rests on a certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateHolder:
    """Whose certificates count: who vouches for the name, and the name, as patterns."""

    issuer: Pattern
    identity: Pattern

    def __str__(self) -> str:
        return f"{self.identity} of {self.issuer}"

    def matches(self, certified: Certified) -> bool:
        """Tell whether both names fit."""
        return self.issuer.matches(certified.issuer) and self.identity.matches(certified.identity)


def verified_here(certified: Certified, evidence: Evidence, holders: tuple[CertificateHolder, ...]) -> bool:
    """Tell whether this installation itself verified a certificate of one of these holders."""
    ours = evidence.bound is Bound.STATEMENT and any(by.holder == MEASURER for by in evidence.signers)
    return ours and evidence.reading.parse is Parse.OK and any(holder.matches(certified) for holder in holders)

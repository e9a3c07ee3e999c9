"""Who signed with a certificate, as this installation verified it on a day; it cannot be verified again offline."""

from dataclasses import dataclass
from datetime import datetime

from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Certified:
    """One signature by a certificate, verified when it was handed in (``identity/v1``).

    Attributes:
        identity: The name in the certificate.
        issuer: Who vouched for that name.
        content: What was signed: the statement's payload.
        certified: When the certificate began to be valid.
        trusted_root: By which trusted root it was verified.
    """

    identity: str
    issuer: str
    content: Digest
    certified: datetime
    trusted_root: Digest

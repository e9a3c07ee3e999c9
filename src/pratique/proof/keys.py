"""Whose key signed, and whether it counted where it stands in the ledger.

By place and never by a clock: a key counts from the version that lists it on, and until the index from which any
version revokes it, also one that came later.
"""

from pratique.attest.verify import Signed, TrustedKeys
from pratique.errors import Unverified
from pratique.promotion.authority import Chain
from pratique.promotion.directory import Directory
from pratique.values.names import Actor


def keys_of_person(directory: Directory, person: Actor) -> TrustedKeys:
    """Return the keys of a person, the revoked ones included, so that the refusal can say so.

    Raises:
        Unverified: The directory knows no such person.
    """
    found = directory.person(person)
    if found is None:
        raise Unverified(f"{person} is not in version {directory.version} of the directory")
    return tuple((person, key) for key in found.keys)


def refuse_revoked(chain: Chain, signed: Signed, index: int, what: str) -> None:
    """Return if the key counted at this index, or raise ``Unverified``."""
    revoked = chain.revoked_from(signed.key_id)
    if revoked is not None and revoked <= index:
        raise Unverified(
            f"{what}: the key {signed.key_id} of {signed.holder} is revoked from index {revoked} on, so what it "
            f"signed at {index} does not count"
        )

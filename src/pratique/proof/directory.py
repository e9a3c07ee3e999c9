"""The directories in a proof: each version's signatures, and that the chain reaches what people relied on."""

from pratique.errors import Unverified
from pratique.promotion.authority import Chain, RootOfTrust, installation_of, verify_chain
from pratique.promotion.happenings import DirectoryPublished
from pratique.proof.demand import demand
from pratique.proof.reading import Reading
from pratique.proof.trust import TrustRoot


def verify_directories(reading: Reading, trust: TrustRoot) -> Chain:
    """Return the chain of directories, of which the approval rests on the one in force at its index.

    Raises:
        Unverified: A version is not vouched for by the one before, or the newest ones were left out.
        Malformed: A version breaks its form.
    """
    entries = reading.of(DirectoryPublished)
    installation = installation_of(reading.ledger.origin)
    root = RootOfTrust(trust.directory_keys, trust.directory_threshold, trust.min_version, installation)
    chain = verify_chain([(entry.index, reading.object(entry, "directory")) for entry in entries], root)
    for entry, (_, directory) in zip(entries, chain.versions, strict=True):
        said = DirectoryPublished(directory.version, directory.digest, directory.document.previous)
        demand(f"entry {entry.index}, the directory that it announces", said, entry.event.data)
    _check_reach(reading, chain)
    return chain


def _check_reach(reading: Reading, chain: Chain) -> None:
    # Without this a chain cut short passes, and with it roles and keys that were taken away later.
    approval = reading.approval
    found = chain.at(approval.index)
    if found.digest != approval.directory:
        raise Unverified(
            f"directory: the approval at {approval.index} rests on {approval.directory}, but version "
            f"{found.version} is the newest before it here; versions were left out, or it was not in force"
        )

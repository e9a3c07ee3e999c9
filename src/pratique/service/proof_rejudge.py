"""Judging again from the full form of a proof: evidence is read where it lies, and the same record must come out."""

from pratique.proof.established import Established
from pratique.proof.full import Full
from pratique.proof.layout import blob_name
from pratique.proof.rejudge import rejudge
from pratique.service.proof_shelf import Shelf
from pratique.values.digest import Digest


def judge_again(full: Full, shelf: Shelf, established: Established) -> Established:
    """Return what was established, once every record in it came out again byte for byte.

    Raises:
        Unverified: Another record comes out, evidence is missing, or the record is not reproducible here.
        Malformed: Something breaks its form.
    """

    def fetch(digest: Digest) -> bytes:
        return shelf.read(blob_name(full.layer(digest).digest))

    return established.after_judging(tuple(record.digest for record in rejudge(full.core, fetch)))

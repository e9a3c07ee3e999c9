"""That a certificate's holder signed a statement about an image: ``identity/v1``; docs/predicates.md describes it.

Only this installation's record key may state it: it verified the certificate, its log entry and its timestamps when
the bundle was handed in, by a trusted root of that day.
"""

from datetime import datetime
from typing import Final

from pratique.attest.statement import Statement, Subject, build_statement
from pratique.errors import Malformed
from pratique.evidence.facts.identity import Certified
from pratique.evidence.lookup import shown
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, understood
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.uris import IDENTITY

FORMAT: Final = "pratique-identity"
_LONGEST = 2000  # ours; identities are addresses of workflows or of people


def build_identity(certified: Certified, verified: datetime, images: tuple[Digest, ...]) -> bytes:
    """Return the statement that this holder of a certificate signed a statement about these images."""
    return build_statement(
        tuple(Subject(image) for image in images),
        IDENTITY,
        {
            "identity": certified.identity,
            "issuer": certified.issuer,
            "content": str(certified.content),
            "certifiedOn": render_moment(certified.certified),
            "trustedRoot": str(certified.trusted_root),
            "verifiedOn": render_moment(verified),
        },
    )


def read_identity(statement: Statement, _: Interpret) -> Reading:
    """Return who signed.

    Raises:
        Malformed: A field is missing or of another type, or a name is empty, too long or of several lines.
    """
    fields = statement.fields
    names = {name: fields.text(name) for name in ("identity", "issuer")}
    for name, text in names.items():
        if not text.strip() or not text.isprintable() or len(text) > _LONGEST:
            raise Malformed(f"{fields.path(name)}: expected one line, found {shown(text, 60)!r}")
    found = Certified(
        **names,
        content=Digest.parse(fields.text("content")),
        certified=fields.timestamp("certifiedOn"),
        trusted_root=Digest.parse(fields.text("trustedRoot")),
    )
    return understood(FORMAT, found, version="1")

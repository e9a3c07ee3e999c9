"""When base images were made, as an attestation: one SCAI attribute for each, and back.

Anybody may state it about an image; where this installation found the base's own layers at the bottom of the image,
byte for byte, it states what the base's config says, and signs that with its record key.

Source: in-toto attestation framework, predicate ``scai`` 0.3; OCI image-spec 1.1, config.md (``created``).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pratique.attest.statement import Subject, build_statement
from pratique.errors import Malformed
from pratique.evidence.facts.claims import Attribute, Attributes
from pratique.evidence.lookup import moment_of, text_at
from pratique.evidence.model import Reading
from pratique.evidence.surface.claim import SCAI
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

ATTRIBUTE: Final = "base-image"
"""The attribute's name; its conditions are ``{"image", "digest", "created"}``."""


@dataclass(frozen=True, slots=True, order=True)
class BaseMade:
    """A base image, by the digest that it was named by, and when it was made."""

    digest: Digest
    created: datetime
    image: str
    """What it was called; nobody vouches for that."""


def build_made(bases: tuple[BaseMade, ...], manifest: Digest, producer: str) -> bytes:
    """Return the statement about one platform's manifest; the same bases give the same bytes.

    Args:
        bases: At least one.
        manifest: Of which image.
        producer: Which program found them, as a URI.
    """
    attributes = [
        {
            "attribute": ATTRIBUTE,
            "conditions": {
                "image": base.image,
                "digest": str(base.digest),
                "created": render_moment(base.created),
            },
        }
        for base in sorted(set(bases))
    ]
    return build_statement((Subject(manifest),), SCAI, {"attributes": attributes, "producer": {"uri": producer}})


def states_made(reading: Reading) -> bool:
    """Tell whether a document states when base images were made, and nothing else."""
    names = [each.name for report in reading.of(Attributes) for each in report.attributes]
    return len(reading.facts) == 1 and set(names) == {ATTRIBUTE}


def made_by(attribute: Attribute) -> tuple[str, datetime] | None:
    """Return the digest, in hexadecimal digits, and the date that an attribute states; nothing where it states none."""
    if attribute.name != ATTRIBUTE:
        return None
    try:
        said = parse_object((attribute.value or "{}").encode(), ATTRIBUTE)
    except Malformed:
        return None
    created = moment_of(text_at(said, "created"))
    return None if created is None else (str(said.get("digest")).removeprefix("sha256:"), created)

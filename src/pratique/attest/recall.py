"""``recall/v1``: an environment no longer holds an image, signed by whoever says so.

Source: decisions.md, "Who counts": taking power away needs one signature.
"""

from pratique.attest.signed_form import check_spelling, parse_slug, read_image_form
from pratique.attest.statement import Subject, build_statement
from pratique.attest.word import WORD, Word, read_word, word_object
from pratique.errors import Malformed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Environment, parse_application, parse_environment
from pratique.values.uris import RECALL


@dataclass(frozen=True, slots=True)
class Recall:
    """Which image is taken back from which place, in one person's word."""

    image: Digest
    application: str
    image_name: str
    environment: Environment
    word: Word


def parse_recall(payload: bytes) -> Recall:
    """Read a signed recall's payload.

    Raises:
        Malformed: A field is missing, unknown or wrong, or the payload is not canonical.
    """
    images, fields = read_image_form(payload, RECALL, "recall")
    fields.only("application", "imageName", "environment", *WORD)
    if len(images) != 1:
        raise Malformed(f"recall.subject: expected exactly one image, found {len(images)}")
    recall = Recall(
        image=images[0],
        application=fields.parsed("application", parse_application),
        image_name=fields.parsed("imageName", parse_slug),
        environment=fields.parsed("environment", parse_environment),
        word=read_word(fields),
    )
    check_spelling(payload, build_recall(recall), "recall")
    return recall


def build_recall(recall: Recall) -> bytes:
    """Return the canonical payload that is signed."""
    predicate = {
        "application": recall.application,
        "imageName": recall.image_name,
        "environment": recall.environment,
        **word_object(recall.word),
    }
    return build_statement((Subject(recall.image),), RECALL, predicate)

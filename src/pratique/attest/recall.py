"""``recall/v1``: an environment no longer holds an image, signed by whoever says so.

Source: decisions.md, "Who counts": taking power away needs one signature.
"""

from typing import Final

from pratique.attest.signed_form import Filled, PersonalForm, Written, parse_slug
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import Subject
from pratique.attest.word import WORD, InAWord, Word, read_word, word_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Environment, parse_application, parse_environment
from pratique.values.uris import RECALL


@dataclass(frozen=True, slots=True)
class Recall(InAWord):
    """Which image is taken back from which place, in one person's word."""

    image: Digest
    application: str
    image_name: str
    environment: Environment
    word: Word


def _read(filled: Filled) -> Recall:
    fields = filled.fields.only("application", "imageName", "environment", *WORD)
    return Recall(
        image=filled.image(),
        application=fields.parsed("application", parse_application),
        image_name=fields.parsed("imageName", parse_slug),
        environment=fields.parsed("environment", parse_environment),
        word=read_word(fields),
    )


def _write(recall: Recall) -> Written:
    predicate = {
        "application": recall.application,
        "imageName": recall.image_name,
        "environment": recall.environment,
        **word_object(recall.word),
    }
    return (Subject(recall.image),), predicate


RECALL_FORM: Final = PersonalForm("recall", RECALL, _read, _write, Namespace.REVIEW)

"""``hold/v1``: an image, or an environment of an application, is stopped, or let go on; signed by whoever says so.

Source: decisions.md, "Who counts": taking power away needs one signature, giving it back two. Both sign the same
scope in full, so that lifting one hold lifts no other.
"""

from enum import StrEnum
from typing import Final

from pratique.attest.fields import Fields
from pratique.attest.signed_form import Filled, PersonalForm, Written
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import Subject
from pratique.attest.word import WORD, InAWord, Word, read_word, word_object
from pratique.errors import Malformed
from pratique.values.canonical import Json, canonical
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, parse_id
from pratique.values.names import Environment, parse_application, parse_environment
from pratique.values.uris import HOLD


class Act(StrEnum):
    """What a signature says of the scope."""

    PLACE = "place"
    LIFT = "lift"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is stopped: one image, everywhere or in one environment; or one environment of one application."""

    image: Digest | None
    application: str | None
    environment: Environment | None

    def __post_init__(self) -> None:
        whole = self.application is not None and self.environment is not None
        if not (self.application is None if self.image is not None else whole):
            raise Malformed(
                "hold.scope: expected an image, with or without an environment, or an application with an environment"
            )

    @property
    def digest(self) -> Digest:
        """The digest of the canonical scope: what every signature about it names."""
        return Digest.of(canonical(_scope_object(self)))


@dataclass(frozen=True, slots=True)
class Hold(InAWord):
    """One person's word about a hold."""

    hold: str
    act: Act
    scope: Scope
    word: Word


def _read(filled: Filled) -> Hold:
    subject, fields = filled.subject(), filled.fields.only("act", "scope", *WORD)
    hold = Hold(
        hold=parse_id(subject.name, Kind.HOLD),
        act=fields.member("act", Act),
        scope=_scope(fields.object("scope").only("image", "application", "environment")),
        word=read_word(fields),
    )
    if subject.digest != hold.scope.digest:
        raise Malformed(f"hold.subject: expected {hold.scope.digest}, the digest of its scope")
    return hold


def _scope(fields: Fields) -> Scope:
    return Scope(
        image=fields.nullable("image", fields.digest),
        application=fields.nullable("application", lambda name: fields.parsed(name, parse_application)),
        environment=fields.nullable("environment", lambda name: fields.parsed(name, parse_environment)),
    )


def _write(hold: Hold) -> Written:
    predicate: dict[str, Json] = {"act": hold.act, "scope": _scope_object(hold.scope), **word_object(hold.word)}
    return (Subject(hold.scope.digest, hold.hold),), predicate


def _scope_object(scope: Scope) -> dict[str, Json]:
    return {
        "image": {"sha256": scope.image.hex} if scope.image else None,
        "application": scope.application,
        "environment": scope.environment,
    }


HOLD_FORM: Final = PersonalForm("hold", HOLD, _read, _write, Namespace.REVIEW)
"""A hold is a reviewer's no that reaches further than one promotion, so it is signed as a review is; its own
predicate type keeps it from ever counting as one."""

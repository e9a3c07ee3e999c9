"""``hold/v1``: an image, or an environment of an application, is stopped, or let go on; signed by whoever says so.

Source: decisions.md, "Who counts": taking power away needs one signature, giving it back two. Both sign the same
scope in full, so that lifting one hold lifts no other.
"""

from enum import StrEnum

from pratique.attest.fields import Fields
from pratique.attest.signed_form import check_spelling, read_form
from pratique.attest.statement import Subject, build_statement
from pratique.attest.word import WORD, Word, read_word, word_object
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
        return Digest.of(canonical(_written(self)))


@dataclass(frozen=True, slots=True)
class Hold:
    """One person's word about a hold."""

    hold: str
    act: Act
    scope: Scope
    word: Word


def parse_hold(payload: bytes) -> Hold:
    """Read a signed hold statement's payload.

    Raises:
        Malformed: A field is missing, unknown or wrong, or the payload is not canonical.
    """
    subjects, fields = read_form(payload, HOLD, "hold")
    fields.only("act", "scope", *WORD)
    if len(subjects) != 1:
        raise Malformed(f"hold.subject: expected exactly one hold, found {len(subjects)}")
    hold = Hold(
        hold=parse_id(subjects[0].name or "", Kind.HOLD),
        act=fields.member("act", Act),
        scope=_scope(fields.object("scope").only("image", "application", "environment")),
        word=read_word(fields),
    )
    if subjects[0].digest != hold.scope.digest:
        raise Malformed(f"hold.subject: expected {hold.scope.digest}, the digest of its scope")
    check_spelling(payload, build_hold(hold), "hold")
    return hold


def _scope(fields: Fields) -> Scope:
    return Scope(
        image=fields.nullable("image", fields.digest),
        application=fields.nullable("application", lambda name: fields.parsed(name, parse_application)),
        environment=fields.nullable("environment", lambda name: fields.parsed(name, parse_environment)),
    )


def build_hold(hold: Hold) -> bytes:
    """Return the canonical payload that is signed."""
    predicate: dict[str, Json] = {"act": hold.act, "scope": _written(hold.scope), **word_object(hold.word)}
    return build_statement((Subject(hold.scope.digest, hold.hold),), HOLD, predicate)


def _written(scope: Scope) -> dict[str, Json]:
    return {
        "image": {"sha256": scope.image.hex} if scope.image else None,
        "application": scope.application,
        "environment": scope.environment,
    }

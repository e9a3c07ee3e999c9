"""The seal that a promotion leaves on an image: our extension of a verification summary.

It says which approval the summary rests on, and under which checkpoint of the ledger that approval stands
(decisions.md, "Clearance, seal, proof"). Who knows nothing of Pratique reads the summary alone.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pratique.attest.fields import Fields
from pratique.values.canonical import Json
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, parse_id
from pratique.values.moment import render_moment
from pratique.values.names import Environment, parse_application, parse_environment


class Level(StrEnum):
    """How an image entered an environment."""

    PROMOTED = "promoted"
    ADMITTED = "admitted"
    """It was let in where the gate only warns."""
    EMERGENCY = "emergency"
    ADOPTED = "adopted"
    """It ran there before there was a gate."""

    def name_in(self, environment: Environment) -> str:
        """Return the verified level that a consumer looks for, for example ``PRATIQUE_PROMOTED_PROD_EU``."""
        return f"PRATIQUE_{self}_{environment}".upper().replace("-", "_")


@dataclass(frozen=True, slots=True)
class Seal:
    """What stands behind a summary of ours.

    ``approved_index`` is the approval's index in the ledger, ``checkpoint`` the text of a signed note that covers
    it, ``directory`` and ``record`` the digests of the directory in force and of the decision record. From the
    moment ``expires`` on the seal no longer holds.
    """

    environment: Environment
    application: str
    promotion: str
    approved_index: int
    checkpoint: str
    directory: Digest
    record: Digest
    level: Level
    expires: datetime | None = None

    @property
    def level_name(self) -> str:
        """The verified level that the summary must list."""
        return self.level.name_in(self.environment)


def read_seal(fields: Fields) -> Seal:
    """Read the extension; a field it does not know may narrow it, so that is refused.

    Raises:
        Malformed: A field is missing, unknown or of another type.
    """
    fields.only(*_KNOWN)
    return Seal(
        environment=fields.parsed("environment", parse_environment),
        application=fields.parsed("application", parse_application),
        promotion=fields.parsed("promotion", lambda text: parse_id(text, Kind.PROMOTION)),
        approved_index=fields.integer("approvedIndex"),
        checkpoint=fields.text("checkpoint"),
        directory=fields.digest("directory"),
        record=fields.digest("record"),
        level=fields.member("level", Level),
        expires=fields.moment("expires") if fields.has("expires") else None,
    )


_KNOWN = (
    "environment",
    "application",
    "promotion",
    "approvedIndex",
    "checkpoint",
    "directory",
    "record",
    "level",
    "expires",
)


def seal_object(seal: Seal) -> Mapping[str, Json]:
    """Return the extension as a JSON object."""
    return {
        "environment": seal.environment,
        "application": seal.application,
        "promotion": seal.promotion,
        "approvedIndex": seal.approved_index,
        "checkpoint": seal.checkpoint,
        "directory": {"sha256": seal.directory.hex},
        "record": {"sha256": seal.record.hex},
        "level": seal.level,
        **({"expires": render_moment(seal.expires)} if seal.expires else {}),
    }

"""SLSA verification summaries: what a consumer reads to know that an image may enter.

Source: slsa.dev/spec/v1.2/verification_summary, "Verification", whose order :func:`check_vsa` keeps.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pratique.attest.dsse import IN_TOTO, Envelope
from pratique.attest.fields import Fields
from pratique.attest.keys import PublicKey
from pratique.attest.seal import Seal, read_seal, seal_object
from pratique.attest.statement import Statement, Subject, build_statement, parse_statement
from pratique.attest.verify import open_envelope
from pratique.errors import Malformed, Unverified
from pratique.values.canonical import Json
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor
from pratique.values.uris import SEAL_EXTENSION

VSA = "https://slsa.dev/verification_summary/v1"
SLSA_VERSION = "1.2"
"""The version of SLSA that our summaries are written against."""


class Result(StrEnum):
    """What the verifier concluded."""

    PASSED = "PASSED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Vsa:
    """A verification summary. ``seal`` is None where somebody else's verifier wrote it."""

    subjects: tuple[Subject, ...]
    verifier: str
    verified_at: datetime | None
    resource_uri: str
    policy_uri: str
    policy: Digest | None
    inputs: tuple[Digest, ...]
    result: Result
    levels: tuple[str, ...]
    seal: Seal | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a consumer demands. ``verifier`` and ``key`` belong together: the key speaks for this verifier only."""

    key: PublicKey
    verifier: str
    digest: Digest
    resource_uri: str
    level: str


def check_vsa(envelope: Envelope, expected: Expected, now: datetime) -> Vsa:
    """Return the summary if it says about the image what the consumer demands.

    Args:
        envelope: The envelope as it was found on the image.
        expected: The demands.
        now: The moment at which it must hold; a seal that expires at this very moment does not.

    Raises:
        Unverified: A demand is not met; the message names the first one in the specification's order.
        Malformed: The signed payload is no summary.
    """
    # 1. "Verify the signature on the VSA envelope using the preconfigured roots of trust."
    holder = Actor("service:verifier")
    opened = open_envelope(envelope, ((holder, expected.key),), None, payload_type=IN_TOTO)
    statement = parse_statement(opened.payload)
    # 2. "Verify the statement's subject matches the digest of the resource in question."
    if not statement.about(expected.digest):
        raise _unmet("subject", str(expected.digest), ", ".join(str(item.digest) for item in statement.subjects))
    # 3. "Verify that the predicateType is https://slsa.dev/verification_summary/v1."
    _demand("predicateType", VSA, statement.predicate_type)
    vsa = read_vsa(statement)
    # 4. "Verify that the verifier matches the public key."
    _demand("verifier.id", expected.verifier, vsa.verifier)
    # 5. "Verify that the value for resourceUri in the VSA matches the expected value."
    _demand("resourceUri", expected.resource_uri, vsa.resource_uri)
    # 6. "Verify that the value for verificationResult is PASSED."
    _demand("verificationResult", Result.PASSED, vsa.result)
    # 7. "Verify that verifiedLevels contains the expected value."
    if expected.level not in vsa.levels:
        raise _unmet("verifiedLevels", expected.level, ", ".join(vsa.levels))
    # Ours, last: the extension may only narrow what the summary says.
    if vsa.seal and vsa.seal.expires and now >= vsa.seal.expires:
        raise Unverified(f"summary: it expired at {render_moment(vsa.seal.expires)}; ask for a renewed seal")
    return vsa


def _demand(what: str, expected: str, found: str) -> None:
    if expected != found:
        raise _unmet(what, expected, found)


def _unmet(what: str, expected: str, found: str) -> Unverified:
    return Unverified(f"summary: expected {what} {expected}, found {found[:200]!r}; do not use the image")


def read_vsa(statement: Statement) -> Vsa:
    """Read the summary that a statement carries; fields that the specification does not know are ignored.

    Raises:
        Malformed: Another statement, a required field is missing, or our extension is not whole or contradicts.
    """
    if statement.predicate_type != VSA:
        raise Malformed(f"summary: expected the predicate type {VSA}, found {statement.predicate_type[:120]!r}")
    fields = statement.fields
    policy, levels = fields.object("policy"), fields.texts("verifiedLevels")
    return Vsa(
        subjects=statement.subjects,
        verifier=fields.object("verifier").text("id"),
        verified_at=fields.timestamp("timeVerified") if fields.has("timeVerified") else None,
        resource_uri=fields.text("resourceUri"),
        policy_uri=policy.text_or_empty("uri"),
        policy=_sha256(policy),
        inputs=tuple(digest for item in fields.objects_or_empty("inputAttestations") if (digest := _sha256(item))),
        result=fields.member("verificationResult", Result),
        levels=levels,
        seal=_seal(fields, levels),
    )


def _seal(fields: Fields, levels: tuple[str, ...]) -> Seal | None:
    if not fields.has(SEAL_EXTENSION):
        return None
    seal = read_seal(fields.object(SEAL_EXTENSION))
    if seal.level_name not in levels:
        raise Malformed(f"{fields.path('verifiedLevels')}: expected {seal.level_name}, as our extension says")
    return seal


def _sha256(fields: Fields) -> Digest | None:
    digests = fields.object_or_empty("digest")
    return digests.parsed("sha256", Digest) if digests.has("sha256") else None


def build_vsa(vsa: Vsa) -> bytes:
    """Return the canonical payload of a summary; what is finer than a millisecond is cut off its moments."""
    predicate: dict[str, Json] = {
        "verifier": {"id": vsa.verifier},
        "resourceUri": vsa.resource_uri,
        "policy": {"uri": vsa.policy_uri, **_digest("digest", vsa.policy)},
        "inputAttestations": [_digest("digest", digest) for digest in vsa.inputs],
        "verificationResult": vsa.result,
        "verifiedLevels": list(vsa.levels),
        "slsaVersion": SLSA_VERSION,
    }
    if vsa.verified_at:
        predicate["timeVerified"] = render_moment(vsa.verified_at)
    if vsa.seal:
        predicate[SEAL_EXTENSION] = seal_object(vsa.seal)
    return build_statement(vsa.subjects, VSA, predicate)


def _digest(name: str, digest: Digest | None) -> Mapping[str, Json]:
    return {name: {"sha256": digest.hex}} if digest else {}

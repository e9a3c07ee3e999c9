"""Identities in certificates count by the word of this installation, and by nobody else's."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.builders import NOW, counts, evidence, facts, provenance
from tests.policy.worlds import judge, rule

from pratique.errors import Malformed
from pratique.evidence.bind import ImageSubject, Platform, understand
from pratique.evidence.facts.identity import Certified
from pratique.evidence.facts.wrapping import Wrapping
from pratique.evidence.model import Bound, Evidence, Origin, Parse, Piece
from pratique.evidence.predicates.identity import build_identity
from pratique.evidence.read import read
from pratique.policy.result import CheckResult, Outcome
from pratique.values.digest import Digest

ISSUER = "https://issuer.example"
WORKFLOW = "https://git.example/shop/web/.github/workflows/build.yml@refs/heads/main"
HOLDER = {"issuer": ISSUER, "identity": "https://git.example/shop/*/.github/workflows/build.yml@**"}
OTHER = Digest("b" * 64)
RULE: dict[str, Any] = {"check": "signature", "identities": [HOLDER]}


def certified(identity: str = WORKFLOW, issuer: str = ISSUER) -> Certified:
    return Certified(identity, issuer, OTHER, NOW, OTHER)


def word(by: str | None = "service:record", **changes: Any) -> Evidence:
    return evidence(certified(**changes), by=by)


def judged(*pieces: Evidence, **more: Any) -> CheckResult:
    return judge(RULE | more, facts(*pieces))


def test_an_identity_that_was_verified_here_counts_and_says_what_that_rests_on() -> None:
    result = judged(word())
    assert result.outcome is Outcome.PASS
    assert result.message == f"signed by {WORKFLOW} (certified by {ISSUER}), not re-verified offline"
    assert counts(result)["certified"] == 1
    assert len(result.evidence) == 1


@pytest.mark.parametrize("by", ["service:ci", None])
def test_in_anybody_elses_word_no_identity_counts(by: str | None) -> None:
    assert judged(word(by)).outcome is not Outcome.PASS


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://issuer.example.evil"},
        {"identity": "https://git.example/evil/web/x/.github/workflows/build.yml@refs/heads/main"},
        {"identity": "https://git.example/shop/web/.github/workflows/other.yml@refs/heads/main"},
    ],
)
def test_another_holder_or_another_issuer_does_not_count(changes: dict[str, Any]) -> None:
    assert judged(word(**changes)).outcome is Outcome.BLOCK


def test_a_service_and_an_identity_are_two_signers_and_one_identity_twice_is_one() -> None:
    both = {"keys": ["service:ci"], "min": 2}
    assert judged(word(), evidence(Certified("x", "y", OTHER, NOW, OTHER)), **both).outcome is Outcome.PASS
    assert judged(word(), word(), **both).outcome is Outcome.BLOCK


def test_a_rule_names_somebody() -> None:
    with pytest.raises(Malformed, match="at least one service or identity"):
        rule(check="signature")


def test_a_statement_says_the_same_again() -> None:
    reading = read(build_identity(certified(), NOW, (OTHER,)), "application/json")
    assert reading.of(Certified) == (certified(),)
    assert (reading.format, reading.about, reading.parse) == ("pratique-identity", (OTHER,), Parse.OK)


def test_a_statement_that_nobody_signed_is_bound_by_nobodys_word() -> None:
    content = build_identity(certified(), NOW, (OTHER,))
    piece = Piece(Digest.of(content), "application/json", len(content), OTHER, Origin.UPLOAD, content)
    (found,) = understand((piece,), (), ImageSubject(OTHER, (Platform("linux/amd64", OTHER, None),)))
    assert (found.bound, found.signers) == (Bound.REPORT, ())


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_the_names_they_are_refused_or_kept_exactly(identity: str, issuer: str) -> None:
    try:
        content = build_identity(certified(identity, issuer), NOW, (OTHER,))
    except Malformed:  # what has no canonical form
        return
    for found in read(content, "application/json").of(Certified):
        assert (found.identity, found.issuer) == (identity, issuer)
        assert identity.isprintable()
        assert issuer.isprintable()


LOGGED = {"transparency_log": "required"}


def test_where_a_log_must_have_it_a_certificate_counts_and_a_key_cannot_be_named() -> None:
    assert judged(word(), **LOGGED).outcome is Outcome.PASS
    assert judged(word("service:ci"), **LOGGED).outcome is not Outcome.PASS
    with pytest.raises(Malformed, match="keys: expected no keys beside 'transparency_log: required'"):
        rule(check="signature", keys=["service:ci"], identities=[HOLDER], transparency_log="required")


PROVENANCE: dict[str, Any] = {
    "check": "provenance",
    "identities": [HOLDER],
    "builders": ["https://ci.shop.example/**"],
}


def by_certificate(payload: Digest | None = OTHER) -> Evidence:
    """Provenance in a bundle that nobody in the directory signed."""
    plain = evidence(provenance(), by=None)
    wrapping = Wrapping("sigstore-bundle", None, None, 1, 0, (), certificates=1, log_entries=1, payload=payload)
    return replace(plain, reading=replace(plain.reading, wrapping=wrapping))


def test_provenance_by_a_certificate_counts_where_that_very_statement_was_verified_here() -> None:
    result = judge(PROVENANCE, facts(by_certificate(), word()))
    assert result.outcome is Outcome.PASS
    assert result.message.endswith("by a certificate, not re-verified offline")


@pytest.mark.parametrize(
    "pieces",
    [
        (by_certificate(),),
        (by_certificate(), word("service:ci")),
        (by_certificate(), word(issuer="https://other.example")),
        (by_certificate(Digest("c" * 64)), word()),
        (by_certificate(None), word()),
    ],
)
def test_provenance_that_was_not_verified_here_is_a_claim(pieces: tuple[Evidence, ...]) -> None:
    assert judge(PROVENANCE, facts(*pieces)).outcome is Outcome.UNKNOWN

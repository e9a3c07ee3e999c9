"""What statements clear of what the watch found, when an image has several platforms."""

from datetime import UTC, datetime

import pytest

from pratique.attest.keykind import KeyKind
from pratique.attest.verify import Signed
from pratique.evidence.cleared import Whole, cleared
from pratique.evidence.facts.scan import Finding, Fix, Scan
from pratique.evidence.facts.vex import Scope, Vex, VexStatement, VexStatus
from pratique.evidence.merge import merge
from pratique.evidence.model import Bound, Evidence, Origin, Parse, Piece, Reading
from pratique.values.digest import Digest
from pratique.values.names import Actor

INDEX, ONE, TWO = (Digest(letter * 64) for letter in "abc")
TRUSTED = Actor("service:vex")
NOW = datetime(2026, 11, 24, tzinfo=UTC)
TERM = "CVE-2026-1@pkg:pypi/flask"
FLASK = "pkg:pypi/flask@1"
FINDING = Finding("CVE-2026-1", (), "flask", "1", FLASK, (), Fix.UNKNOWN, written=FLASK)
FOUND = merge((("matcher", Scan("matcher", None, None, None, 1, (FINDING,)), None),))


def says(product: Digest, covers: tuple[Digest, ...], status: VexStatus = VexStatus.NOT_AFFECTED) -> Evidence:
    """A signed statement about one digest, bound to these."""
    statement = VexStatement(
        "CVE-2026-1",
        (),
        (str(product),),
        (),
        status,
        status.value,
        "because",
        None,
        NOW,
        (Scope((str(product),)),),
    )
    reading = Reading("openvex", None, Parse.OK, (), (Vex(None, NOW, (statement,)),))
    content = f"{product}{covers}{status}".encode()
    piece = Piece(Digest.of(content), "application/json", len(content), INDEX, Origin.UPLOAD, content)
    return Evidence(
        piece, reading, (Signed(TRUSTED, "key", KeyKind.ECDSA_P256),), covers, Bound.STATEMENT, "signed"
    )


def terms(*evidence: Evidence, platforms: tuple[Digest, ...] = (ONE, TWO)) -> set[str]:
    return set(cleared(FOUND, evidence, Whole(INDEX, platforms, "registry.example/shop"), (TRUSTED,), NOW))


EVERY = (INDEX, ONE, TWO)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ((says(INDEX, EVERY),), {TERM}),
        ((says(ONE, (ONE,)),), set()),
        ((says(ONE, (ONE,)), says(TWO, (TWO,))), {TERM}),
        ((says(ONE, EVERY),), set()),
        ((), set()),
    ],
)
def test_what_one_platform_is_cleared_of_the_others_are_not(
    evidence: tuple[Evidence, ...], expected: set[str]
) -> None:
    assert terms(*evidence) == expected


def test_an_image_without_platforms_is_its_own() -> None:
    assert terms(says(INDEX, (INDEX,)), platforms=()) == {TERM}


def test_a_warning_about_one_platform_stands_against_a_clearance_of_the_whole() -> None:
    assert terms(says(INDEX, EVERY), says(ONE, (ONE,), VexStatus.AFFECTED)) == set()


def test_without_a_trusted_signer_nothing_is_cleared() -> None:
    whole = Whole(INDEX, (), "registry.example/shop")
    assert not cleared(FOUND, (says(INDEX, (INDEX,)),), whole, (), NOW)
    assert not cleared(FOUND, (says(INDEX, (INDEX,)),), whole, (Actor("service:ci"),), NOW)

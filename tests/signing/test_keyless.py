"""Identities in certificates, against the conformance suite that every Sigstore client is held to."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pratique.errors import Absent, Malformed, PratiqueError, Unverified
from pratique.signing.keyless import NOT_REPEATED, Identity, verify_keyless
from pratique.values.digest import Digest

SUITE = Path("sigstore-bundle/sigstore__sigstore-conformance/bundle-verify")
BEACON = Identity(
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/"
    ".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
    "https://token.actions.githubusercontent.com",
)
NOT_SUPPORTED = {"intoto-with-custom-trust-root": "log entries of type intoto are not verified, so it is refused"}


@pytest.fixture(scope="session")
def public_root() -> Path:
    """The public instance's trusted root, as sigstore-python ships it."""
    sigstore = pytest.importorskip("sigstore", reason="expected the extra keyless")
    (found,) = Path(sigstore.__file__).parent.glob("_store/*tuf-repo-cdn.sigstore.dev/trusted_root.json")
    return found


def cases(corpus: Path) -> Iterator[tuple[Path, bytes]]:
    for case in sorted((corpus / SUITE).iterdir()):
        if case.is_dir() and "managed-key" not in case.name:  # plain keys are for attest
            artifact = case / "artifact" if (case / "artifact").is_file() else corpus / SUITE / "a.txt"
            yield case, artifact.read_bytes()


def verified(case: Path, artifact: bytes, root: Path, expected: Identity = BEACON) -> PratiqueError | None:
    own = case / "trusted_root.json"
    try:
        verify_keyless(
            (case / "bundle.sigstore.json").read_bytes(), own if own.is_file() else root, expected, artifact
        )
    except (Unverified, Malformed) as error:
        return error
    return None


def test_every_bundle_of_the_conformance_suite_ends_as_it_must(corpus: Path, public_root: Path) -> None:
    wrong, seen = [], 0
    for case, artifact in cases(corpus):
        seen += 1
        error = verified(case, artifact, public_root)
        if (error is not None) is not case.name.endswith("_fail") and case.name not in NOT_SUPPORTED:
            wrong.append(f"{case.name}: {error}")
    assert wrong == []
    assert seen > 35


def test_somebody_else_is_not_the_one_who_signed(corpus: Path, public_root: Path) -> None:
    case, artifact = corpus / SUITE / "happy-path-v0.3", (corpus / SUITE / "a.txt").read_bytes()
    for expected in (
        Identity("https://github.com/else/where/.github/workflows/x.yml@refs/heads/main", BEACON.issuer),
        Identity(BEACON.name, "https://accounts.example"),
    ):
        assert isinstance(verified(case, artifact, public_root, expected), Unverified)


@pytest.mark.usefixtures("public_root")
def test_what_is_established_says_that_it_cannot_be_repeated(corpus: Path) -> None:
    case = corpus / SUITE / "rekor2-dsse-happy-path"
    root = case / "trusted_root.json"
    found = verify_keyless((case / "bundle.sigstore.json").read_bytes(), root, BEACON, None)
    assert found.identity == BEACON
    assert found.payload_type == "application/vnd.in-toto+json"
    assert found.trusted_root == Digest.of(root.read_bytes())
    assert str(found).endswith(NOT_REPEATED)


def test_a_bundle_that_signs_a_file_needs_that_file(corpus: Path, public_root: Path) -> None:
    bundle = (corpus / SUITE / "happy-path-v0.3" / "bundle.sigstore.json").read_bytes()
    with pytest.raises(Malformed, match="not in it"):
        verify_keyless(bundle, public_root, BEACON, None)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"mediaType": 1}', b"\xff"])
def test_what_is_no_bundle_is_malformed(content: bytes, public_root: Path) -> None:
    with pytest.raises(Malformed):
        verify_keyless(content, public_root, BEACON, b"a")


def test_a_trusted_root_that_is_none_is_malformed_or_absent(tmp_path: Path) -> None:
    pytest.importorskip("sigstore", reason="expected the extra keyless")
    with pytest.raises(Absent, match="trusted root"):
        verify_keyless(b"{}", tmp_path / "none.json", BEACON, b"a")
    for content in (b"", b"{}", b"[]", b"\xff"):
        (tmp_path / "root.json").write_bytes(content)
        with pytest.raises(Malformed, match="trusted root"):
            verify_keyless(b"{}", tmp_path / "root.json", BEACON, b"a")


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "sigstore" or name.startswith("sigstore.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sigstore", None)
    with pytest.raises(Absent, match=r"pratique\[keyless\]"):
        verify_keyless(b"{}", tmp_path / "root.json", BEACON, b"a")

"""Who wrote an image counts only where it is said of this image, of its own repository and of what was built."""

from dataclasses import replace
from typing import Any

import pytest
from tests.promotion.builders import digest
from tests.promotion.cases import ANN, BEFORE, CLEAN, COMMIT, MEDIUM, case, provenance, sbom, signed

from pratique.attest.source import SOURCE_FORM, Source
from pratique.attest.statement import Subject, build_statement
from pratique.promotion.judge import judge
from pratique.promotion.profile import Profile, profile_of
from pratique.promotion.quorum import ANY_ROLE
from pratique.promotion.record import Decision

REPOSITORY = "git+https://git.example/shop/api"
OTHER = "git+https://git.example/shop/web"


def said(image: str = "image", **changes: Any) -> bytes:
    """Return what CI signed about who wrote an image: everything of it, by Ann, unless told otherwise."""
    usual = Source((digest(image),), REPOSITORY, None, COMMIT, (ANN,), (ANN,))
    return signed(SOURCE_FORM.build(replace(usual, **changes)))


def built(commit: str, image: str = "image") -> bytes:
    predicate: dict[str, Any] = {
        "buildDefinition": {
            "buildType": "https://ci.example/build/v1",
            "externalParameters": {"source": {"uri": REPOSITORY, "digest": {"gitCommit": commit}}},
        },
        "runDetails": {"builder": {"id": "https://ci.example/builder"}},
    }
    return signed(build_statement((Subject(digest(image)),), "https://slsa.dev/provenance/v1", predicate))


def held(commit: str | None) -> Profile:
    return replace(profile_of(case((sbom(*CLEAN), provenance())).facts, REPOSITORY), commit=commit)


def decided(*contents: bytes, **changes: Any) -> Decision:
    return judge(case((sbom(*MEDIUM), *contents), **changes)).decision


def extra(*contents: bytes, **changes: Any) -> str | None:
    """Return why one more reviewer from outside the team is needed, or None where none is."""
    needs = decided(*contents, **changes).approvals
    return next((need.because for need in needs if need.role == ANY_ROLE), None)


@pytest.mark.parametrize(
    "repository",
    [
        REPOSITORY,
        "https://git.example/shop/api",
        "git+https://git.example/shop/api.git",
        "https://ci@GIT.example/shop/api.git/",
    ],
)
def test_one_repository_may_be_spelt_in_several_ways(repository: str) -> None:
    assert extra(provenance(), said(repository=repository)) is None


def test_what_is_said_of_another_repository_does_not_count() -> None:
    because = extra(provenance(), said(repository=OTHER))
    assert because == f"its source statement is about {OTHER}, and the policy builds it from {REPOSITORY}"


def test_another_repository_beside_its_own_changes_nothing() -> None:
    assert extra(provenance(), said(), said(repository=OTHER, base=BEFORE)) is None


def test_what_is_said_of_another_commit_than_was_built_does_not_count() -> None:
    assert extra(built(COMMIT), said()) is None
    because = extra(built(BEFORE), said())
    assert because is not None
    assert because.startswith("its source statement is about commit cccc")
    assert "and its provenance about commit bbbb" in because


def test_every_statement_begins_where_the_environment_is() -> None:
    gap = said(base="a" * 40)
    assert extra(provenance(), said(base=BEFORE), current=held(BEFORE)) is None
    because = extra(provenance(), said(base=BEFORE), gap, current=held(BEFORE))
    assert "begins after aaaa" in (because or "")
    assert "but prod holds no known commit" in (extra(provenance(), said(), gap, current=held(None)) or "")


def test_statements_about_two_commits_do_not_count() -> None:
    because = extra(provenance(), said(), said(commit=BEFORE))
    assert (because or "").startswith("its source statements disagree about the commit")


def test_nobody_wrote_it_only_where_the_environment_holds_that_commit() -> None:
    unchanged = said(base=COMMIT, authors=(), committers=())
    assert extra(provenance(), unchanged, current=held(COMMIT)) is None
    assert "begins after cccc" in (extra(provenance(), unchanged, current=held(BEFORE)) or "")
    assert "no known commit" in (extra(provenance(), unchanged) or "")


def test_what_is_said_of_one_platform_does_not_speak_for_another() -> None:
    boms = (sbom(*MEDIUM, image="amd64"), sbom(*MEDIUM, image="arm64"))
    platforms = ("amd64", "arm64")
    whole = extra(*boms, provenance(), said("amd64"), said("arm64"), platforms=platforms)
    assert whole is None
    because = extra(*boms, provenance(), said("amd64"), platforms=platforms)
    assert because == "no signed source statement says who wrote it"
    other = extra(*boms, provenance(), said("amd64"), said("arm64", repository=OTHER), platforms=platforms)
    assert (other or "").startswith(f"its source statement is about {OTHER}")
    two = extra(*boms, provenance(), said("amd64"), said("arm64", commit=BEFORE), platforms=platforms)
    assert (two or "").startswith("its source statements disagree about the commit")


def test_whoever_is_said_to_have_written_anything_is_excluded_all_the_same() -> None:
    excluded = decided(provenance(), said(repository=OTHER)).separation.excluded
    assert "person:ann" in {one.person for one in excluded}


def commit_of(*contents: bytes, **changes: Any) -> str | None:
    return decided(*contents, **changes).profile.commit


def test_the_commit_that_is_kept_is_the_one_that_counts() -> None:
    assert commit_of(provenance(), said()) == COMMIT
    assert commit_of(provenance(), said(), said(repository=OTHER, commit=BEFORE)) == COMMIT
    assert commit_of(built(COMMIT), said(), said(commit=BEFORE)) == COMMIT


def test_no_commit_is_kept_of_what_does_not_count() -> None:
    assert commit_of(provenance(), said(repository=OTHER)) is None
    assert commit_of(built(BEFORE), said()) is None
    assert commit_of(provenance(), said(), said(commit=BEFORE)) is None


def test_the_commit_of_one_platform_is_not_the_commit_of_another() -> None:
    boms = (sbom(*MEDIUM, image="amd64"), sbom(*MEDIUM, image="arm64"))
    platforms = ("amd64", "arm64")
    assert commit_of(*boms, said("amd64"), said("arm64"), platforms=platforms) == COMMIT
    assert commit_of(*boms, said("amd64"), platforms=platforms) is None

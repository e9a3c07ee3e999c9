"""Which signed statements say who wrote a platform, and from which commit.

A statement counts if a service of the directory signed it about this very image, if it is about the repository that
the policy builds the image from, and if the platform was built from its commit. Source: decisions.md, "Who counts".
"""

from collections.abc import Iterable

from pratique.attest.git_source import parse_git_uri
from pratique.evidence.facts.build import SourceChange
from pratique.evidence.model import Bound, Evidence
from pratique.policy.facts import Facts

NOBODY_SAYS = "no signed source statement says who wrote it"

_MOST_NAMED = 5


def signed_by_machine(evidence: Evidence) -> bool:
    """Tell whether a key of the directory signed a statement about this very image."""
    return evidence.bound is Bound.STATEMENT and bool(evidence.signers)


def signed_sources(facts: Facts) -> tuple[SourceChange, ...]:
    """Return what services signed that the directory lets speak for the source history."""
    return tuple(change for change, evidence in facts.sources if signed_by_machine(evidence))


def counted_sources(repository: str, facts: Facts) -> tuple[SourceChange, ...] | str:
    """Return the statements that say who wrote this platform, at least one, or why there is none.

    Args:
        repository: Where the policy says that the image's source code is.
        facts: What is known of the platform.
    """
    signed = signed_sources(facts)
    if not signed:
        return NOBODY_SAYS
    expected = _normal(repository)
    own = tuple(change for change in signed if _normal(change.repository) == expected)
    if not own:
        found = ", ".join(sorted({change.repository for change in signed}))[:200]
        return f"its source statement is about {found}, and the policy builds it from {repository}"
    built = {made.source_commit for made, by in facts.provenances if signed_by_machine(by) and made.source_commit}
    fitting = tuple(change for change in own if built <= {change.commit})
    if not fitting:
        commits = (shorts(change.commit for change in own), shorts(built))
        return "its source statement is about commit {}, and its provenance about commit {}".format(*commits)
    return fitting


def _normal(repository: str) -> str:
    """Return a repository's URI without user name, ``.git`` and ref, so that two spellings compare as one."""
    found = parse_git_uri(repository)
    return found.uri if found else repository


def shorts(texts: Iterable[str]) -> str:
    """Return a few of these, shortened, for people."""
    named = sorted(set(texts))
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    return ", ".join(map(short, named[:_MOST_NAMED])) + more


def short(text: str) -> str:
    """Return the beginning of a commit or an alias, for people; never for a decision."""
    return text if len(text) <= 24 else f"{text[:20]}…"

"""Who must not decide about this image, because they asked for it, wrote it or built it.

Source: decisions.md, "Who counts". Authors come from signed ``source/v1`` statements. Whoever one of them names is
excluded; but it says who wrote a platform only if it is about the application's own repository and about the commit
that the platform was built from. Where none says who wrote what is new here, or an author cannot be told, one more
reviewer from outside the owning team is needed.
"""

from collections.abc import Iterator

from pratique.evidence.facts.build import SourceChange
from pratique.policy.approval import Separation
from pratique.policy.facts import Facts
from pratique.promotion.authorship import (
    NOBODY_SAYS,
    counted_sources,
    short,
    shorts,
    signed_by_machine,
    signed_sources,
)
from pratique.promotion.directory import Directory
from pratique.promotion.profile import Profile
from pratique.promotion.quorum import ANY_ROLE, Exclusion, Need
from pratique.values.dataclass import dataclass
from pratique.values.names import Actor, Environment, Group

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Separated:
    """Who is excluded and why, as the record keeps it; ``unknown_authors`` are aliases without a person."""

    rules: tuple[Separation, ...]
    excluded: tuple[Exclusion, ...]
    unknown_authors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duties:
    """Everything that is known about who did what."""

    rules: tuple[Separation, ...]
    requester: Actor
    owner: Group
    environment: Environment
    repository: str
    """Where the policy says that the image's source code is."""
    platforms: tuple[Facts, ...]
    current: Profile | None
    """What the environment holds; None where it holds nothing of this name."""
    editors: tuple[Actor, ...] = ()
    """Who made the last change to the rules."""
    granters: tuple[tuple[Actor, str], ...] = ()
    """Who granted a waiver that is used here, and which."""


def separate(duties: Duties, directory: Directory) -> tuple[Separated, Need | None]:
    """Return who is excluded, and the extra reviewer where it is not known who wrote the image."""
    changes = tuple(change for facts in duties.platforms for change in signed_sources(facts))
    unknown = tuple(sorted(set(_unknown(changes, directory)))) if Separation.AUTHOR in duties.rules else ()
    excluded = {
        Separation.REQUESTER: tuple(_requester(duties, directory)),
        Separation.AUTHOR: tuple(_authors(changes, directory)),
        Separation.BUILDER: tuple(_builders(duties, directory)),
        Separation.POLICY_EDITOR: tuple(
            Exclusion(by, f"{by} made the last change to the rules of {duties.environment}")
            for by in duties.editors
        ),
        Separation.WAIVER_GRANTER: tuple(
            Exclusion(by, f"{by} granted the waiver {it}") for by, it in duties.granters
        ),
    }
    found = (exclusion for rule in duties.rules for exclusion in excluded[rule])
    first = {exclusion.person: exclusion for exclusion in reversed(tuple(found))}  # one reason each, the first
    separated = Separated(duties.rules, tuple(first[person] for person in sorted(first)), unknown)
    because = _why_extra(duties, unknown) if Separation.AUTHOR in duties.rules else None
    return separated, Need(ANY_ROLE, 1, duties.owner, because) if because else None


def _requester(duties: Duties, directory: Directory) -> Iterator[Exclusion]:
    person = directory.person_behind(duties.requester)
    if person == duties.requester:
        yield Exclusion(person, f"{person} asked for this promotion")
    elif person is not None:
        yield Exclusion(person, f"{person} owns {duties.requester}, which asked for this promotion")


def _aliases(changes: tuple[SourceChange, ...]) -> tuple[str, ...]:
    return tuple(sorted({alias for change in changes for alias in (*change.authors, *change.committers)}))


def _authors(changes: tuple[SourceChange, ...], directory: Directory) -> Iterator[Exclusion]:
    for alias in _aliases(changes):
        person = directory.person_of_alias(alias)
        if person is not None:
            yield Exclusion(person, f"{person} wrote part of what is promoted ({short(alias)})")


def _unknown(changes: tuple[SourceChange, ...], directory: Directory) -> Iterator[str]:
    yield from (alias for alias in _aliases(changes) if directory.person_of_alias(alias) is None)


def _builders(duties: Duties, directory: Directory) -> Iterator[Exclusion]:
    for facts in duties.platforms:
        for provenance, evidence in facts.provenances:
            if signed_by_machine(evidence):
                for owner in directory.owners_of_builder(provenance.builder_id):
                    yield Exclusion(owner, f"{owner} owns the builder {provenance.builder_id}")


def _why_extra(duties: Duties, unknown: tuple[str, ...]) -> str | None:
    counted: list[SourceChange] = []
    for facts in duties.platforms:  # what is said of one platform says nothing of another
        told = counted_sources(duties.repository, facts)
        if isinstance(told, str):
            return told
        counted += told
    return _why_not_whole(duties, tuple(counted)) or _why_unknown(unknown)


def _why_not_whole(duties: Duties, counted: tuple[SourceChange, ...]) -> str | None:
    """Return why these do not say of everything that is new here who wrote it."""
    commits = {change.commit for change in counted}
    if not commits:
        return NOBODY_SAYS
    if len(commits) != 1:
        return f"its source statements disagree about the commit: {shorts(commits)}"
    held = duties.current.commit if duties.current else None
    late = tuple(change for change in counted if not _reaches(change, held))
    if not late:
        return None
    bases = shorts(change.base or change.commit for change in late)
    return f"its source statement begins after {bases}, but {duties.environment} holds {_commit(held)}"


def _reaches(change: SourceChange, held: str | None) -> bool:
    """Tell whether a statement names everybody since the commit that is held; nobody only if nothing changed."""
    if not change.authors:
        return change.base is not None and change.base == change.commit == held
    return change.base in (None, held)


def _why_unknown(unknown: tuple[str, ...]) -> str | None:
    if not unknown:
        return None
    more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
    named = ", ".join(short(alias) for alias in unknown[:_MOST_NAMED])
    return f"nobody in the directory is known as {named}{more}, who wrote part of it"


def _commit(held: str | None) -> str:
    return f"commit {short(held)}" if held else "no known commit"

"""Who must not decide about this image, because they asked for it, wrote it or built it.

Source: decisions.md, "Who counts". Authors come from signed ``source/v1`` statements; where nobody says who wrote
what is new here, or an author cannot be told, one more reviewer from outside the owning team is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.evidence.model import SourceChange
from pratique.policy.facts import Facts
from pratique.policy.tracks import Separation
from pratique.promotion.directory import Directory
from pratique.promotion.profile import Profile, signed_by_machine
from pratique.promotion.quorum import ANY_ROLE, Exclusion, Need
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
    platforms: tuple[Facts, ...]
    current: Profile | None
    """What the environment holds; None where it holds nothing of this name."""


def separate(duties: Duties, directory: Directory) -> tuple[Separated, Need | None]:
    """Return who is excluded, and the extra reviewer where it is not known who wrote the image."""
    changes = tuple(_changes(duties))
    unknown = tuple(sorted(set(_unknown(changes, directory)))) if Separation.AUTHOR in duties.rules else ()
    excluded = {
        Separation.REQUESTER: tuple(_requester(duties, directory)),
        Separation.AUTHOR: tuple(_authors(changes, directory)),
        Separation.BUILDER: tuple(_builders(duties, directory)),
    }
    found = (exclusion for rule in duties.rules for exclusion in excluded[rule])
    first = {exclusion.person: exclusion for exclusion in reversed(tuple(found))}  # one reason each, the first
    separated = Separated(duties.rules, tuple(first[person] for person in sorted(first)), unknown)
    because = _why_extra(duties, changes, unknown) if Separation.AUTHOR in duties.rules else None
    return separated, Need(ANY_ROLE, 1, duties.owner, because) if because else None


def _requester(duties: Duties, directory: Directory) -> Iterator[Exclusion]:
    person = directory.person_behind(duties.requester)
    if person == duties.requester:
        yield Exclusion(person, f"{person} asked for this promotion")
    elif person is not None:
        yield Exclusion(person, f"{person} owns {duties.requester}, which asked for this promotion")


def _changes(duties: Duties) -> Iterator[SourceChange]:
    """Yield what a service signed that the directory lets speak for the source history."""
    for facts in duties.platforms:
        yield from (change for change, evidence in facts.sources if signed_by_machine(evidence))


def _aliases(changes: tuple[SourceChange, ...]) -> tuple[str, ...]:
    return tuple(sorted({alias for change in changes for alias in (*change.authors, *change.committers)}))


def _authors(changes: tuple[SourceChange, ...], directory: Directory) -> Iterator[Exclusion]:
    for alias in _aliases(changes):
        person = directory.person_of_alias(alias)
        if person is not None:
            yield Exclusion(person, f"{person} wrote part of what is promoted ({_short(alias)})")


def _unknown(changes: tuple[SourceChange, ...], directory: Directory) -> Iterator[str]:
    yield from (alias for alias in _aliases(changes) if directory.person_of_alias(alias) is None)


def _builders(duties: Duties, directory: Directory) -> Iterator[Exclusion]:
    for facts in duties.platforms:
        for provenance, evidence in facts.provenances:
            if signed_by_machine(evidence):
                for owner in directory.owners_of_builder(provenance.builder_id):
                    yield Exclusion(owner, f"{owner} owns the builder {provenance.builder_id}")


def _why_extra(duties: Duties, changes: tuple[SourceChange, ...], unknown: tuple[str, ...]) -> str | None:
    if not changes:
        return "no signed source statement says who wrote it"
    commit = duties.current.commit if duties.current else None
    if not any(change.base in (None, commit) for change in changes):
        bases = ", ".join(sorted({_short(change.base) for change in changes if change.base}))
        held = f"commit {_short(commit)}" if commit else "no known commit"
        return f"its source statement begins after {bases}, but {duties.environment} holds {held}"
    if unknown:
        more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
        named = ", ".join(_short(alias) for alias in unknown[:_MOST_NAMED])
        return f"nobody in the directory is known as {named}{more}, who wrote part of it"
    return None


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}…"

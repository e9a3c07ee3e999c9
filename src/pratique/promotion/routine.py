"""Whether a change is routine: nothing new that a person should look at, compared with what runs there now.

Source: decisions.md, "Documents", on tracks. What is not known is not routine.
"""

import re
from collections.abc import Iterator, Mapping

from pratique.evidence.facts.scan import Severity
from pratique.policy.change import compare_packages
from pratique.promotion.profile import Profile

_NUMBER = re.compile(r"\d+")
_DIGITS = 18  # of a number in a version; the interpreter refuses to read thousands of them
_MOST_NAMED = 5


def why_not_routine(
    profile: Profile, current: Profile, severities: Mapping[str, Severity | None]
) -> tuple[str, ...]:
    """Return everything that makes a change more than routine; nothing where it is routine.

    Args:
        profile: The image that asks.
        current: The image that the environment holds.
        severities: The severity of each of the new image's vulnerabilities, by term.
    """
    return (
        *_vulnerabilities(profile, current, severities),
        *_bases(profile, current),
        *_components(profile, current),
        *_licences(profile, current),
        *_surface(profile, current),
    )


def _vulnerabilities(
    profile: Profile, current: Profile, severities: Mapping[str, Severity | None]
) -> Iterator[str]:
    if profile.vulnerabilities is None or current.vulnerabilities is None:
        yield "nobody looked for vulnerabilities in both images"
        return
    new = sorted(set(profile.vulnerabilities) - set(current.vulnerabilities))
    grave = [term for term in new if (severities.get(term) or Severity.HIGH) >= Severity.HIGH]
    if grave:
        yield f"new and high, critical or of unknown severity: {_named(grave)}"


def _bases(profile: Profile, current: Profile) -> Iterator[str]:
    if profile.bases is None or current.bases is None:
        yield "no signed provenance says what both images were built on"
        return
    strange = [base for base in profile.bases if not any(_same_or_newer(base, old) for old in current.bases)]
    if strange or len(profile.bases) != len(current.bases):
        yield f"it is built on {_named(profile.bases) or 'no image'}, not on {_named(current.bases) or 'no image'}"


def _same_or_newer(base: str, old: str) -> bool:
    name, version = _split(base)
    old_name, old_version = _split(old)
    if name != old_name or _NUMBER.sub("", version) != _NUMBER.sub("", old_version):
        return False
    return _numbers(version) >= _numbers(old_version)


def _split(base: str) -> tuple[str, str]:
    head, slash, tail = base.rpartition("/")
    name, _, version = tail.replace("@", ":").partition(":")
    return head + slash + name, version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number[:_DIGITS]) for number in _NUMBER.findall(version))


def _components(profile: Profile, current: Profile) -> Iterator[str]:
    if profile.components is None or current.components is None:
        yield "there is no bill of materials of both images"
        return
    bumps = compare_packages(profile.components, current.components).bumps
    bumped = [f"{bump.package} {bump.before} → {bump.after}" for bump in bumps]
    if bumped:
        yield f"another major version: {_named(bumped)}"


def _licences(profile: Profile, current: Profile) -> Iterator[str]:
    if profile.licences is None or current.licences is None:
        return  # said above: no bill of materials
    new = sorted(set(profile.licences) - set(current.licences))
    if new:
        yield f"licences of a new category: {_named(new)}"


def _surface(profile: Profile, current: Profile) -> Iterator[str]:
    """Yield what the layers offer to an attacker beyond what runs there; where that was never measured, nothing."""
    if current.surface is None:
        return
    if profile.surface is None:
        yield "nobody measured its layers, as those of what runs there were"
        return
    larger = sorted(set(profile.surface) - set(current.surface))
    if larger:
        yield f"a larger attack surface: {_named(larger)}"


def _named(words: tuple[str, ...] | list[str]) -> str:
    more = len(words) - _MOST_NAMED
    return ", ".join(words[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

"""The tests of a policy, as they stand in ``tests/*.yaml`` beside it: situations, and what is expected of each.

What a case says of evidence is a patch over an image that comes with the program, or over the file's own
``defaults``: a mapping is merged, ``null`` takes away, everything else replaces.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pratique.errors import Malformed
from pratique.policy.marked import MarkedText, parse_marked
from pratique.policy.result import Outcome
from pratique.policy.schema import Misfit, Path, decode, key, keyed_by
from pratique.policy.words import CheckId, Count, Positive, Role, Text
from pratique.values.names import Environment

RAW = ("repository", "evidence", "lists", "arrivals", "current", "first_seen", "left", "waivers", "now")
"""Parts of a case that are facts, and are read by their own forms."""
_REQUESTER, _PLATFORM = Text("service:requester"), Text("linux/amd64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """So many people in a role."""

    role: Role
    count: Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckExpected:
    """How one check must end, and what it must find: every term that stands here."""

    id: CheckId
    outcome: Outcome | None = None
    findings: tuple[Text, ...] = ()
    waived: Count | None = None
    """How many failures waivers must cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must come out; what is not said is not compared."""

    outcome: Outcome | None = None
    track: Text | None = None
    checks: tuple[CheckExpected, ...] = field(default=(), metadata=keyed_by("id"))
    approvals: tuple[Asked, ...] | None = None
    """Everybody who must agree, whatever the order; an empty list expects that nobody is asked."""
    missing: tuple[Asked, ...] | None = None
    """Who is still missing after the case's own ``approvals``."""
    why: Text | None = None
    """Words that must stand in a reason for the track."""
    frozen: Text | None = None
    """The name of the freeze that stops it at this moment, or ``none``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseText:
    """One situation, without its facts."""

    name: Text
    environment: Environment
    application: Text | None = None
    image: Text | None = None
    requester: Text = _REQUESTER
    platforms: tuple[Text, ...] = (_PLATFORM,)
    asks_for: Literal["rollback", "emergency", "adopt"] | None = None
    """The track that is asked for; without a word, none in particular."""
    approvals: tuple[Role, ...] = ()
    """The role that each of so many people decides in; every one is another person, and nobody is excluded."""
    expect: Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class _FileText:
    api_version: Literal["pratique/v1"] = field(metadata=key("apiVersion"))
    kind: Literal["PolicyTest"]


@dataclass(frozen=True, slots=True)
class TestCase:
    """One situation; ``patches`` are the facts that the file's defaults and then the case itself say."""

    __test__ = False

    file: MarkedText
    path: Path
    text: CaseText
    patches: tuple[Mapping[str, Any], ...]

    def facts(self, golden: Mapping[str, Any]) -> dict[str, Any]:
        """Return the facts of this case, laid over those of the golden image."""
        merged = dict(golden)
        for patch in self.patches:
            merged = merge(merged, patch)
        return merged

    def located(self, error: Misfit) -> Malformed:
        """Return an error about this case with ``file:line:column``, where it was written."""
        here, defaults = self.path, ("defaults",)
        own = _reach(self.file, (*here, *error.path)) - len(here)
        common = _reach(self.file, (*defaults, *error.path)) - len(defaults)
        written = here if own >= common else defaults
        return self.file.located(type(error)((*written, *error.path), error.problem))


def _reach(file: MarkedText, path: Path) -> int:
    """Return how much of a path is written in the file."""
    return max((end for end in range(len(path) + 1) if path[:end] in file.values), default=0)


def read_tests(content: str, name: str) -> tuple[TestCase, ...]:
    """Return the cases of one file, in its order.

    Raises:
        Malformed: Any mistake outside the facts, with ``file:line:column``.
    """
    marked = parse_marked(content, name)
    try:
        return _cases(marked)
    except Misfit as error:
        raise marked.located(error) from error


def _cases(marked: MarkedText) -> tuple[TestCase, ...]:
    if not isinstance(marked.value, dict):
        raise Misfit((), "expected a mapping with apiVersion, kind and cases")
    whole = dict(marked.value)
    cases, defaults = whole.pop("cases", None), whole.pop("defaults", {})
    decode(_FileText, whole)
    if not isinstance(defaults, dict):
        raise Misfit(("defaults",), "expected a mapping")
    if not isinstance(cases, list) or not cases:
        raise Misfit(("cases",), "expected a list of at least one case")
    return tuple(_case(marked, defaults, case, ("cases", place)) for place, case in enumerate(cases))


def _case(marked: MarkedText, defaults: Mapping[str, Any], case: object, path: Path) -> TestCase:
    if not isinstance(case, dict):
        raise Misfit(path, "expected a mapping with name, environment and expect")
    said = {name: value for name, value in merge(defaults, case).items() if name not in RAW}
    patches = tuple({name: value for name, value in one.items() if name in RAW} for one in (defaults, case))
    return TestCase(marked, path, decode(CaseText, said, path), patches)


def merge(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with a patch laid over it (RFC 7396, JSON Merge Patch)."""
    merged = dict(base)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            under = merged.get(name)
            merged[name] = merge(under if isinstance(under, dict) else {}, value)
        else:
            merged[name] = value
    return merged

"""A policy's files, as people write them → one resolved bundle.

``gate.yaml`` holds the environments, ``applications/*.yaml`` one application each, ``lists/*.yaml`` one list each,
for which ``$name`` stands anywhere. Every mistake is found here, with ``file:line:column``; none waits for a
promotion.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pratique.errors import Malformed
from pratique.policy.application import Application, ApplicationImage
from pratique.policy.change_rules import ChangeRules
from pratique.policy.conditions import faulty_conditions
from pratique.policy.document import Bundle, Metadata
from pratique.policy.environment import EnvironmentRules
from pratique.policy.inherit import EnvironmentText, Whole, complete, refuse_circles
from pratique.policy.lists import FILE as LISTS
from pratique.policy.lists import take_lists, write_out
from pratique.policy.marked import MarkedText, parse_marked
from pratique.policy.remediation import NOBODY_NAMED, Remediation
from pratique.policy.role import RoleRules
from pratique.policy.schema import Misfit, decode, key, keyed_by, suggestion
from pratique.policy.settings import USUAL, Settings
from pratique.policy.surroundings import WORST_PLACE, RiskContext
from pratique.policy.words import Slug
from pratique.values.names import Environment, Group

T = TypeVar("T")
Predecessors = Mapping[Environment, tuple[Environment, ...]]
Applications = Mapping[str, tuple[MarkedText, Application]]
"""Each file's name, its text and the application that it describes."""

GATE = "gate.yaml"
_APPLICATION = re.compile(r"applications/[^/]+\.yaml")
_ASIDE = re.compile(r"tests/.+|(?:.+/)?[^/]+\.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateText:
    """``gate.yaml`` without its lists."""

    api_version: Literal["pratique/v1"] = field(metadata=key("apiVersion"))
    kind: Literal["GatePolicy"]
    metadata: Metadata
    settings: Settings = USUAL
    risk: RiskContext = WORST_PLACE
    roles: tuple[RoleRules, ...] = field(default=(), metadata=keyed_by("name"))
    path: tuple[Environment, ...] = ()
    environments: tuple[EnvironmentText, ...] = field(metadata=keyed_by("name"))
    remediation: Remediation = NOBODY_NAMED
    changes: ChangeRules | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationMetadata:
    """What the application is called, who owns it, and which policy it obeys."""

    name: Slug
    owner: Group
    policy: Slug
    tags: tuple[Slug, ...] = ()
    """What conditions may ask for, for example ``has_tag("auth")``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationText:
    """One file of ``applications/``."""

    api_version: Literal["pratique/v1"] = field(metadata=key("apiVersion"))
    kind: Literal["Application"]
    metadata: ApplicationMetadata
    images: tuple[ApplicationImage, ...]


def load(files: Mapping[str, str]) -> Bundle:
    """Return the bundle that these files spell.

    Args:
        files: Texts by path relative to the bundle's folder, with forward slashes.

    Raises:
        Malformed: Any mistake in any of them, with ``file:line:column`` and, for a misspelt word, a suggestion.
    """
    _refuse_strangers(files)
    gate, lists = take_lists(parse_marked(files[GATE], GATE), files, GATE)
    gate = write_out(gate, lists)
    text = _decoded(GateText, gate)
    applications = {
        name: _application(write_out(parse_marked(content, name), lists), text.metadata.name)
        for name, content in sorted(files.items())
        if _APPLICATION.fullmatch(name)
    }
    return _bundle(text, gate, applications)


def located(files: Mapping[str, str], error: Misfit) -> Malformed:
    """Return a mistake in ``gate.yaml`` that only others can see, with its place."""
    return parse_marked(files[GATE], GATE).located(error)


def _refuse_strangers(files: Mapping[str, str]) -> None:
    if GATE not in files:
        raise Malformed(f"{GATE}: the file is missing; a policy's folder needs one{suggestion(GATE, files)}")
    for name in sorted(files):
        if name != GATE and not any(form.fullmatch(name) for form in (_APPLICATION, LISTS, _ASIDE)):
            raise Malformed(
                f"{name}: expected {GATE}, applications/*.yaml, lists/*.yaml, tests/ or *.md; "
                "a file that nothing reads is refused, so that none is forgotten"
            )


def _decoded(kind: type[T], written: MarkedText) -> T:
    try:
        return decode(kind, written.value)
    except Misfit as error:
        raise written.located(error) from error


def _application(marked: MarkedText, policy: Slug) -> tuple[MarkedText, Application]:
    text = _decoded(ApplicationText, marked)
    try:
        if text.metadata.policy != policy:
            problem = f"expected {policy!r}, the policy beside it, found {text.metadata.policy!r}"
            raise Misfit(("metadata", "policy"), problem)
        about = text.metadata
        return marked, Application(name=about.name, owner=about.owner, images=text.images, tags=about.tags)
    except Misfit as error:
        raise marked.located(error) from error


def _bundle(
    text: GateText, gate: MarkedText, applications: Mapping[str, tuple[MarkedText, Application]]
) -> Bundle:
    own: dict[str, MarkedText] = {application.name: marked for marked, application in applications.values()}
    try:
        bundle = Bundle(
            metadata=text.metadata,
            environments=_environments(text),
            remediation=text.remediation,
            applications=_distinct(applications),
            changes=text.changes,
        )
        for fault in faulty_conditions(bundle):
            raise fault
    except Misfit as error:
        if error.path[:1] == ("applications",) and error.path[1] in own:
            raise own[str(error.path[1])].located(Misfit(error.path[2:], error.problem)) from error
        raise gate.located(error) from error
    return bundle


def _distinct(applications: Applications) -> tuple[Application, ...]:
    found: dict[str, Application] = {}
    for _, application in applications.values():
        if application.name in found:
            problem = f"another file describes the application {application.name!r} too"
            raise Misfit(("applications", application.name, "metadata", "name"), problem)
        found[application.name] = application
    return tuple(found[name] for name in sorted(found))


def _environments(text: GateText) -> tuple[EnvironmentRules, ...]:
    texts = {environment.name: environment for environment in text.environments}
    refuse_circles(texts)
    came_from = _predecessors(text)
    whole = Whole(text.settings, text.risk, text.roles)
    found: list[EnvironmentRules] = []
    for name in texts:
        try:
            found.append(complete(texts, name, came_from[name], whole))
        except Misfit as error:
            raise error.below("environments", name) from error
        except Malformed as error:
            raise Misfit(("environments", name), str(error)) from error
    return tuple(found)


def _predecessors(text: GateText) -> Predecessors:
    """Return where the images of every environment come from, by its own word or by the common path."""
    names = [environment.name for environment in text.environments]
    before: dict[Environment, tuple[Environment, ...]] = {}
    for place, name in enumerate(text.path):
        if name not in names:
            raise Misfit(("path", place), f"there is no environment {name!r}{suggestion(name, names)}")
        if name in before:
            raise Misfit(("path", place), f"{name!r} stands on the path twice")
        before[name] = text.path[place - 1 : place] if place else ()
    for environment in text.environments:
        before[environment.name] = _own_word(environment, before, text.path)
    return before


def _own_word(
    environment: EnvironmentText,
    before: Mapping[Environment, tuple[Environment, ...]],
    path: tuple[Environment, ...],
) -> tuple[Environment, ...]:
    on_path, own = environment.name in before, environment.predecessors
    here = ("environments", environment.name)
    if on_path and own is not None:
        raise Misfit((*here, "from"), f"{environment.name} is on the path too; keep one of the two")
    if path and not on_path and own is None:
        raise Misfit(
            here, f"{environment.name} is not on the path; add it, or say 'from: []' if images enter here"
        )
    return before[environment.name] if on_path else own or ()

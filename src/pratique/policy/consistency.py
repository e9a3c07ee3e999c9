"""What only a whole policy can tell: whether its parts fit each other."""

from collections.abc import Iterator, Mapping

from pratique.policy.application import Application
from pratique.policy.check import Rule
from pratique.policy.environment import EnvironmentRules
from pratique.policy.naming import names
from pratique.policy.remediation import Remediation
from pratique.policy.schema import Misfit, Path, suggestion
from pratique.values.names import Environment

Graph = Mapping[Environment, tuple[Environment, ...]]
"""Where the images of each environment come from."""

_ENVIRONMENT = frozenset({Environment})


def problems(
    environments: tuple[EnvironmentRules, ...], applications: tuple[Application, ...], remediation: Remediation
) -> Iterator[Misfit]:
    """Yield everything that does not fit, with the path from the whole policy."""
    graph = {rules.name: rules.predecessors for rules in environments}
    for rules in environments:
        yield from _unknown_predecessors(rules, graph)
        for rule in rules.checks:
            yield from _unknown_places(rules, rule, graph)
    yield from _cycles(graph)
    for rules in environments:
        for rule in rules.checks:
            yield from _never_there(rules, rule, graph)
    for application in applications:
        yield from _destinations(application, graph)
    yield from _unknown_checks(environments, remediation)


def _unknown_predecessors(rules: EnvironmentRules, graph: Graph) -> Iterator[Misfit]:
    for place, predecessor in enumerate(rules.predecessors):
        if predecessor not in graph:
            yield _no_environment(("environments", rules.name, "from", place), predecessor, graph)


def _unknown_places(rules: EnvironmentRules, rule: Rule, graph: Graph) -> Iterator[Misfit]:
    for path, _, name in names(rule, _ENVIRONMENT):
        if name not in graph:
            yield _no_environment(("environments", rules.name, "checks", rule.id, *path), name, graph)


def _never_there(rules: EnvironmentRules, rule: Rule, graph: Graph) -> Iterator[Misfit]:
    """Yield a check that asks about an environment which an image can only reach by way of this one."""
    for path, _, name in names(rule, _ENVIRONMENT):
        if name in graph and not _reachable_without(Environment(name), rules.name, graph):
            problem = f"no image is in {name} before it is in {rules.name}, so none could ever pass"
            yield Misfit(("environments", rules.name, "checks", rule.id, *path), problem)


def _reachable_without(wanted: Environment, barred: Environment, graph: Graph) -> bool:
    """Tell whether an image can come from outside to one environment and never be in the other."""
    reached, waiting = {barred}, [wanted]
    while waiting:
        here = waiting.pop()
        if here not in reached:
            if not graph[here]:
                return True
            reached.add(here)
            waiting += graph[here]
    return False


def _no_environment(path: Path, name: str, graph: Graph) -> Misfit:
    return Misfit(path, f"there is no environment {name!r}{suggestion(name, graph)}")


def _cycles(graph: Graph) -> Iterator[Misfit]:
    """Take away environments that nothing waits for, until none is left; what stays goes in circles."""
    waiting = graph
    while free := {name for name, before in waiting.items() if not set(before) & waiting.keys()}:
        waiting = {name: before for name, before in waiting.items() if name not in free}
    if waiting:
        circle = _circle(waiting)
        first, last = circle[0], circle[-1]
        problem = f"these environments come from each other: {' ← '.join((*circle, first))}"
        yield Misfit(_from(waiting, first, circle[1 % len(circle)]), problem, _from(waiting, last, first))


def _circle(waiting: Graph) -> tuple[Environment, ...]:
    """Return environments each of which comes from the next, and the last from the first, the least name first."""
    walked: list[Environment] = [min(waiting)]
    while (nearer := next(name for name in waiting[walked[-1]] if name in waiting)) not in walked:
        walked.append(nearer)
    circle = walked[walked.index(nearer) :]
    turn = circle.index(min(circle))
    return (*circle[turn:], *circle[:turn])


def _from(waiting: Graph, name: Environment, before: Environment) -> Path:
    return "environments", name, "from", waiting[name].index(before)


def _destinations(application: Application, graph: Graph) -> Iterator[Misfit]:
    """Yield destinations that lead nowhere, and two images that would take each other's tag."""
    taken: dict[tuple[str, str], str] = {}
    for image in application.images:
        for destination in image.destinations:
            path = (
                "applications",
                application.name,
                "images",
                image.name,
                "destinations",
                destination.environment,
            )
            if destination.environment not in graph:
                yield _no_environment(path, destination.environment, graph)
            place = (str(destination.repository), destination.tag)
            other = taken.setdefault(place, image.name)
            if destination.tag != "none" and other != image.name:
                problem = f"image {other} gets the same tags in {place[0]}; give one another repository or tag"
                yield Misfit(path, problem)


def _unknown_checks(environments: tuple[EnvironmentRules, ...], remediation: Remediation) -> Iterator[Misfit]:
    known = {rule.id for rules in environments for rule in rules.checks}
    for place, owner in enumerate(remediation.owners):
        if owner.match.check is not None and owner.match.check not in known:
            problem = f"no environment has a check {owner.match.check!r}{suggestion(owner.match.check, known)}"
            yield Misfit(("remediation", "owners", place, "match", "check"), problem)

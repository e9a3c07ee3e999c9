"""Every condition of a policy is compiled before it is published, so that none fails only when an image asks."""

from collections.abc import Iterator

from pratique.policy.checks.expr import ExprRule, check_expression
from pratique.policy.document import Bundle
from pratique.policy.expression import Fault, compile_expression
from pratique.policy.expression_facts import TRACK
from pratique.policy.naming import names
from pratique.policy.schema import Misfit
from pratique.policy.tracks import Tracks
from pratique.policy.words import Expression

_CONDITION = frozenset({Expression})


def conditions(tracks: Tracks) -> tuple[Expression, ...]:
    """Return every condition that the ways into an environment name."""
    return tuple(Expression(condition) for _, _, condition in names(tracks, _CONDITION))


def faulty_conditions(bundle: Bundle) -> Iterator[Misfit]:
    """Yield every condition that breaks the grammar or the types of its facts, with the path from the whole policy."""
    for rules in bundle.environments:
        for rule in rules.checks:
            if isinstance(rule, ExprRule):
                try:
                    check_expression(rule)
                except Fault as error:
                    yield Misfit(("environments", rules.name, "checks", rule.id, "expr"), str(error))
        for path, _, condition in names(rules.tracks, _CONDITION):
            try:
                compile_expression(condition, TRACK)
            except Fault as error:
                yield Misfit(("environments", rules.name, "tracks", *path), str(error))

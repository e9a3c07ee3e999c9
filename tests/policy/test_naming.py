"""Every name of a kind is found, wherever in a document it stands."""

from tests.policy.builders import files
from tests.policy.test_new_words import GATE

from pratique.policy.naming import names
from pratique.policy.schema import dotted
from pratique.policy.source import load
from pratique.policy.words import CheckId, Owner, Role, Service
from pratique.values.names import Environment, Group


def found(kind: object, text: dict[str, str]) -> list[tuple[str, str]]:
    return [(dotted(path), name) for path, _, name in names(load(text), frozenset({kind}))]


def test_roles_are_found_in_every_track_and_in_waivers() -> None:
    assert found(Role, {"gate.yaml": GATE}) == [
        ("environments.prod.tracks.slow.approvals.0.role", "lead"),
        ("environments.prod.tracks.slow.approvals.1.role", "board"),
        ("environments.prod.tracks.slow.escalate.to", "board"),
        ("environments.prod.tracks.rollback.approvals.0.role", "lead"),
        ("environments.prod.tracks.emergency.approvals.0.role", "board"),
        ("environments.prod.waivers.who.0.role", "lead"),
        ("environments.prod.waivers.who.1.role", "board"),
        ("environments.prod.roles.board.name", "board"),
        ("environments.prod.roles.lead.name", "lead"),
    ]


def test_checks_groups_owners_and_environments_are_found_with_their_places() -> None:
    assert ("remediation.owners.0.match.check", "crit") in found(CheckId, files())
    assert found(Owner, files()) == [
        ("remediation.owners.0.owner", "group:developers"),
        ("remediation.owners.1.owner", "person:lena"),
    ]
    assert found(Group, files()) == [
        ("metadata.owner", "group:security"),
        ("applications.shop.owner", "group:developers"),
    ]
    assert ("environments.prod.checks.came.environment", "staging") in found(Environment, files())
    assert ("environments.dev.checks.sig.keys.0", "service:ci") in found(Service, files())

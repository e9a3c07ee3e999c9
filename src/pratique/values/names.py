"""Names of people, groups, services, environments and applications.

A person is named by a slug, never by a mail address: names enter the ledger, addresses do not.
"""

import re
from typing import NewType

from pratique.errors import Malformed

Actor = NewType("Actor", str)
"""``person:<slug>`` or ``service:<slug>``: whoever can act."""

Group = NewType("Group", str)
"""``group:<slug>``: a group in the signed directory."""

Environment = NewType("Environment", str)

_SLUG = r"[a-z0-9][a-z0-9-]{0,62}"
_ACTOR = re.compile(rf"(person|service):{_SLUG}")
_GROUP = re.compile(rf"group:{_SLUG}")
_ENVIRONMENT = re.compile(r"[a-z][a-z0-9-]{0,30}")
_APPLICATION = re.compile(_SLUG)


def parse_actor(text: str) -> Actor:
    """Read ``person:<slug>`` or ``service:<slug>``, or raise ``Malformed``."""
    if not _ACTOR.fullmatch(text):
        raise Malformed(f"actor: expected person:<slug> or service:<slug>, found {text[:80]!r}")
    return Actor(text)


def parse_group(text: str) -> Group:
    """Read ``group:<slug>``, or raise ``Malformed``."""
    if not _GROUP.fullmatch(text):
        raise Malformed(f"group: expected group:<slug>, found {text[:80]!r}")
    return Group(text)


def parse_environment(text: str) -> Environment:
    """Read an environment's name, or raise ``Malformed``."""
    if not _ENVIRONMENT.fullmatch(text):
        raise Malformed(f"environment: expected [a-z][a-z0-9-]{{0,30}}, found {text[:80]!r}")
    return Environment(text)


def parse_application(text: str) -> str:
    """Read an application's name (a slug), or raise ``Malformed``."""
    if not _APPLICATION.fullmatch(text):
        raise Malformed(f"application: expected [a-z0-9][a-z0-9-]{{0,62}}, found {text[:80]!r}")
    return text


def is_person(actor: str) -> bool:
    """Tell whether this actor is a person."""
    return actor.startswith("person:")

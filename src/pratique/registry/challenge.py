"""What a server asks for in ``WWW-Authenticate``, and what a scope names.

Sources: RFC 9110 section 11.6.1 (several challenges in one header or in many, commas inside quotes); distribution's
token specification (scopes). A challenge is hearsay: reading one never fails, and what is unknown is skipped.
"""

import re
from collections.abc import Mapping

from pratique.values.dataclass import dataclass

_MAX_HEADER = 8192
# No part begins inside blanks, and nothing that was matched is tried in another way: a header of blanks alone would
# otherwise keep this busy for seconds.
_PART = re.compile(r'(,|^)?(?<!\s)\s*+([^\s,="]++)(?:\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s,"]*+)))?')

Scopes = tuple[str, ...]
"""Scopes such as ``repository:shop/api:pull,push``."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks for: a scheme in lower case, and parameters with lower-case names."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(headers: tuple[str, ...]) -> tuple[Challenge, ...]:
    """Read the values of WWW-Authenticate headers, in their order; of a parameter given twice the first counts."""
    found: list[tuple[str, dict[str, str]]] = []
    for header in headers:
        for part in _PART.finditer(header[:_MAX_HEADER]):
            boundary, name, quoted, plain = part.groups()
            if quoted is not None or plain is not None:
                if found:
                    value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
                    found[-1][1].setdefault(name.lower(), value)
            elif boundary is not None:  # a bare word elsewhere is a token68, as after Negotiate
                found.append((name.lower(), {}))
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)


def first_of_scheme(challenges: tuple[Challenge, ...], scheme: str) -> Challenge | None:
    """Return the first challenge of a scheme."""
    return next((challenge for challenge in challenges if challenge.scheme == scheme), None)


def one_for_each_resource(scopes: Scopes) -> Scopes:
    """Return one scope for each resource, its actions together, in the order of first mention.

    Some token services look at one scope only, so that ``pull`` beside ``pull,push`` would get less than asked for.
    """
    actions: dict[str, dict[str, None]] = {}
    for scope in scopes:
        resource, _, named = scope.rpartition(":")
        actions.setdefault(resource, {}).update(dict.fromkeys(named.split(",")))
    return tuple(f"{resource}:{','.join(named)}" for resource, named in actions.items())

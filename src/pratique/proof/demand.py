"""The one form in which a proof says what does not hold."""

from pratique.errors import Unverified


def demand(what: str, expected: object, found: object) -> None:
    """Return if the two are equal, or raise ``Unverified`` that names both.

    Args:
        what: Whose value it is, for example ``review by person:ann, image``.
        expected: What everything verified so far says.
        found: What is said here.
    """
    if expected != found:
        raise Unverified(f"{what}: expected {_shown(expected)}, found {_shown(found)}")


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        return ", ".join(_shown(item) for item in value)[:300] or "nothing"
    return str(value)[:300]

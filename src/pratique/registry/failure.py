"""What a registry's refusal means, as one of our errors.

Source: OCI distribution-spec 1.1, "Error Codes". Registries also answer with text, HTML or nothing: the status
counts, and their words are shown where they can be.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from pratique.errors import Absent, Conflict, Malformed, Refused, Unreachable
from pratique.registry.transport import Answer
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest

_UNKNOWN = frozenset({"MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"})
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
# What a gateway that repeats a question's headers shows of them: the value of Authorization, a token of three parts.
_SECRET = re.compile(
    r"\b(?:basic|bearer)[\s\"':=]+[A-Za-z0-9._~+/=-]{4,}|\beyJ[\w-]+\.[\w-]+\.[\w-]*", re.IGNORECASE
)
_REMEDIES: Mapping[int, str] = {
    401: "see which credentials are configured for it and what they may do",
    403: "see which credentials are configured for it and what they may do",
    413: "it is too large for it; raise the limit of the registry, or of the proxy in front of it",
    408: "try again",
    429: "try again later",
    507: "its storage is full; make room there, then try again",
}

Errors = tuple[Mapping[str, Any], ...]


class MissingParts(Absent):
    """A registry does not take a manifest, because something it points to is not there.

    Attributes:
        digests: What is missing, as far as the registry names it.
    """

    def __init__(self, message: str, digests: frozenset[Digest]) -> None:
        super().__init__(message)
        self.digests = digests


def expect(answer: Answer, wanted: Collection[int], doing: str) -> None:
    """Return if the answer has one of the wanted statuses.

    Args:
        answer: What came.
        wanted: The statuses that mean success.
        doing: What was asked of the URL, for the message, such as ``writing it``.

    Raises:
        MissingParts: A manifest points to what is not there.
        Absent: 404.
        Conflict: 409 or 412.
        Refused: Any other 4xx.
        Unreachable: Anything else.
    """
    if answer.status not in wanted:
        fail(answer, doing)


def fail(answer: Answer, doing: str) -> NoReturn:
    """Raise what the answer means; see :func:`expect`."""
    status, errors = answer.status, _errors(answer)
    said = _words(errors)
    what = f"{answer.place}: {doing}: the registry answers {status}{f' ({said})' if said else ''}"
    what = f"{what}; {_remedy(status)}"
    if status >= 500 or status < 400 or status in (408, 429):
        raise Unreachable(what)
    if status in (401, 403):
        raise Refused(what)
    if any(error.get("code") == "MANIFEST_BLOB_UNKNOWN" for error in errors):
        raise MissingParts(what, _named(errors))
    if status == 404 or any(error.get("code") in _UNKNOWN for error in errors):
        raise Absent(what)
    if status in (409, 412):
        raise Conflict(what)
    raise Refused(what)


def _remedy(status: int) -> str:
    if status in _REMEDIES:
        return _REMEDIES[status]
    if status >= 500:
        return "try again"
    return "see what is there" if status in (404, 409, 412) else "see its rules, or ask who runs it"


def _errors(answer: Answer) -> Errors:
    try:
        errors: Any = parse_object(answer.body, "error").get("errors")
    except Malformed:
        return ()  # some answer in plain text or HTML; the status says enough
    return tuple(error for error in errors if isinstance(error, dict)) if isinstance(errors, list) else ()


def _words(errors: Errors) -> str:
    """Return the registry's own words, as far as they can be shown: one line, printable, short, no secret of ours."""
    if not errors:
        return ""
    text = f"{errors[0].get('code', '')}: {errors[0].get('message', '')}"
    plain = "".join(letter for letter in text if letter.isprintable())
    return _SECRET.sub("[removed]", plain)[:200]


def _named(errors: Errors) -> frozenset[Digest]:
    """Return every digest that an error about a missing part names, in its detail or its words."""
    about = [error for error in errors if error.get("code") == "MANIFEST_BLOB_UNKNOWN"]
    said = "".join(f"{error.get('detail', '')} {error.get('message', '')} " for error in about)
    return frozenset(Digest(found) for found in _DIGEST.findall(said))

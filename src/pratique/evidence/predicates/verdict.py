"""What an outside check answered: ``verdict/v1``; docs/checks.md describes the predicate.

A run without an answer is a run that found nothing out: it says why, and never that nothing is wrong.
"""

import json
from typing import TYPE_CHECKING, Any, Final

from pratique.attest.fields import Fields
from pratique.attest.statement import Statement, Subject, build_statement
from pratique.errors import Malformed
from pratique.evidence.facts.scan import Severity
from pratique.evidence.facts.verdict import CheckRun, Objection
from pratique.evidence.lookup import shown
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, understood
from pratique.values.canonical import parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.uris import VERDICT

if TYPE_CHECKING:
    from pratique.values.canonical import Json

FORMAT: Final = "pratique-verdict"
MOST_OBJECTIONS: Final = 1000
"""What one answer may hold; a flood is no answer."""
_LONGEST: Final = {"term": 300, "message": 500, "fix": 500}
_SEVERITIES = tuple(severity.label for severity in Severity)


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as it is put into a statement.

    Attributes:
        check: How the settings call it.
        started: In RFC 3339.
        finished: In RFC 3339.
        invocation: How it was run.
        answer: What it wrote; ``None`` where there is no answer that counts.
        reason: Why not.
    """

    check: str
    started: str
    finished: str
    invocation: tuple[str, ...]
    answer: bytes | None
    reason: str = ""


def build_verdict(run: Run, image: Digest) -> bytes:
    """Return the statement about one platform's manifest.

    Raises:
        Malformed: The answer is none, or about another image; :func:`read_answer` says how it must look.
    """
    predicate: dict[str, Json] = {
        "check": run.check,
        "invocation": list(run.invocation),
        "startedOn": run.started,
        "finishedOn": run.finished,
    }
    if run.answer is None:
        predicate |= {"outcome": "failed", "reason": run.reason}
    else:
        objections = read_answer(run.answer, image)
        predicate |= {"outcome": "answered", "objections": [_written(each) for each in objections]}
    return build_statement((Subject(image),), VERDICT, predicate)


def read_answer(content: bytes, image: Digest) -> tuple[Objection, ...]:
    """Return what an outside check objects to in this image.

    Its answer is one JSON object, ``{"image": "sha256:…", "objections": [{"term", "message", "severity"?, "fix"?}]}``.

    Raises:
        Malformed: It is no such object, names another image or too many objections, or has an unknown key.
    """
    document = parse_object(content, "answer")
    if unknown := sorted(document.keys() - {"image", "objections"}):
        raise Malformed(f"answer: expected image and objections, found {shown(unknown[0], 40)!r}")
    if document.get("image") != str(image):
        raise Malformed(f"answer.image: expected {image}, found {shown(json.dumps(document.get('image')), 90)}")
    return _objections(Fields("answer", document))


def read_verdict(statement: Statement, _: Interpret) -> Reading:
    """Return the run that a statement tells of.

    Raises:
        Malformed: A field is missing, of another type or too long.
    """
    fields = statement.fields
    check, finished = fields.text("check"), fields.timestamp("finishedOn")
    match fields.text("outcome"):
        case "failed":
            run = CheckRun(check, finished, None, shown(fields.text("reason"), 400))
            return understood(FORMAT, run, f"{check} gave no answer: {run.reason}", version="1")
        case "answered":
            return understood(FORMAT, CheckRun(check, finished, _objections(fields)), version="1")
        case other:
            raise Malformed(f"{fields.path('outcome')}: expected answered or failed, found {shown(other, 40)!r}")


def _objections(fields: Fields) -> tuple[Objection, ...]:
    items = fields.objects("objections")
    if len(items) > MOST_OBJECTIONS:
        raise Malformed(f"{fields.path('objections')}: expected at most {MOST_OBJECTIONS}, found {len(items)}")
    found = tuple(map(_objection, items))
    if len({each.term for each in found}) < len(found):
        raise Malformed(f"{fields.path('objections')}: expected each term once, found one twice")
    return found


def _objection(fields: Fields) -> Objection:
    for name in fields.values:
        if name not in ("term", "message", "severity", "fix"):
            raise Malformed(f"{fields.path(shown(name, 40))}: expected term, message, severity or fix")
    severity = fields.text("severity") if fields.has("severity") else None
    if severity is not None and severity not in _SEVERITIES:
        raise Malformed(f"{fields.path('severity')}: expected one of {', '.join(_SEVERITIES)}")
    fix = _line(fields, "fix") if fields.has("fix") else None
    return Objection(_line(fields, "term"), _line(fields, "message"), severity, fix)


def _line(fields: Fields, name: str) -> str:
    text = fields.text(name)
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST[name]:
        raise Malformed(f"{fields.path(name)}: expected one line of at most {_LONGEST[name]} characters")
    return text


def _written(objection: Objection) -> dict[str, Any]:
    said = {
        "term": objection.term,
        "message": objection.message,
        "severity": objection.severity,
        "fix": objection.fix,
    }
    return {name: value for name, value in said.items() if value is not None}

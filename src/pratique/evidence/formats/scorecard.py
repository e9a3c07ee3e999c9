"""OpenSSF Scorecard's JSON: how a repository is looked after, check by check.

Source: ossf/scorecard, pkg/scorecard/json.go (``JSONScorecardResultV2``) and docs/checks.md: scores of 0 to 10, -1
where a check could not tell.
"""

from decimal import Decimal
from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.claims import Scorecard
from pratique.evidence.lookup import Notes, moment_of, number_at, shown, table_at, tables_at, text_at
from pratique.evidence.model import Reading

FORMAT = "scorecard"


def read_scorecard(document: Document) -> Reading | None:
    """Return what a scorecard says, or nothing where the document is something else."""
    value = json_object(document)
    if "checks" not in value or not table_at(value, "scorecard"):
        return None
    notes, repository = Notes(), table_at(value, "repo")
    score = number_at(value, "score")
    facts = Scorecard(
        repository=text_at(repository, "name"),
        commit=text_at(repository, "commit"),
        created=moment_of(_moment(text_at(value, "date"))),
        score=None if score is None else str(Decimal(str(score))),
        checks=tuple(_checks(value, notes)),
    )
    version = text_at(table_at(value, "scorecard"), "version")
    return Reading(FORMAT, version, notes.parse, notes.reasons, (facts,))


def _checks(value: dict[str, Any], notes: Notes) -> list[tuple[str, int]]:
    found = []
    for check in tables_at(value, "checks", notes):
        name, score = text_at(check, "name"), check.get("score")
        if name is None or type(score) is not int or not -1 <= score <= 10:
            notes.add(f"checks: expected a name and a score of -1 to 10, found {shown(name)} {shown(score, 40)}")
            continue
        found.append((name, score))
    return found


def _moment(text: str | None) -> str | None:
    return f"{text}T00:00:00Z" if text and len(text) == 10 else text  # it writes a day only

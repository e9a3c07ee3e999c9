"""ZAP's JSON report: what a prober found from outside while the application ran.

Source: zaproxy/zap-extensions, reports add-on, "traditional-json" and "traditional-json-plus": sites, their alerts
(``riskcode`` 0 to 3, ``confidence`` 0 for a false positive) and the places where each was found.
"""

from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.results import Result, ResultKind, ResultLevel, Results
from pratique.evidence.lookup import Notes, shown, table_at, tables_at, text_at
from pratique.evidence.model import Reading

FORMAT = "zap-json"
_LEVELS = {"0": ResultLevel.NONE, "1": ResultLevel.NOTE, "2": ResultLevel.WARNING, "3": ResultLevel.ERROR}
_FALSE_POSITIVE = "0"
_PROGRAMS = frozenset({"ZAP", "OWASP ZAP"})


def read_zap(document: Document) -> Reading | None:
    """Return one result for each alert of each site, or nothing where the document is something else."""
    value = json_object(document)
    if "@version" not in value or "site" not in value:
        return None
    program = text_at(value, "@programName") or "ZAP"  # older reports do not say it
    if program not in _PROGRAMS:
        return None
    notes = Notes()
    sites = [table_at(value, "site")] if isinstance(value["site"], dict) else tables_at(value, "site", notes)
    found = tuple(_result(site, alert, notes) for site in sites for alert in tables_at(site, "alerts", notes))
    # Without any site nothing was probed, which is not the same as finding nothing.
    facts = Results(ResultKind.DYNAMIC, "ZAP", text_at(value, "@version"), found if sites else None)
    return Reading(FORMAT, text_at(value, "@version"), notes.parse, notes.reasons, (facts,))


def _result(site: dict[str, Any], alert: dict[str, Any], notes: Notes) -> Result:
    code = str(alert.get("riskcode"))
    if code not in _LEVELS:
        notes.add(f"riskcode: expected 0 to 3, found {shown(code, 40)}; it counts as the highest")
    instances = tables_at(alert, "instances", notes)
    place = text_at(instances[0], "uri") if instances else text_at(site, "@name")
    silenced = str(alert.get("confidence")) == _FALSE_POSITIVE
    return Result(
        rule=text_at(alert, "alertRef") or text_at(alert, "pluginid") or "",
        level=_LEVELS.get(code, ResultLevel.ERROR),
        severity=text_at(alert, "riskdesc"),
        message=text_at(alert, "name") or text_at(alert, "alert"),
        place=place,
        suppressed="marked as a false positive" if silenced else None,
    )

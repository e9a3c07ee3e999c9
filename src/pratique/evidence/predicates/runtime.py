"""What was seen while something ran: in-toto runtime traces, and our ``runtime-report/v1``.

Source: in-toto/attestation, spec/predicates/runtime-trace.md (0.1, 0.2); docs/predicates.md for our own.
"""

from datetime import datetime

from pratique.attest.fields import Fields
from pratique.attest.statement import Statement
from pratique.errors import Malformed
from pratique.evidence.facts.claims import Alerts, RuntimeReport
from pratique.evidence.lookup import Notes, moment_of, shown, table_at, tables_at, text_at
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, loose, noted, understood, version_of

_LOGS = (("process", "process"), ("network", "network"), ("fileAccess", "file"))
SEVERITIES = ("critical", "high", "medium", "low", "negligible", "unknown")
"""What ``alerts`` may count, worst first."""


def read_trace(statement: Statement, _: Interpret) -> Reading:
    """Return what a monitor logged; a trace raises no alerts, so nothing is known about any."""
    predicate, notes = loose(statement), Notes()
    log, metadata = table_at(predicate, "monitorLog"), table_at(predicate, "metadata")
    if not any(name in log for name, _kind in _LOGS):
        notes.add("monitorLog: expected at least one of process, network and fileAccess, found none")
    report = RuntimeReport(
        producer=text_at(table_at(predicate, "monitor"), "type"),
        environment=text_at(table_at(predicate, "monitoredProcess"), "hostID"),
        started=moment_of(text_at(metadata, "buildStartedOn")),
        ended=moment_of(text_at(metadata, "buildFinishedOn")),
        alerts=None,
        restarts=None,
        observed=tuple((kind, len(tables_at(log, name, notes))) for name, kind in _LOGS if name in log),
    )
    return noted("runtime-trace", report, notes, version_of(statement.predicate_type))


def read_runtime_report(statement: Statement, _: Interpret) -> Reading:
    """Return our own report.

    Raises:
        Malformed: A field is of another type, a severity is not ours, or the window ends before it begins.
    """
    fields = statement.fields
    started, ended = _window(fields.object("window"))
    report = RuntimeReport(
        producer=fields.object("producer").text("id"),
        environment=fields.text("environment"),
        started=started,
        ended=ended,
        alerts=_alerts(fields.object("alerts")) if fields.has("alerts") else None,
        restarts=fields.integer("restarts") if fields.has("restarts") else None,
    )
    return understood("runtime-report", report, version="1")


def _window(fields: Fields) -> tuple[datetime, datetime]:
    started, ended = fields.timestamp("from"), fields.timestamp("to")
    if ended < started:
        raise Malformed(f"{fields.path('to')}: expected a moment after 'from', found one before it")
    return started, ended


def _alerts(fields: Fields) -> Alerts:
    for name in fields.values:
        if name not in SEVERITIES:
            raise Malformed(f"{fields.path(shown(name, 40))}: expected one of {', '.join(SEVERITIES)}")
    return Alerts(tuple((name, fields.integer(name)) for name in SEVERITIES if name in fields.values))

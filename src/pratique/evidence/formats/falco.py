"""Falco's alerts as JSON lines: what a running container did that a rule forbids.

Source: falcosecurity/falco, ``json_output: true``: one object a line with ``rule``, ``priority``, ``time``,
``output`` and ``output_fields``; the priorities are syslog's.

A file of alerts does not say how long Falco watched, nor where: its window is at least from the first to the last
alert. That nothing happened is said by ``runtime-report/v1`` alone, because an empty file could come from anywhere.
"""

from collections import Counter
from typing import Any

from pratique.evidence.document import Document, JsonDocument
from pratique.evidence.facts.claims import Alerts, RuntimeReport
from pratique.evidence.facts.scan import Severity
from pratique.evidence.lookup import Notes, digests_of, moment_of, shown, table_at, text_at
from pratique.evidence.model import Reading

FORMAT = "falco"
_PRIORITIES = {
    "emergency": Severity.CRITICAL,
    "alert": Severity.CRITICAL,
    "critical": Severity.CRITICAL,
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "notice": Severity.LOW,
    "informational": Severity.NEGLIGIBLE,
    "info": Severity.NEGLIGIBLE,
    "debug": Severity.NEGLIGIBLE,
}
_NEEDED = frozenset({"rule", "priority", "time", "output"})


def read_falco(document: Document) -> Reading | None:
    """Return how many alerts of each severity there are, or nothing where the document is something else."""
    alerts = _alerts(document)
    if not alerts:
        return None
    notes = Notes()
    counted = Counter(_severity(alert, notes) for alert in alerts)
    moments = sorted(moment for alert in alerts if (moment := moment_of(text_at(alert, "time"))))
    report = RuntimeReport(
        producer="falco",
        environment=None,
        started=moments[0] if moments else None,
        ended=moments[-1] if moments else None,
        alerts=Alerts(tuple(sorted(counted.items()))),
        restarts=None,
    )
    fields = [table_at(alert, "output_fields") for alert in alerts]
    about = digests_of(*(text_at(one, "container.image.digest") for one in fields))
    if len(about) > 1:
        notes.add(
            f"container.image.digest: the alerts are about {len(about)} images; add those of each by themselves"
        )
    return Reading(FORMAT, None, notes.parse, notes.reasons, (report,), about=about)


def _alerts(document: Document) -> list[dict[str, Any]]:
    value = document.value if isinstance(document, JsonDocument) else None
    listed: list[Any] = value if isinstance(value, list) else [value]
    alerts = [alert for alert in listed if isinstance(alert, dict) and alert.keys() >= _NEEDED]
    return alerts if len(alerts) == len(listed) else []


def _severity(alert: dict[str, Any], notes: Notes) -> str:
    word = text_at(alert, "priority") or ""
    severity = _PRIORITIES.get(word.lower())
    if severity is None:
        notes.add(f"priority: {shown(word, 40)} is none of Falco's")
    return severity.label if severity is not None else "unknown"

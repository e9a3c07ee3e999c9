"""What each piece of evidence says, in one sentence for people; what somebody else wrote is cut and made harmless."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from pratique.evidence.facts.build import Provenance, SourceChange
from pratique.evidence.facts.claims import Attributes, RuntimeReport, Scorecard, Verdict
from pratique.evidence.facts.identity import Certified
from pratique.evidence.facts.lists import Advisories, KnownExploited, Likelihoods
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.facts.results import Results
from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.verdict import CheckRun
from pratique.evidence.facts.vex import Vex
from pratique.evidence.lookup import shown
from pratique.evidence.model import Evidence, Facts
from pratique.values.dataclass import dataclass
from pratique.values.moment import render_moment


class Kind(StrEnum):
    """Which part of an image's past a fact tells of."""

    SOURCE = "source"
    BUILD = "build"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Told:
    """One fact in words, who stands behind it, and the moment that it names itself, if any."""

    kind: Kind
    text: str
    at: datetime | None


def tell(evidence: Iterable[Evidence]) -> tuple[Told, ...]:
    """Return what evidence says of an image, from its source on, each sentence once.

    What is about another image is left out. Of a piece that its reader refused, that it was refused is told.
    """
    told = dict.fromkeys(said for one in evidence if one.covers for said in _tell(one))
    return tuple(sorted(told, key=lambda said: list(Kind).index(said.kind)))


def _tell(evidence: Evidence) -> Iterator[Told]:
    by = _by(evidence)
    for facts in evidence.reading.facts:
        text, at = _said(facts)
        yield Told(_kind(facts), f"{text}; {by}", at)
    if not evidence.reading.facts:
        reasons = "; ".join(evidence.reading.reasons)
        yield Told(Kind.EVIDENCE, f"{shown(evidence.reading.format)}, refused: {shown(reasons)}; {by}", None)


def _by(evidence: Evidence) -> str:
    signers = ", ".join(signed.holder for signed in evidence.signers)
    return f"signed by {signers}" if signers else f"unsigned, {evidence.because}"


def _kind(facts: Facts) -> Kind:
    match facts:
        case SourceChange():
            return Kind.SOURCE
        case Provenance() | Rebuild():
            return Kind.BUILD
        case _:
            return Kind.EVIDENCE


Said = tuple[str, datetime | None]


def _said(facts: Facts) -> Said:
    match facts:
        case SourceChange() | Provenance() | Rebuild():
            return _made(facts)
        case Sbom() | Scan() | Suites() | Vex() | Results() | CheckRun():
            return _examined(facts)
        case Attributes() | Verdict() | RuntimeReport() | Scorecard() | Certified():
            return _claimed(facts)
        case Advisories() | KnownExploited() | Likelihoods() | Opaque():
            return _kept(facts), None
        case _:
            assert_never(facts)


def _made(facts: SourceChange | Provenance | Rebuild) -> Said:
    match facts:
        case SourceChange():
            since = f" since {shown(facts.base)[:12]}" if facts.base else ""
            authors = f"{counted(len(facts.authors), 'author')}{since}"
            return f"commit {shown(facts.commit)[:12]} of {shown(facts.repository)}, by {authors}", None
        case Provenance():
            return f"built by {shown(facts.builder_id)}{_source(facts)}", facts.finished
        case Rebuild():
            equal = "the same image" if facts.equal else counted(facts.differences, "difference")
            return f"built again on {shown(facts.where)}: {equal}", None
        case _:
            assert_never(facts)


def _source(provenance: Provenance) -> str:
    if provenance.source_uri is None:
        return ""
    commit = f" at {shown(provenance.source_commit)[:12]}" if provenance.source_commit else ""
    return f" from {shown(provenance.source_uri)}{commit}"


def _examined(facts: Sbom | Scan | Suites | Vex | Results | CheckRun) -> Said:
    match facts:
        case Sbom():
            return f"a bill of materials of {counted(len(facts.components), 'component')}", facts.created
        case Scan():
            found = counted(len(facts.findings), "finding")
            return f"{shown(facts.producer)} reports {found}", facts.created
        case Suites():
            failed = sum(run.failed + run.errored for run in facts.runs)
            return f"{counted(sum(run.total for run in facts.runs), 'test')}, {failed} failed", None
        case Vex():
            said = counted(len(facts.statements), "statement")
            return f"{said} on vulnerabilities{_named(' by ', facts.author)}", facts.created
        case Results():
            return f"{shown(facts.producer or 'an analyser')} {_results(facts)}", None
        case CheckRun():
            return f"the check {shown(facts.check)} {_answer(facts)}", facts.finished
        case _:
            assert_never(facts)


def _results(facts: Results) -> str:
    if facts.results is None:
        return f"did not look for {facts.kind}"
    return f"reports {counted(len(facts.results), 'result')} of {facts.kind}"


def _answer(run: CheckRun) -> str:
    if run.objections is None:
        return f"gave no answer: {shown(run.reason)}"
    return f"has {counted(len(run.objections), 'objection')}"


def _claimed(facts: Attributes | Verdict | RuntimeReport | Scorecard | Certified) -> Said:
    match facts:
        case Attributes():
            return f"{counted(len(facts.attributes), 'attribute')}{_named(' stated by ', facts.producer)}", None
        case Verdict():
            return _verdict(facts), facts.at
        case RuntimeReport():
            return _watched(facts), facts.ended or facts.started
        case Scorecard():
            score = "no score" if facts.score is None else f"{shown(facts.score)} of 10"
            commit = f" at {shown(facts.commit)[:12]}" if facts.commit else ""
            return f"a scorecard of {shown(facts.repository or 'a repository')}{commit}: {score}", facts.created
        case Certified():
            return f"a certificate of {shown(facts.identity)} from {shown(facts.issuer)}", facts.certified
        case _:
            assert_never(facts)


def _verdict(facts: Verdict) -> str:
    words = {True: "passed", False: "failed", None: "neither passed nor failed"}
    levels = f", {', '.join(map(shown, facts.levels[:8]))}" if facts.levels else ""
    return f"{shown(facts.verifier or 'a verifier')} says: {words[facts.passed]}{_named(' by ', facts.policy)}{levels}"


def _watched(report: RuntimeReport) -> str:
    where = _named(" in ", report.environment)
    since = f" from {render_moment(report.started)}" if report.started else ""
    alerts = "alerts not told" if report.alerts is None else counted(report.alerts.total, "alert")
    restarts = "restarts not told" if report.restarts is None else counted(report.restarts, "restart")
    seen = [f"{shown(kind, 40)} {count}" for kind, count in report.observed[:8]]
    watcher = shown(report.producer or "a monitor")
    return f"{watcher} watched it run{where}{since}: {', '.join((alerts, restarts, *seen))}"


def _kept(facts: Advisories | KnownExploited | Likelihoods | Opaque) -> str:
    match facts:
        case Advisories():
            return counted(len(facts.identifiers), "advisory", "advisories")
        case KnownExploited():
            return (
                f"a list of {counted(len(facts.entries), 'exploited vulnerability', 'exploited vulnerabilities')}"
            )
        case Likelihoods():
            return f"how likely {counted(len(facts.scores), 'vulnerability is', 'vulnerabilities are')} to be exploited"
        case Opaque():
            return f"{shown(facts.what)}{_named(', built by ', facts.builder)}"
        case _:
            assert_never(facts)


def _named(before: str, name: str | None) -> str:
    return "" if name is None else f"{before}{shown(name)}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, in the singular or the plural."""
    return f"{number} {one if number == 1 else many or one + 's'}"

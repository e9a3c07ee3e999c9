"""``pratique show``: everything about one promotion, or about each part of a release, and what it waits for."""

import argparse
from collections import Counter
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.cli.promotion import head, line, value_of, value_of_all

if TYPE_CHECKING:
    from pratique.policy.result import CheckResult
    from pratique.promotion.quorum import Quorum
    from pratique.promotion.record import Record
    from pratique.promotion.telling import Told
    from pratique.service.show import Detail

MARKS = {"pass": "✓", "warn": "!", "review": "?", "block": "✗", "unknown": "·", "error": "E"}
"""A sign beside each outcome's word; the word always stands there, too."""


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("promotion", metavar="PROMOTION", help="its id, or a release's, or a unique beginning of it")
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.promotion.telling import tell
    from pratique.service.bound import of_promotion
    from pratique.service.show import details
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        found = tuple(
            (one, tell(of_promotion(workspace, one.promotion.id)))
            for one in details(workspace, arguments.promotion)
        )
    if len(found) == 1:
        return Answer(_value(*found[0]), "\n".join(_lines(*found[0])))
    promotions = tuple(one.promotion for one, _ in found)
    lines = [head(promotions), *(text for one in found for text in ("", *_lines(*one)))]
    return Answer({**value_of_all(promotions), "parts": [_value(*one) for one in found]}, "\n".join(lines))


def _told_value(told: "tuple[Told, ...]") -> list[dict[str, Any]]:
    from pratique.values.moment import render_moment

    return [{"kind": one.kind, "at": render_moment(one.at) if one.at else None, "text": one.text} for one in told]


def _lines(found: "Detail", told: "tuple[Told, ...]") -> list[str]:
    from pratique.values.moment import render_moment

    promotion = found.promotion
    lines = [
        line(promotion),
        f"  image     {promotion.image}",
        f"  from      {promotion.source}",
        f"  to        {promotion.destination}",
        f"  requester {promotion.requester}{'' if promotion.signed else ' (unsigned)'}",
    ]
    lines += comment_lines(found.comment)
    if found.turns:
        lines.append("")
    for turn in found.turns:
        lines.append(f"  {render_moment(turn.at)}  {turn.text}")
        lines += _foreign("    ", turn.words)
    if found.standing is not None:
        lines += ["", *record_lines(found.standing.record)]
        if found.standing.record.decision.approvals:
            lines += ["", *quorum_lines(found.standing.quorum)]
    for item in found.remediations:
        state = f"closed: {item.because}" if item.closed_at else f"open, {item.owner}"
        lines.append(f"  {item.id}  {item.term}  {state}")
    for effect in found.effects:
        if effect.state != "done":
            lines.append(
                f"  {effect.step}: {effect.state}, attempt {effect.attempt} {effect.error or ''}".rstrip()
            )
    if told:
        lines += ["", "evidence", *(f"  {one.text}" for one in told)]
    return lines


def comment_lines(comment: str | None) -> list[str]:
    """Return what whoever asked wrote, for people; every line of it is marked as theirs."""
    return _foreign("  comment   ", comment)


def _foreign(before: str, words: str | None) -> list[str]:
    """Return somebody else's words, which may pass neither for ours nor for orders to the terminal."""
    lines = (words or "").splitlines()
    return [before + "".join(char if char.isprintable() else " " for char in line) for line in lines]


def record_lines(record: "Record") -> list[str]:
    """Return a decision record for people: the track and why, the risk, every check with what to do."""
    decision = record.decision
    lines = [f"record {record.digest}", f"  {decision.track.name} track, risk {decision.risk.score}"]
    lines += [f"  - {reason}" for reason in decision.track.why]
    for result in decision.checks:
        lines.append(f"  {MARKS[result.outcome]} {result.outcome:<8}{result.id:<12}{result.message}")
        if result.remedy and result.outcome != "pass":
            lines.append(f"             → {result.remedy}")
        if whose := _whose(result):
            lines.append(f"             {whose}")
    return lines


def _whose(result: "CheckResult") -> str:
    """Return how many findings are the base image's and the application's; nothing where no layer tells."""
    counts = Counter(finding.origin for finding in result.findings)
    if not counts.keys() - {None}:
        return ""
    words = {"base": "of the base image", "application": "of the application", None: "of unknown origin"}
    return ", ".join(f"{counts[origin]} {told}" for origin, told in words.items() if counts[origin])


def quorum_lines(quorum: "Quorum") -> list[str]:
    """Return who decided what, who does not count and why, and who is missing."""
    lines = []
    for voter in quorum.voters:
        counts = f"counts as {voter.fills}" if voter.fills else (voter.because or "counts")
        lines.append(f"  {voter.person} {voter.decision}: {counts}")
    for need in quorum.missing:
        reason = f" ({need.because})" if need.because else ""
        lines.append(f"  missing: {need.count} × {need.role}{reason}")
    return lines


def quorum_value(quorum: "Quorum") -> dict[str, Any]:
    """Return a quorum for machines."""
    return {
        "met": quorum.met,
        "voters": [
            {
                "person": voter.person,
                "decision": voter.decision,
                "counts": voter.counts,
                "because": voter.because,
                "fills": voter.fills,
            }
            for voter in quorum.voters
        ],
        "missing": [{"role": need.role, "count": need.count, "because": need.because} for need in quorum.missing],
    }


def _value(found: "Detail", told: "tuple[Told, ...]") -> dict[str, Any]:
    from pratique.promotion.form import write
    from pratique.values.moment import render_moment

    standing = found.standing
    return {
        **value_of(found.promotion),
        "comment": found.comment,
        "evidence": _told_value(told),
        "turns": [
            {"at": render_moment(turn.at), "type": turn.type, "text": turn.text, "words": turn.words}
            for turn in found.turns
        ],
        "decision": write(standing.record.decision) if standing else None,
        "quorum": quorum_value(standing.quorum) if standing else None,
        "remediations": [
            {
                "remediation": one.id,
                "check": one.check,
                "term": one.term,
                "owner": one.owner,
                "closed": one.because,
                "remedy": one.remedy,
            }
            for one in found.remediations
        ],
        "effects": [
            {"effect": one.id, "state": one.state, "attempt": one.attempt, "error": one.error}
            for one in found.effects
        ],
    }

"""``pratique policy test``: the situations that stand beside a policy, judged and compared."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer, Exit
from pratique.cli.options import Subverbs

if TYPE_CHECKING:
    from pratique.promotion.policy_test_coverage import Seen, Taken
    from pratique.service.policy_test import Report


def add(verbs: Subverbs) -> None:
    """Add the second word ``test``."""
    verb = verbs.add("test", "judge the situations in a policy's tests/, and take every fact away in turn")
    verb.add_argument("path", type=Path, metavar="DIR", help="the policy's folder, with tests/*.yaml")
    verb.add_argument(
        "--require-coverage",
        action="store_true",
        help="fail unless every check was seen passing, failing and unknown, and every track with its approvals",
    )
    verb.set_defaults(run=_test)


def _test(arguments: argparse.Namespace) -> Answer:
    from pratique.service.policy_test import run_tests

    report = run_tests(arguments.path)
    bad = bool(report.failed or report.improved or (arguments.require_coverage and not report.coverage.whole))
    return Answer(_value(report), "\n".join(_lines(report)), Exit.REFUSED if bad else Exit.DONE)


def _value(report: "Report") -> dict[str, Any]:
    return {
        "policy": report.policy,
        "digest": report.digest,
        "cases": [
            {
                "name": one.case.text.name,
                "environment": one.situation.to,
                "outcome": one.decision.outcome,
                "track": one.decision.track.name,
                "problems": list(one.problems),
            }
            for one in report.ran
        ],
        "coverage": [
            {"environment": seen.environment, "check": seen.check, "not_seen": list(seen.missing)}
            for seen in report.coverage.checks
        ],
        "tracks": [
            {"environment": taken.environment, "track": taken.track, "not_expected": list(taken.missing)}
            for taken in report.coverage.tracks
        ],
        "mutations": {
            "tried": report.tried,
            "improved": [
                {
                    "case": one.case,
                    "without": one.without,
                    "what": one.what,
                    "before": one.before,
                    "after": one.after,
                }
                for one in report.improved
            ],
        },
    }


def _lines(report: "Report") -> list[str]:
    lines = []
    for one in report.ran:
        lines.append(f"{'FAILED' if one.problems else 'ok    '}  {one.case.text.name}")
        lines += [f"        {problem}" for problem in one.problems]
    seen = report.coverage
    lines += [
        f"not seen {' or '.join(one.missing)}: {one.environment}, check {one.check}"
        for one in seen.checks
        if one.missing
    ]
    lines += [
        f"not expected {' and '.join(one.missing)}: {one.environment}, track {one.track}"
        for one in seen.tracks
        if one.missing
    ]
    lines += [
        f"BETTER WITHOUT {one.without}: {one.case}: {one.what} was {one.before}, becomes {one.after}"
        for one in report.improved
    ]
    lines.append(
        f"policy {report.policy}: {len(report.ran) - len(report.failed)} of {len(report.ran)} cases as expected; "
        f"{_whole(seen.checks)} of {len(seen.checks)} checks seen passing, failing and unknown; "
        f"{_whole(seen.tracks)} of {len(seen.tracks)} tracks with their approvals; "
        f"{len(report.improved)} of {report.tried} omissions improved an outcome"
    )
    return lines


def _whole(parts: "tuple[Seen, ...] | tuple[Taken, ...]") -> int:
    return sum(not part.missing for part in parts)

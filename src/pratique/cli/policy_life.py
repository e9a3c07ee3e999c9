"""``pratique policy propose``, ``approve``, ``review``, ``rollback``, ``shadow`` and ``log``: the life of a policy."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer, table
from pratique.cli.options import Subverbs
from pratique.cli.times import moment
from pratique.cli.words import root_options, signatory, signing_options, word_options

if TYPE_CHECKING:
    from pratique.service.policy import Read


def add(verbs: Subverbs) -> None:
    """Add the second words."""
    propose = verbs.add("propose", "sign a new version; its own quorum approves it, and it is then in force")
    what = propose.add_mutually_exclusive_group(required=True)
    what.add_argument("path", type=Path, nargs="?", metavar="DIR", help="the policy's files")
    what.add_argument("--version", type=int, metavar="N", help="an earlier version again")
    propose.add_argument("--effective-on", type=moment, metavar="TIME", help="from then on (default: at once)")
    propose.add_argument(
        "--shadow", action="store_true", help="judge by it beside the rules in force until it is published"
    )
    signing_options(propose)
    propose.set_defaults(run=_propose)
    approve = verbs.add("approve", "sign the proposed version; the last signature that is needed publishes it")
    signing_options(approve)
    approve.set_defaults(run=_approve)
    review = verbs.add("review", "sign that the rules in force were looked over and may stay")
    word_options(review, "what was looked at; stays private")
    review.set_defaults(run=_review)
    rollback = verbs.add("rollback", "publish an earlier version again, under root keys")
    rollback.add_argument("version", type=int, metavar="N", help="which one; see `pratique policy log`")
    root_options(rollback)
    rollback.set_defaults(run=_rollback)
    shadow = verbs.add("shadow", "print where the proposed version would decide otherwise")
    shadow.set_defaults(run=_shadow)
    log = verbs.add("log", "print every version, proposal, approval and review of the policy")
    log.set_defaults(run=_log)


def _propose(arguments: argparse.Namespace) -> Answer:
    from pratique.service.policy import read_bundle
    from pratique.service.policy_change import Change, propose
    from pratique.service.policy_history import read_version
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        read = read_bundle(arguments.path) if arguments.path else read_version(workspace, arguments.version)
        tests = _tested(read)
        done = propose(workspace, Change(read, arguments.effective_on, arguments.shadow, tests), signs)
    value = {"version": done.version, "digest": str(done.digest), "author": done.author, "tests": tests}
    told = f"{tests['cases']} cases of its own tests as expected" if tests["cases"] else "it has no tests"
    return Answer(value, f"version {done.version}, {done.digest}, is proposed; {told}")


def _tested(read: "Read") -> dict[str, int]:
    """Return what a policy's own tests say; raises ``Refused`` where one fails."""
    from pratique.errors import Refused
    from pratique.service.policy_test import run_tests_of

    report = run_tests_of(read)
    if report.failed:
        failed = report.failed[0]
        raise Refused(f"policy: its own test {failed.case.text.name!r} fails: {failed.problems[0]}")
    return {"cases": len(report.ran), "omissions": report.tried, "improved": len(report.improved)}


def _approve(arguments: argparse.Namespace) -> Answer:
    from pratique.service.policy_change import approve
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        endorsed, published = approve(workspace, signs)
    stands = "it is published" if published else "others must approve it too"
    value = {"version": endorsed.version, "digest": str(endorsed.digest), "published": published is not None}
    return Answer(value, f"{endorsed.by} approved version {endorsed.version}; {stands}")


def _review(arguments: argparse.Namespace) -> Answer:
    from pratique.service.policy_review import review
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        done = review(workspace, arguments.comment, signs)
    value = {"version": done.version, "digest": str(done.digest), "by": done.by}
    return Answer(value, f"{done.by} looked version {done.version} over, and left it as it is")


def _rollback(arguments: argparse.Namespace) -> Answer:
    from pratique.service.policy import publish
    from pratique.service.policy_history import read_version
    from pratique.service.signatory import PersonSignatory
    from pratique.wire import open_workspace

    signatories = tuple(PersonSignatory(person, key) for person, key in arguments.root)
    with open_workspace(arguments.workspace) as workspace:
        done = publish(workspace, read_version(workspace, arguments.version), signatories)
    value = {"version": done.version, "digest": str(done.digest), "again": arguments.version}
    return Answer(
        value, f"version {arguments.version} is in force again, as version {done.version}: {done.digest}"
    )


def _shadow(arguments: argparse.Namespace) -> Answer:
    from pratique.service.shadow import shadows
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        found = workspace.store.read(shadows)
    others = [one for one in found if (one.outcome, one.track) != (one.live_outcome, one.live_track)]
    rows = [
        (str(one.version), one.promotion, f"{one.live_outcome}, {one.live_track}", f"{one.outcome}, {one.track}")
        for one in others
    ]
    value = {
        "judged": len(found),
        "otherwise": [
            {
                "version": one.version,
                "digest": str(one.digest),
                "promotion": one.promotion,
                "live": {"outcome": one.live_outcome, "track": one.live_track},
                "shadow": {"outcome": one.outcome, "track": one.track},
            }
            for one in others
        ],
    }
    told = f"{len(found)} decisions were judged by a shadow, {len(others)} otherwise"
    heads = ("VERSION", "PROMOTION", "IN FORCE", "PROPOSED")
    return Answer(value, "\n".join((table(heads, rows), "", told)) if rows else told)


def _log(arguments: argparse.Namespace) -> Answer:
    from pratique.promotion.sentences import describe
    from pratique.service.policy_history import history
    from pratique.values.moment import render_moment
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        entries = workspace.store.read(history)
    value = {
        "entries": [
            {
                "index": entry.index,
                "at": render_moment(entry.event.at),
                "type": entry.event.type,
                "actor": entry.event.actor,
                "text": describe(entry.event),
            }
            for entry in entries
        ]
    }
    lines = [f"{render_moment(entry.event.at)}  {describe(entry.event)}" for entry in entries]
    return Answer(value, "\n".join(lines))

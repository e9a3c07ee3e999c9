"""``pratique waiver``: exceptions for one finding, signed by those who may, until they end."""

import argparse
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer, table
from pratique.cli.options import subverbs
from pratique.cli.times import moment
from pratique.cli.words import environment, signatory, word_options
from pratique.errors import Malformed

if TYPE_CHECKING:
    from pratique.attest.waiver import VoidedIf
    from pratique.service.waiver import Shown


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    _propose(verbs.add("propose", "sign the terms of a waiver for a finding in a decision record"))
    for word, told, run in (
        ("grant", "sign a grant of a waiver's terms", _grant),
        ("revoke", "sign that a waiver no longer holds; what relies on it is judged again", _revoke),
    ):
        verb = verbs.add(word, told)
        verb.add_argument("waiver", metavar="WAIVER", help="its id, or a unique beginning of it")
        word_options(verb)
        verb.set_defaults(run=run)
    listing = verbs.add("list", "print every waiver and how it stands, the newest first")
    listing.add_argument("--environment", type=environment, metavar="ENV", help="only those that hold there")
    listing.set_defaults(run=_list)
    show = verbs.add("show", "print one waiver: its terms, who signed what, and how it stands")
    show.add_argument("waiver", metavar="WAIVER", help="its id, or a unique beginning of it")
    show.set_defaults(run=_show)
    return verbs.parser


def _propose(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("promotion", metavar="PROMOTION", help="where the finding is; a unique beginning is enough")
    verb.add_argument("--check", required=True, metavar="ID", help="the check that found it")
    verb.add_argument(
        "--term", required=True, metavar="TERM", help="the finding, for example CVE-2026-1@pkg:pypi/x"
    )
    verb.add_argument(
        "--over",
        choices=("digest", "component", "base"),
        default="digest",
        help="one image (default), every image of the applications, or every image built on --base",
    )
    verb.add_argument("--application", action="append", default=[], metavar="NAME", help="with --over component")
    verb.add_argument("--base", metavar="IMAGE", help="with --over base, as provenance names it")
    ends = verb.add_mutually_exclusive_group(required=True)
    ends.add_argument("--expires", type=moment, metavar="TIME", help="it ends at this very moment")
    ends.add_argument("--days", type=int, metavar="N", help="it ends so many days from now")
    verb.add_argument(
        "--justification", required=True, metavar="CODE", help="such as vulnerable_code_not_in_execute_path"
    )
    verb.add_argument("--owner", metavar="WHO", help="who repairs it meanwhile: person:NAME or group:NAME")
    verb.add_argument("--ticket", metavar="ID", help="where the repair is followed")
    verb.add_argument(
        "--control", action="append", default=[], metavar="CHECK", help="a check that must pass meanwhile"
    )
    verb.add_argument("--renews", metavar="WAIVER", help="the waiver for the same finding that this one follows")
    verb.add_argument(
        "--void-if",
        action="append",
        default=[],
        metavar="FACT",
        help="kev, fix or epss>=0.5: it no longer holds once this is so; repeat it for several",
    )
    word_options(verb)
    verb.set_defaults(run=_run_propose)


def _run_propose(arguments: argparse.Namespace) -> Answer:
    from pratique.attest.waiver import Over
    from pratique.service.waiver import show
    from pratique.service.waiver_proposal import Wish, propose
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        wish = Wish(
            promotion=arguments.promotion,
            check=arguments.check,
            term=arguments.term,
            over=Over(arguments.over),
            applications=tuple(arguments.application),
            base=arguments.base,
            expires=_end(arguments, workspace.store.read(lambda view: view.now)),
            justification=arguments.justification,
            comment=arguments.comment,
            owner=arguments.owner,
            ticket=arguments.ticket,
            controls=tuple(arguments.control),
            renews=arguments.renews,
            voided_if=_voided_if(arguments.void_if),
        )
        return _told(show(workspace, propose(workspace, wish, signs)))


def _end(arguments: argparse.Namespace, now: datetime) -> datetime:
    given: datetime | None = arguments.expires
    return given or now + timedelta(days=arguments.days)


def _voided_if(facts: list[str]) -> "VoidedIf":
    from pratique.attest.waiver import VoidedIf

    epss = [fact.removeprefix("epss>=") for fact in facts if fact.startswith("epss>=")]
    unknown = [fact for fact in facts if fact not in ("kev", "fix") and not fact.startswith("epss>=")]
    if unknown or len(epss) > 1:
        raise Malformed(
            f"usage: expected kev, fix or one epss>=0.5 after --void-if, found {(unknown or epss)[-1]!r}"
        )
    return VoidedIf(kev="kev" in facts, epss=epss[0] if epss else None, fix_available="fix" in facts)


def _grant(arguments: argparse.Namespace) -> Answer:
    from pratique.service.waiver import grant
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        return _told(grant(workspace, arguments.waiver, arguments.comment, signs))


def _revoke(arguments: argparse.Namespace) -> Answer:
    from pratique.service.waiver import revoke
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        return _told(revoke(workspace, arguments.waiver, arguments.comment, signs))


def _list(arguments: argparse.Namespace) -> Answer:
    from pratique.service.waiver import listed
    from pratique.values.moment import render_moment
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        found = listed(workspace, arguments.environment)
    rows = [
        (
            one.standing.waiver,
            one.standing.environment,
            one.terms.check,
            one.terms.term,
            render_moment(one.terms.expires),
            one.standing.word(one.now),
        )
        for one in found
    ]
    heads = ("WAIVER", "ENVIRONMENT", "CHECK", "FINDING", "EXPIRES", "STANDS")
    return Answer(
        {"waivers": [_value(one) for one in found]}, table(heads, rows) if rows else "there are no waivers"
    )


def _show(arguments: argparse.Namespace) -> Answer:
    from pratique.service.waiver import show
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        return _told(show(workspace, arguments.waiver))


def _told(one: "Shown") -> Answer:
    from pratique.attest.waiver import terms_object

    lines = [f"waiver {one.standing.waiver}: {one.standing.word(one.now)}"]
    lines += [
        f"  {name}: {_text(value)}"
        for name, value in terms_object(one.terms).items()
        if value not in (None, [], 0)
    ]
    lines += [f"  comment: {one.words}"] if one.words else []
    return Answer(_value(one), "\n".join(lines))


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(part)}" for name, part in value.items() if part not in (None, [], False))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _value(one: "Shown") -> dict[str, Any]:
    from pratique.attest.waiver import terms_object

    return {
        "waiver": one.standing.waiver,
        "stands": one.standing.word(one.now),
        "in_force": one.standing.in_force(one.now),
        "granted_by": [by for by, _ in one.standing.grants],
        "terms": terms_object(one.terms),
        "comment": one.words,
    }

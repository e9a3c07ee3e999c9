"""``pratique watch``: take in what others know, what that means for what is held, and where a package is."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer, table
from pratique.cli.options import subverbs

if TYPE_CHECKING:
    from pratique.promotion.past import Arrival
    from pratique.service.watch import Overview, Place, Seen, Turned, Whereabouts
    from pratique.storage.signal import Signal


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    take = verbs.add(
        "import", "take in advisories (OSV), known exploited vulnerabilities (KEV), likelihoods (EPSS)"
    )
    take.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="files, folders and zips, of any mixture, already here"
    )
    take.add_argument(
        "--feed",
        type=_feed,
        default="",
        metavar="NAME",
        help="keep these advisories apart from others, as advisories-NAME; a feed replaces its last snapshot only",
    )
    take.set_defaults(run=_import)
    listing = verbs.add("list", "print what concerns each image that is held, by the advisories in force")
    listing.set_defaults(run=_list)
    run = verbs.add("run", "look at everything that is held again, and record what has turned out")
    run.set_defaults(run=_look)
    where = verbs.add("where", "print which environments hold a package, or what a vulnerability concerns")
    asked = where.add_mutually_exclusive_group(required=True)
    asked.add_argument("--package", metavar="PURL", help="pkg:TYPE/NAME[@VERSION], for example pkg:pypi/urllib3")
    asked.add_argument("--cve", metavar="NAME", help="CVE-…, GHSA-…, PYSEC-… or another name of it")
    where.set_defaults(run=_where)
    return verbs.parser


def _feed(text: str) -> str:
    """Return what a feed's name ends with; without the option, nothing."""
    if not text:
        return ""
    if (
        not text
        or len(text) > 40
        or not all(letter.isascii() and (letter.isalnum() or letter in "-.") for letter in text)
    ):
        raise argparse.ArgumentTypeError(f"expected letters, digits, dots and hyphens, found {text[:60]!r}")
    return f"-{text.lower()}"


def _import(arguments: argparse.Namespace) -> Answer:
    from pratique.service.feed import import_feeds
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        done = import_feeds(workspace, tuple(arguments.paths), f"advisories{arguments.feed}")
    value = {
        "feeds": [
            {
                "feed": one.name,
                "digest": str(one.digest),
                "version": one.version,
                "records": one.records,
                "added": one.added,
                "changed": one.changed,
                "withdrawn": one.withdrawn,
                "gone": one.gone,
            }
            for one in done.feeds
        ],
        "left_out": dict(done.left_out),
        "signals": _turned(done.turned),
    }
    lines = [
        f"{one.name}: {one.records} records taken in as {one.digest}; {one.added} new, {one.changed} changed, "
        f"{one.withdrawn} withdrawn, {one.gone} gone"
        for one in done.feeds
    ]
    left = [f"left out: {why} ({count})" for why, count in done.left_out]
    return Answer(value, "\n".join((*lines, *left, _told(done.turned))))


def _look(arguments: argparse.Namespace) -> Answer:
    from pratique.service.watch import look_again
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        turned = look_again(workspace)
    return Answer({"signals": _turned(turned)}, _told(turned))


def _turned(turned: "Turned") -> dict[str, int]:
    return {"raised": turned.raised, "reconciled": turned.reconciled, "open": turned.open}


def _told(turned: "Turned") -> str:
    return f"signals: {turned.raised} raised, {turned.reconciled} settled, {turned.open} open"


def _list(arguments: argparse.Namespace) -> Answer:
    from pratique.service.watch import overview
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        found = overview(workspace)
    if found.looked.advisories is None:
        return Answer(
            _listed(found), "no advisories are imported, so nothing was compared: `pratique watch import`"
        )
    rows = [
        (
            one.arrival.environment,
            f"{one.arrival.application}/{one.arrival.image_name}",
            one.arrival.image.short,
            each.identifier,
            f"{each.package} {each.version or ''}".rstrip(),
            each.severity.label if each.severity else "unknown",
            _standing(one, each.term),
        )
        for one in found.looked.seen
        for each in one.watched.vulnerabilities
    ]
    heads = ("ENVIRONMENT", "IMAGE", "DIGEST", "VULNERABILITY", "PACKAGE", "SEVERITY", "SINCE")
    blind = [_blind(one.arrival) for one in found.looked.seen if not one.watched.bills]
    text = table(heads, rows) if rows else "no advisory in force concerns what was compared"
    compared = sum(one.watched.examined for one in found.looked.seen)
    counted = f"{compared} packages of {len(found.looked.seen)} images compared; {len(found.signals)} signals open"
    return Answer(_listed(found), "\n".join((text, *blind, counted)))


def _standing(one: "Seen", term: str) -> str:
    if said := one.cleared.get(term):
        return f"cleared by {' and '.join(said.signers)}"
    return "known when judged" if term in one.known else "new"


def _listed(found: "Overview") -> dict[str, Any]:
    return {
        "advisories": None if found.looked.advisories is None else str(found.looked.advisories),
        "images": [_image(one) for one in found.looked.seen],
        "signals": [signal_value(one) for one in found.signals],
    }


def _image(one: "Seen") -> dict[str, Any]:
    return {
        **_place(one.arrival),
        "bills_of_materials": one.watched.bills,
        "examined": one.watched.examined,
        "not_examined": list(one.watched.not_examined),
        "vulnerabilities": [
            {
                "term": each.term,
                "vulnerability": each.identifier,
                "aliases": list(each.aliases),
                "package": each.package,
                "version": each.version,
                "severity": each.severity.label if each.severity else None,
                "fixed": list(each.fixed_versions),
                "known_when_judged": each.term in one.known,
                "cleared_by": list(one.cleared[each.term].signers) if each.term in one.cleared else [],
            }
            for each in one.watched.vulnerabilities
        ],
    }


def signal_value(one: "Signal") -> dict[str, Any]:
    """Return one signal for machines."""
    from pratique.values.moment import render_moment

    return {
        "signal": one.id,
        "environment": one.environment,
        "application": one.application,
        "image_name": one.image_name,
        "image": str(one.image),
        "term": one.term,
        "vulnerability": one.vulnerability,
        "package": one.package,
        "severity": one.severity,
        "raised_at": render_moment(one.raised_at),
    }


def _place(one: "Arrival") -> dict[str, Any]:
    return {
        "environment": one.environment,
        "application": one.application,
        "image_name": one.image_name,
        "image": str(one.image),
        "promotion": one.promotion,
    }


def _blind(one: "Arrival") -> str:
    return (
        f"{one.environment}: {one.application}/{one.image_name} {one.image.short} has no bill of materials, so "
        "nobody looked into it"
    )


def _where(arguments: argparse.Namespace) -> Answer:
    from pratique.service.watch import where_package, where_vulnerability
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        if arguments.package:
            found = where_package(workspace, arguments.package)
        else:
            found = where_vulnerability(workspace, arguments.cve)
    rows = [
        (
            one.arrival.environment,
            f"{one.arrival.application}/{one.arrival.image_name}",
            str(one.row.platform),
            f"{one.row.named.package} {one.row.named.version or ''}".rstrip(),
            one.row.evidence.short,
            {True: "affected", False: "", None: "" if arguments.package else "cannot be compared"}[one.affected],
        )
        for one in found.places
    ]
    heads = ("ENVIRONMENT", "IMAGE", "DIGEST", "PACKAGE", "EVIDENCE", "")
    text = table(heads, rows) if rows else f"in none of {found.looked_at - len(found.blind)} images looked into"
    named = ", ".join(f"{one.identifier}{' (withdrawn)' if one.withdrawn else ''}" for one in found.advisories)
    about = [f"advisories: {named}"] if named else []
    return Answer(_whereabouts(found), "\n".join((*about, text, *map(_blind, found.blind))))


def _whereabouts(found: "Whereabouts") -> dict[str, Any]:
    return {
        "places": [_found(one) for one in found.places],
        "advisories": [
            {"id": one.identifier, "aliases": list(one.aliases), "withdrawn": one.withdrawn}
            for one in found.advisories
        ],
        "looked_at": found.looked_at - len(found.blind),
        "not_examined": [_place(one) for one in found.blind],
    }


def _found(one: "Place") -> dict[str, Any]:
    return {
        **_place(one.arrival),
        "platform": str(one.row.platform),
        "package": one.row.named.package,
        "version": one.row.named.version,
        "purl": one.row.named.purl,
        "evidence": str(one.row.evidence),
        "bound": one.row.bound,
        "affected": one.affected,
    }

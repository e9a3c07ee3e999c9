"""A page for people about one promotion, as one HTML file without scripts.

It is written from a proof that holds, and proves nothing itself: whoever hands it on can change it. It says so at
its top, and names the digest of the proof to verify instead. Everything is escaped, and the page may load nothing.
The same proof gives the same bytes.
"""

from collections.abc import Iterator
from html import escape

from pratique.attest.fields import Fields
from pratique.promotion.events import Entry, parse_event
from pratique.promotion.sentences import describe
from pratique.proof.document import Proof, parse_proof
from pratique.proof.established import Approver, Established
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

Row = tuple[str, ...]

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%;margin:.5em 0 2em}"
    "th,td{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th{background:#eee}.warning{border:3px solid #a00;padding:1em;font-weight:bold}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def build_report(established: Established, core: bytes) -> bytes:
    """Return the page.

    Args:
        established: What the proof establishes.
        core: The proof, in its core form, that was verified.
    """
    proof = parse_proof(core)
    record = Fields("record", parse_object(dict(proof.objects)[established.record], "record"))
    title = f"{established.image_name} into {established.environment}: {established.promotion}"
    parts = (
        _warning(core),
        _table("What was established", ("", ""), established.facts),
        _table("Who approved", _APPROVER_HEADS, tuple(map(_approver, established.approvers))),
        _table("Checks", ("check", "kind", "outcome", "what it says"), tuple(_checks(record))),
        _table("Findings", ("finding", "severity", "what it is", "how to fix"), tuple(_findings(record))),
        _table("Waivers", ("waiver", "check", "takes out", "until"), tuple(_waivers(record))),
        _table("Risk", ("term", "points"), tuple(_risk(record))),
        _table("Evidence", ("digest", "media type", "bytes", "about"), tuple(_evidence(record))),
        _table("What happened", ("entry", "when", "who", "what"), tuple(_events(proof))),
    )
    return _page(title, "".join(parts)).encode()


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="referrer" content="no-referrer">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_shown(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{_shown(title)}</h1>\n{body}</body>\n</html>\n"
    )


def _warning(core: bytes) -> str:
    return (
        '<p class="warning">This page proves nothing; verify the proof: <code>pratique proof verify FILE '
        f"--trust-root FILE</code>. It was written from the proof with the digest <code>{Digest.of(core)}</code>.</p>\n"
    )


def _table(title: str, heads: Row, rows: tuple[Row, ...]) -> str:
    if not rows:
        return f"<h2>{_shown(title)}</h2>\n<p>None.</p>\n"
    head = "".join(f'<th scope="col">{_shown(text)}</th>' for text in heads) if any(heads) else ""
    body = "".join(f"<tr>{''.join(f'<td>{_shown(text)}</td>' for text in row)}</tr>\n" for row in rows)
    top = f"<thead><tr>{head}</tr></thead>\n" if head else ""
    return f"<h2>{_shown(title)}</h2>\n<table>\n{top}<tbody>\n{body}</tbody>\n</table>\n"


def _shown(text: str) -> str:
    """Return text for a page: nothing in it is markup, or turns the direction of what follows."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return escape(plain)


_APPROVER_HEADS = ("person", "role", "reason", "signed, by the reviewer's clock", "recorded", "key")


def _approver(one: Approver) -> Row:
    recorded = f"entry {one.index}, {render_moment(one.at)}; had seen {one.seen} entries"
    return one.person, one.role, one.reason, render_moment(one.issued_at), recorded, one.key


def _checks(record: Fields) -> Iterator[Row]:
    for check in record.objects("checks"):
        yield check.text("id"), check.text("check"), check.text("outcome"), check.text_or_empty("message")


def _findings(record: Fields) -> Iterator[Row]:
    for found in record.objects("findings"):
        severity = found.text_or_empty("severity") or "-"
        yield found.text("term"), severity, found.text_or_empty("message"), found.text_or_empty("fix") or "-"


def _waivers(record: Fields) -> Iterator[Row]:
    for one in record.objects_or_empty("waivers"):
        covered = ", ".join(one.texts("covered")) if one.has("covered") else "-"
        until = render_moment(one.moment("expires")) if one.has("expires") else "-"
        yield f"{one.text('waiver')} ({one.text('fate')})", one.text("check"), covered, until


def _risk(record: Fields) -> Iterator[Row]:
    risk = record.object("risk")
    yield "score", risk.text("score")
    for term in risk.objects_or_empty("terms"):
        yield term.text("term"), term.text("points")


def _evidence(record: Fields) -> Iterator[Row]:
    for piece in record.object("inputs").object("evidence").objects("pieces"):
        yield piece.text("digest"), piece.text("mediaType"), str(piece.integer("size")), piece.text("subject")


def _events(proof: Proof) -> Iterator[Row]:
    for logged in proof.entries:
        entry = Entry(logged.index, parse_event(logged.content))
        yield str(entry.index), render_moment(entry.event.at), entry.event.actor, describe(entry.event)

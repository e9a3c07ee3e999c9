"""``pratique review``: the queue, one review, and a person's signed decision."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer, Exit, table
from pratique.cli.options import subverbs
from pratique.cli.promotion import line, value_of
from pratique.cli.words import actor, signatory, signing_options
from pratique.errors import Absent, Malformed

if TYPE_CHECKING:
    from pratique.service.review import Given, Verdict
    from pratique.service.show import ToDecide
    from pratique.values.commitment import Opening


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    queue = verbs.add("queue", "print what waits for people, or for one person")
    queue.add_argument(
        "--as", dest="actor", type=actor, metavar="PERSON", help="only what still needs this person"
    )
    queue.set_defaults(run=_queue)
    show = verbs.add("show", "print what a reviewer decides on: record, reasons, votes, and who is missing")
    show.add_argument("promotion", metavar="PROMOTION", help="its id, or a release's, or a unique beginning of it")
    show.set_defaults(run=_show)
    for word, summary_of in (
        ("approve", "sign an approval of the judgement that stands"),
        ("veto", "sign a veto; it ends the promotion, and its release with it"),
    ):
        _decision(verbs.add(word, summary_of), word)
    submit = verbs.add("submit", "hand in a decision that was signed elsewhere")
    submit.add_argument(
        "--statement", type=Path, required=True, metavar="FILE.json", help="as --unsigned wrote it"
    )
    submit.add_argument("--signature", type=Path, required=True, metavar="FILE.sig", help="as ssh-keygen wrote it")
    submit.set_defaults(run=_submit)
    return verbs.parser


def _decision(verb: argparse.ArgumentParser, word: str) -> None:
    verb.add_argument("promotion", metavar="PROMOTION", help="its id, or a release's, or a unique beginning of it")
    verb.add_argument("--reason", required=True, metavar="CODE", help="a short reason code, such as risk-accepted")
    verb.add_argument("--comment", metavar="TEXT", help="in your words; stays private and can be erased")
    verb.add_argument(
        "--unsigned",
        type=Path,
        metavar="FILE",
        help="sign elsewhere: write the bytes to FILE and the statement to FILE.json, then "
        "`ssh-keygen -Y sign -n pratique-review -f KEY FILE` and `pratique review submit`",
    )
    signing_options(verb)
    verb.set_defaults(run=_give, decision=word)


def _queue(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.show import quorum_value
    from pratique.service.review_queue import queue
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        waiting = queue(workspace, arguments.actor)
    rows = [
        (
            one.promotion.id,
            f"{one.promotion.image_name} {one.promotion.image.short}",
            f"{one.promotion.from_ or 'outside'} → {one.promotion.to}",
            one.record.decision.risk.score,
            ", ".join(f"{need.count} × {need.role}" for need in one.quorum.missing),
            one.record.decision.track.why[0] if one.record.decision.track.why else "",
        )
        for one in waiting
    ]
    value = {"waiting": [{**value_of(one.promotion), "quorum": quorum_value(one.quorum)} for one in waiting]}
    heads = ("PROMOTION", "IMAGE", "WAY", "RISK", "MISSING", "WHY IT IS HERE")
    return Answer(value, table(heads, rows) if rows else "nothing waits for a review")


def _show(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.promotion import head, value_of_all
    from pratique.service.show import to_decide
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        found = to_decide(workspace, arguments.promotion)
    if len(found) == 1:
        return Answer(_shown_value(found[0]), "\n".join(_shown(found[0])))
    parts = tuple(one.standing.promotion for one in found)
    lines = [head(parts), *(text for one in found for text in ("", *_shown(one)))]
    return Answer({**value_of_all(parts), "parts": [_shown_value(one) for one in found]}, "\n".join(lines))


def _shown(found: "ToDecide") -> list[str]:
    from pratique.cli.show import comment_lines, quorum_lines, record_lines

    standing = found.standing
    head = [line(standing.promotion), *comment_lines(found.comment)]
    return [*head, "", *record_lines(standing.record), "", *quorum_lines(standing.quorum)]


def _shown_value(found: "ToDecide") -> dict[str, Any]:
    from pratique.cli.show import quorum_value
    from pratique.promotion.form import write

    return {
        **value_of(found.standing.promotion),
        "comment": found.comment,
        "decision": write(found.standing.record.decision),
        "quorum": quorum_value(found.standing.quorum),
    }


def _give(arguments: argparse.Namespace) -> Answer:
    from pratique.attest.review import Decision
    from pratique.service.review import Verdict, give
    from pratique.wire import open_workspace

    if arguments.actor is None:
        raise Malformed("expected --as person:NAME: say who decides")
    verdict = Verdict(arguments.actor, Decision(arguments.decision), arguments.reason, arguments.comment)
    if arguments.unsigned is not None:
        return _write_unsigned(arguments, verdict)
    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        return _given(give(workspace, arguments.promotion, verdict, signs))


def _write_unsigned(arguments: argparse.Namespace, verdict: "Verdict") -> Answer:
    import json

    from pratique.attest.dsse import IN_TOTO, pae
    from pratique.service.review import prepare
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        prepared = prepare(workspace, arguments.promotion, verdict)
    opening = None if prepared.opening is None else prepared.opening.build().decode()
    written = json.dumps({"statement": prepared.statement.decode(), "opening": opening})
    beside = arguments.unsigned.with_name(f"{arguments.unsigned.name}.json")
    arguments.unsigned.write_bytes(pae(IN_TOTO, prepared.statement))
    beside.write_text(written)
    text = (
        f"{prepared.statement.decode()}\n\n"
        f"ssh-keygen -Y sign -n pratique-review -f KEY {arguments.unsigned}\n"
        f"pratique review submit --statement {beside} --signature {arguments.unsigned}.sig"
    )
    return Answer({"statement": str(beside), "to_sign": str(arguments.unsigned)}, text)


def _submit(arguments: argparse.Namespace) -> Answer:
    from pratique.attest.dsse import IN_TOTO
    from pratique.service.review import hand_in
    from pratique.service.signatory import envelope_of
    from pratique.wire import open_workspace

    statement, opening = _read_statement(arguments.statement)
    try:
        signature = arguments.signature.read_bytes()
    except OSError as error:
        raise Absent(f"signature {arguments.signature} cannot be read: {error.strerror}") from error
    envelope = envelope_of(statement, IN_TOTO, signature)
    with open_workspace(arguments.workspace) as workspace:
        return _given(hand_in(workspace, envelope, opening))


def _read_statement(path: Path) -> "tuple[bytes, Opening | None]":
    from pratique.values.canonical import parse_object
    from pratique.values.commitment import Opening

    try:
        written = parse_object(path.read_bytes(), str(path))
    except OSError as error:
        raise Absent(f"statement {path} cannot be read: {error.strerror}") from error
    statement, opening = written.get("statement"), written.get("opening")
    if not isinstance(statement, str) or not isinstance(opening, str | None):
        raise Malformed(f"{path}: expected the file that --unsigned wrote")
    return statement.encode(), None if opening is None else Opening.parse(opening.encode())


def _given(every: "tuple[Given, ...]") -> Answer:
    if len(every) == 1:
        return Answer(_value(every[0]), _told(every[0]), Exit.DONE)
    return Answer({"reviews": [_value(one) for one in every]}, "\n".join(map(_told, every)), Exit.DONE)


def _told(given: "Given") -> str:
    review = given.review
    counted = "it counts" if review.counts else f"it does not count: {review.because}"
    return f"{review.reviewer} {review.decision}: recorded as {review.review}; {counted}\n{line(given.promotion)}"


def _value(given: "Given") -> dict[str, Any]:
    review = given.review
    return {
        "review": review.review,
        "decision": review.decision,
        "counts": review.counts,
        "because": review.because,
        "promotion": value_of(given.promotion),
    }

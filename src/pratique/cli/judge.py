"""``pratique judge``: a recorded decision, judged again from exactly what it names."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.errors import Absent, Malformed

if TYPE_CHECKING:
    from pratique.promotion.record import Record


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("promotion", nargs="?", metavar="PROMOTION", help="judge its record in force")
    verb.add_argument("--record", type=Path, metavar="FILE", help="judge this record, by what the workspace holds")
    verb.add_argument(
        "--proof", type=Path, metavar="FILE", help="judge every record in a proof; needs no workspace"
    )
    verb.add_argument(
        "--objects",
        type=Path,
        metavar="DIR",
        help="with --proof: where the evidence is, as sha256/AB/HEX or sha256/HEX",
    )
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    named = [one for one in (arguments.promotion, arguments.record, arguments.proof) if one is not None]
    if len(named) != 1:
        raise Malformed(f"usage: expected one of PROMOTION, --record and --proof, found {len(named)}")
    if (arguments.proof is None) != (arguments.objects is None):
        raise Malformed("usage: --proof and --objects go together: a proof only names its evidence")
    records = _of_proof(arguments) if arguments.proof else (_of_workspace(arguments),)
    value = {"reproduced": [_value(record) for record in records]}
    return Answer(value, "\n".join(map(_line, records)))


def _of_workspace(arguments: argparse.Namespace) -> "Record":
    from pratique.service.replaying import replay, replay_promotion
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        if arguments.record is None:
            return replay_promotion(workspace, arguments.promotion)
        return replay(workspace, _read(arguments.record))


def _of_proof(arguments: argparse.Namespace) -> "tuple[Record, ...]":
    from pratique.service.replaying import replay_proof
    from pratique.values.digest import Digest

    def fetch(digest: Digest) -> bytes:
        top = arguments.objects / "sha256"
        places = (top / digest.hex[:2] / digest.hex, top / digest.hex)
        return _read(next((place for place in places if place.is_file()), places[0]))

    return replay_proof(_read(arguments.proof), fetch)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}") from error


def _line(record: "Record") -> str:
    decision = record.decision
    told = f"{decision.outcome}, {decision.track.name} track, by {decision.engine}"
    return f"{record.digest}: the same bytes again: {told}"


def _value(record: "Record") -> dict[str, str]:
    decision = record.decision
    return {
        "record": str(record.digest),
        "promotion": decision.promotion,
        "engine": decision.engine,
        "outcome": decision.outcome,
        "track": decision.track.name,
    }

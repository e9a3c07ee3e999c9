"""``pratique witness``: a small witness of ledgers, for another machine than theirs."""

import argparse
from pathlib import Path

from pratique.cli.answer import Answer, table
from pratique.cli.options import subverbs


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    init = verbs.add("init", "make a witness: its key and an empty memory")
    init.add_argument("--name", required=True, metavar="NAME", help="such as witness.example/w1")
    add = verbs.add("add-log", "cosign this ledger from now on; a further key of the same origin is a rotation")
    add.add_argument("key", metavar="VKEY", help="the ledger's public key, log.vkey of its export")
    remove = verbs.add("remove-log", "forget a ledger's key; how far it was cosigned stays remembered")
    remove.add_argument("key", metavar="VKEY", help="the key to forget")
    seen = verbs.add("list", "the ledgers that it knows, how far it cosigned them, and who misbehaved")
    serve = verbs.add("serve", "answer until stopped; put a proxy that speaks TLS before it")
    serve.add_argument("--listen", metavar="HOST:PORT", type=_address, default=("127.0.0.1", 7380), help=_LISTEN)
    for verb, run in ((init, _init), (add, _add), (remove, _remove), (seen, _list), (serve, _serve)):
        verb.add_argument("--at", type=Path, default=Path("witness"), metavar="DIR", help="default: ./witness")
        verb.set_defaults(run=run)
    return verbs.parser


_LISTEN = "default: 127.0.0.1:7380; port 0 takes a free one and says which"


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, found {text!r}")
    return host.strip("[]"), int(port)


def _init(arguments: argparse.Namespace) -> Answer:
    from pratique.service.witness_site import Site

    key = Site(arguments.at).found(arguments.name)
    text = f"{key}\ngive this key to ledgers: pratique ledger add-witness NAME '{key}' URL"
    return Answer({"directory": str(arguments.at), "key": str(key)}, text)


def _add(arguments: argparse.Namespace) -> Answer:
    from pratique.service.witness_site import Site
    from pratique.tlog.key import NoteVerifier

    key = NoteVerifier.parse(arguments.key)
    Site(arguments.at).open().state.add(key)
    return Answer({"origin": key.name, "key": str(key)}, f"{key.name} is cosigned from now on")


def _remove(arguments: argparse.Namespace) -> Answer:
    from pratique.service.witness_site import Site
    from pratique.tlog.key import NoteVerifier

    key = NoteVerifier.parse(arguments.key)
    Site(arguments.at).open().state.remove(key)
    return Answer({"origin": key.name, "key": str(key)}, f"{key} is no longer known")


def _list(arguments: argparse.Namespace) -> Answer:
    from datetime import UTC, datetime

    from pratique.service.witness_site import Site
    from pratique.values.moment import render_moment

    witness = Site(arguments.at).open()
    logs = [(each.origin, str(each.size), str(len(each.keys))) for each in witness.state.watched()]
    bad = [
        (render_moment(datetime.fromtimestamp(at, UTC)), origin, reason)
        for at, origin, reason in witness.state.accusations()
    ]
    value = {
        "key": str(witness.key),
        "logs": [{"origin": origin, "size": int(size)} for origin, size, _ in logs],
        "misbehaved": [{"at": at, "origin": origin, "reason": reason} for at, origin, reason in bad],
    }
    known = table(("LEDGER", "COSIGNED", "KEYS"), logs) if logs else "no ledger is known yet"
    told = ("", "misbehaved:", table(("AT", "LEDGER", "HOW"), bad)) if bad else ()
    return Answer(value, "\n".join((known, *told)))


def _serve(arguments: argparse.Namespace) -> Answer:
    import signal
    import sys
    from threading import Thread

    from pratique.errors import Unreachable
    from pratique.ledger.witness_server import WitnessServer
    from pratique.service.witness_site import Site

    witness = Site(arguments.at).open()
    try:
        server = WitnessServer(arguments.listen, witness)
    except OSError as error:
        host, port = arguments.listen
        raise Unreachable(f"{host}:{port} cannot be listened on: {error.strerror}; choose another") from error
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: Thread(target=server.shutdown).start())
    print(
        f"{witness.key.name} listens on http://{arguments.listen[0]}:{server.server_port}",
        file=sys.stderr,
        flush=True,
    )
    with server:
        server.serve_forever()
    return Answer({"stopped": True}, "stopped")

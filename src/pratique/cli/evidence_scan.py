"""``pratique evidence scan``: have an image scanned, and hand in what came of it."""

import argparse
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer, Exit
from pratique.cli.image_words import examples, reference_argument, shown
from pratique.cli.options import Subverbs
from pratique.cli.units import counted
from pratique.cli.words import signatory, signing_options

if TYPE_CHECKING:
    from pratique.service.scan import Scanned

_EXAMPLES = """\
examples:
  pratique evidence scan ci.example/shop/api:1.4
  pratique evidence scan ci.example/shop/api@sha256:… --with trivy --with syft
  pratique evidence scan oci:images/api:1.4 --with grype --as service:scanner --key scanner.pem --json

Each platform is examined by itself, by its digest. A scanner that hangs, floods, crashes, writes nothing, examined
nothing or reports about another image has failed; that is recorded too, and lets nothing pass. The verb then ends
with 3.
"""


def add(verbs: Subverbs) -> None:
    """Add the word to ``pratique evidence``."""
    word = verbs.add("scan", "have an image scanned, and hand in what came of it")
    examples(word, _EXAMPLES)
    reference_argument(word, "image")
    word.add_argument(
        "--with",
        dest="scanners",
        action="append",
        default=[],
        metavar="NAME",
        help="a scanner of the settings, or one of trivy, grype, syft and osv-scanner; may be given several times "
        "(default: every scanner of the settings)",
    )
    signing_options(word)
    word.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.errors import Refused
    from pratique.service.scan import scan
    from pratique.service.signatory import PersonSignatory
    from pratique.wire import open_scanners, open_workspace

    unsigned = arguments.key is None and arguments.actor is None
    signs = None if unsigned else signatory(arguments.actor, arguments.key)
    if isinstance(signs, PersonSignatory):
        raise Refused("evidence: expected a service's key; people sign decisions, services sign reports")
    scanners = open_scanners(arguments.workspace, tuple(dict.fromkeys(arguments.scanners)))
    with open_workspace(arguments.workspace) as workspace:
        found = scan(workspace, arguments.image, scanners, signs)
    failed = any(one.failure is not None for one in found)
    value = {"reference": str(arguments.image), "scans": [_value(one) for one in found]}
    return Answer(value, "\n".join(map(_told, found)), Exit.UNREACHABLE if failed else Exit.DONE)


def _value(one: "Scanned") -> dict[str, Any]:
    return {
        "scanner": one.scanner,
        "producer": one.producer,
        "platform": one.platform or None,
        "digest": str(one.image),
        "outcome": "reported" if one.failure is None else "failed",
        "reason": one.failure,
        "version": one.version,
        "database": one.database,
        "format": one.reading.format if one.reading else None,
        "examined": one.examined,
        "sha256": one.evidence.hex,
    }


def _told(one: "Scanned") -> str:
    who = " ".join(part for part in (one.scanner, one.version or "", one.platform) if part)
    if one.failure is not None or one.reading is None:
        return f"{who}: failed: {shown(one.failure or '')}; recorded as {one.evidence.short}"
    looked = "it does not say how many packages it examined"
    if one.examined is not None:
        looked = f"{counted(one.examined, 'package')} examined"
    dated = f", database of {one.database}" if one.database else ""
    return f"{who}: {one.reading.format}, {looked}{dated}; recorded as {one.evidence.short}"

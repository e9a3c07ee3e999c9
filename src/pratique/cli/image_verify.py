"""``pratique image verify``: whether an image and everything that hangs on it is there, and is what it should be."""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer, Exit
from pratique.cli.image_words import examples, place_options, reference_argument, shown, silence_options
from pratique.cli.options import Subverbs
from pratique.cli.units import counted, size

if TYPE_CHECKING:
    from pratique.registry.verify import ImageReport

_EXAMPLES = """\
examples:
  pratique image verify prod.example/shop/api:1.4
  pratique image verify --deep prod.example/shop/api@sha256:…

Every manifest is fetched and hashed, every blob is looked for with its size, and with --deep hashed byte by byte.
All that is missing or wrong is named, and the exit code is then 1. This says that everything is there, not what it
is worth: signatures are judged when the image asks to enter an environment.
"""


def add(verbs: Subverbs) -> None:
    """Add the word to ``pratique image``."""
    word = verbs.add("verify", "tell whether all of an image is there, unharmed")
    examples(word, _EXAMPLES)
    reference_argument(word, "image")
    word.add_argument("--deep", action="store_true", help="read every blob and hash it again")
    silence_options(word)
    place_options(word)
    word.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.interrupt import interruptible
    from pratique.cli.progress import Deed
    from pratique.cli.watching import watching_for
    from pratique.places import open_places
    from pratique.registry.readback import Depth
    from pratique.registry.verify import verify_from
    from pratique.service.image import find

    watching = watching_for(sys.stderr, f"verifying {arguments.image}", arguments, Deed.READ)
    with (
        interruptible(watching.stop),
        open_places(arguments.workspace, plain_http=frozenset(arguments.plain_http)) as places,
        watching.showing(),
    ):
        repository = places.open(arguments.image.repository)
        depth = Depth.DEEP if arguments.deep else Depth.READ_BACK
        report = verify_from(repository, find(repository, arguments.image), depth, watch=watching)
    text = "" if arguments.quiet else "\n".join(_lines(str(arguments.image), report))
    return Answer(_value(str(arguments.image), report), text, Exit.DONE if report.whole else Exit.REFUSED)


def _lines(reference: str, report: "ImageReport") -> Iterator[str]:
    closure = report.closure
    how = "hashed again" if report.depth == "deep" else "looked for with its size; --deep hashes it"
    yield f"{reference} is {'whole' if report.whole else 'NOT whole'}"
    yield f"  digest     {report.root}"
    yield f"  manifests  {len(closure.nodes)}, each fetched and hashed"
    yield f"  blobs      {len(closure.blobs)} with {size(report.blob_bytes)}, each {how}"
    yield f"  platforms  {', '.join(str(one.platform or 'unstated') for one in closure.platforms) or 'none'}"
    yield f"  evidence   {counted(len({edge.child for edge in closure.evidence}), 'manifest')}"
    for flaw in report.flaws:
        yield f"  {'missing' if flaw.missing else 'wrong':<9}  {flaw.what} {flaw.digest}: {shown(str(flaw.error))}"


def _value(reference: str, report: "ImageReport") -> dict[str, Any]:
    closure = report.closure
    return {
        "reference": reference,
        "digest": str(report.root),
        "whole": report.whole,
        "deep": report.depth == "deep",
        "manifests": [str(node.digest) for node in closure.nodes],
        "blobs": [str(blob.digest) for blob in closure.blobs],
        "blob_bytes": report.blob_bytes,
        "platforms": [
            {"platform": str(one.platform) if one.platform else None, "digest": str(one.digest)}
            for one in closure.platforms
        ],
        "evidence": [
            {"subject": str(edge.parent), "digest": str(edge.child), "via": edge.kind} for edge in closure.evidence
        ],
        "missing": [str(digest) for digest in report.missing],
        "wrong": [str(digest) for digest in report.wrong],
        "flaws": [
            {
                "what": flaw.what,
                "digest": str(flaw.digest),
                "flaw": "missing" if flaw.missing else "wrong",
                "reason": str(flaw.error),
            }
            for flaw in report.flaws
        ],
    }

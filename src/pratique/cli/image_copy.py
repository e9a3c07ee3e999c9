"""``pratique image copy``: an image with all its platforms and evidence, by digest, from anywhere to anywhere."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer
from pratique.cli.image_words import (
    examples,
    left_out_value,
    place_options,
    reference_argument,
    shown,
    silence_options,
)
from pratique.cli.options import Subverbs
from pratique.cli.uncollected import uncollected
from pratique.cli.units import counted
from pratique.cli.words import digest

if TYPE_CHECKING:
    from pratique.registry.interface import Expected
    from pratique.service.image_copy import Copied, Wish

_EXAMPLES = """\
examples:
  pratique image copy ci.example/shop/api:1.4 prod.example/shop/api:1.4
  pratique image copy ci.example/shop/api@sha256:… oci:backup/api:1.4
  pratique image copy --expect sha256:… ci.example/shop/api:1.5 prod.example/shop/api:stable

All platforms and all evidence travel, and no digest changes. The tag is moved last, once everything was read back,
and only if it points where you expect: nowhere, unless --expect says otherwise. Without a tag the image is copied by
digest alone. Stopped at any moment, the same command goes on where it was.
"""


def add(verbs: Subverbs) -> None:
    """Add the word to ``pratique image``."""
    word = verbs.add("copy", "copy an image with all platforms and evidence")
    examples(word, _EXAMPLES)
    reference_argument(word, "source")
    reference_argument(word, "destination", help_text="as SOURCE; its tag, if it has one, is pointed at the image")
    word.add_argument("--without-evidence", action="store_true", help="leave signatures, SBOMs and reports behind")
    word.add_argument(
        "--platform",
        metavar="OS/ARCH",
        help="one platform of an index, under its own digest; evidence about the index stays behind",
    )
    word.add_argument(
        "--expect",
        type=_expected,
        metavar="DIGEST",
        help="where the destination's tag points now, or `any`; otherwise it must not exist",
    )
    word.add_argument(
        "--check", action="store_true", help="look at everything, even where the tag points to the image already"
    )
    silence_options(word)
    place_options(word)
    word.set_defaults(run=_run)


def _expected(text: str) -> "Expected":
    from pratique.registry.interface import ANY

    return ANY if text == "any" else digest(text)


def _run(arguments: argparse.Namespace) -> Answer:
    with uncollected():  # loading is half of a small copy, and carrying leaves hardly any garbage
        return _copy(arguments)


def _copy(arguments: argparse.Namespace) -> Answer:
    from pratique.cli.interrupt import interruptible
    from pratique.cli.watching import watching_for
    from pratique.places import open_places
    from pratique.service.image_copy import copy_image

    wish = _wish(arguments)
    watching = watching_for(sys.stderr, f"copying {wish.source} to {wish.destination}", arguments)
    with (
        interruptible(watching.stop),
        open_places(arguments.workspace, plain_http=frozenset(arguments.plain_http)) as places,
        watching.showing(),
    ):
        source, destination = places.open(wish.source.repository), places.open(wish.destination.repository)
        copied = copy_image(source, destination, wish, places.lock, watching)
    return Answer(
        _value(wish, copied), "" if arguments.quiet else "\n".join(_lines(wish, copied, watching.summary()))
    )


def _wish(arguments: argparse.Namespace) -> "Wish":
    from pratique.service.image_copy import Evidence, Walk, Wish

    return Wish(
        source=arguments.source,
        destination=arguments.destination,
        expected=arguments.expect,
        evidence=Evidence.NONE if arguments.without_evidence else Evidence.ALL,
        walk=Walk.WHOLE if arguments.check else Walk.QUICK,
        platform=arguments.platform,
    )


def _lines(wish: "Wish", copied: "Copied", moved: str) -> Iterator[str]:
    report = copied.report
    if report is None:
        yield f"{wish.destination} is {copied.digest} already; --check looks at everything below it, too"
        return
    ways = Counter(way for _, way in report.blobs)
    yield f"copied {wish.source} to {wish.destination}"
    yield f"  digest     {copied.digest}"
    yield f"  manifests  {len(report.manifests)}, read back"
    yield f"  blobs      {len(report.blobs)}: {', '.join(f'{ways[way]} {way}' for way in sorted(ways)) or 'none'}"
    yield f"  bytes      {moved}"
    inside = f", and {len(copied.inside)} inside the image" if copied.inside else ""
    beside = len(set(report.evidence).difference(copied.inside))
    yield f"  evidence   {counted(beside, 'manifest')} beside the image{inside}"
    if report.mended:
        yield f"  mended     {counted(len(report.mended), 'piece')} that the destination had lost"
    if report.unanchored:
        pieces = counted(len(report.unanchored), "manifest")
        yield f"  take care  {pieces} without a tag that its clean-up may delete: it refused ours"
    if wish.destination.tag is None:
        yield "  tag        none was asked for: the image is there by its digest"
    else:
        yield f"  tag        {wish.destination.tag}{_before(copied)}"
    if copied.stayed:
        yield f"  stayed     {counted(len(copied.stayed), 'manifest')} of evidence, as you asked"
    for one in copied.left_out:
        yield f"  left out   {one.edge.child}, which cannot be read at the source: {shown(one.reason)}"


def _before(copied: "Copied") -> str:
    return f", before {copied.previous}" if copied.previous not in (None, copied.digest) else ""


def _value(wish: "Wish", copied: "Copied") -> dict[str, Any]:
    report = copied.report
    return {
        "source": str(wish.source),
        "source_digest": str(copied.meant),
        "destination": str(wish.destination),
        "digest": str(copied.digest),
        "tag": wish.destination.tag,
        "previous": str(copied.previous) if copied.previous else None,
        "already_there": report is None,
        "manifests": [str(one) for one in report.manifests] if report else [],
        "evidence": [str(one) for one in report.evidence] if report else [],
        "blobs": [{"digest": str(one), "way": way} for one, way in report.blobs] if report else [],
        "legacy_tags": list(report.legacy_tags) if report else [],
        "anchors": list(report.anchors) if report else [],
        "unanchored": [str(one) for one in report.unanchored] if report else [],
        "mended": [str(one) for one in report.mended] if report else [],
        "moved_bytes": report.moved_bytes if report else 0,
        "inside": [str(one) for one in copied.inside],
        "stayed": [str(one) for one in copied.stayed],
        "left_out": [left_out_value(one) for one in copied.left_out],
    }

"""``pratique rebuild``: whether a second build gave the same image."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer, Exit
from pratique.cli.image_words import examples, place_options, reference_argument, shown
from pratique.cli.options import subverbs
from pratique.cli.units import counted
from pratique.cli.words import signatory, signing_options

if TYPE_CHECKING:
    from pratique.evidence.surface.rebuild import Comparison
    from pratique.service.rebuild import Side
    from pratique.values.digest import Digest

_EXAMPLES = """\
examples:
  pratique rebuild compare ci.example/shop/api:1.4 oci:mine/api:1.4
  pratique rebuild compare A B --record --as service:rebuilder --key KEY.pem --where "builder 7, Debian 12"

Equal means: the same platforms, and each of them the same image, byte for byte. Otherwise the first differences are
told by layer and file, and the exit code is 1. Layers with the same digest are not read. With --record, what came
of it is signed by the service that rebuilt the image and handed in as evidence about the first one, also where they
differ.
"""


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    word = verbs.add("compare", "tell whether two images are the same, and where they first differ")
    examples(word, _EXAMPLES)
    reference_argument(word, "first", help_text="the image that is asked about")
    reference_argument(word, "second", help_text="the image that was built again")
    word.add_argument("--max", type=_count, default=20, metavar="N", help="differences to tell (default 20)")
    word.add_argument("--record", dest="run", action="store_const", const=_record, help="hand it in as evidence")
    word.add_argument("--where", default="", metavar="TEXT", help="on what it was rebuilt, for --record")
    signing_options(word)
    place_options(word)
    word.set_defaults(run=_compare)
    return verbs.parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) > 100_000:
        raise argparse.ArgumentTypeError(f"expected a number of 0 to 100000, found {text!r}")
    return int(text)


def _compare(arguments: argparse.Namespace) -> Answer:
    _, found = _compared(arguments)
    return _answer(found, None)


def _record(arguments: argparse.Namespace) -> Answer:
    from pratique.errors import Refused
    from pratique.service.rebuild import record
    from pratique.service.signatory import PersonSignatory
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    if isinstance(signs, PersonSignatory):
        raise Refused("rebuild: expected a service's key; people sign decisions, services sign reports")
    with open_workspace(arguments.workspace) as workspace:
        first, found = _compared(arguments)
        recorded = record(workspace, first, found, arguments.where, signs)
    return _answer(found, recorded)


def _compared(arguments: argparse.Namespace) -> "tuple[Side, Comparison]":
    from pratique.places import open_places
    from pratique.service.rebuild import compare, side

    with open_places(arguments.workspace, plain_http=frozenset(arguments.plain_http)) as places:
        first, second = (
            side(places.open(reference.repository), reference) for reference in (arguments.first, arguments.second)
        )
        return first, compare(first, second, arguments.max)


def _answer(found: "Comparison", recorded: "Digest | None") -> Answer:
    from pratique.evidence.surface.rebuild import comparison_value

    value = {**comparison_value(found), "recorded": str(recorded) if recorded else None}
    last = [f"recorded as evidence {recorded}"] if recorded else []
    return Answer(value, "\n".join([*_lines(found), *last]), Exit.DONE if found.equal else Exit.REFUSED)


def _lines(found: "Comparison") -> Iterator[str]:
    if found.equal:
        names = ", ".join(name for name, _ in found.platforms)
        yield f"equal: {names}; {found.first}"
        if found.first != found.second:
            yield f"  their indexes differ in what is no image: {found.second}"
        return
    yield (
        f"different: {counted(found.total, 'difference')}"
        if found.platforms
        else "different: no platform in common"
    )
    for each in found.differences:
        path = f" {shown(each.path)}" if each.path else ""
        yield f"  {each.where}{path}: {each.aspect.value}: {shown(each.first)} → {shown(each.second)}"
    if found.total > len(found.differences):
        yield f"  and {found.total - len(found.differences)} more; --max N tells more"

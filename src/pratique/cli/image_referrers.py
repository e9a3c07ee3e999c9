"""``pratique image referrers``: a tree of what hangs on what."""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer
from pratique.cli.image_words import (
    examples,
    hanging_value,
    left_out_value,
    place_options,
    reference_argument,
    shown,
    what,
)
from pratique.cli.options import Subverbs
from pratique.cli.units import size
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

if TYPE_CHECKING:
    from pratique.registry.closure import Closure
    from pratique.service.hanging import Hanging


_EXAMPLES = """\
examples:
  pratique image referrers prod.example/shop/api:1.4
  pratique image referrers prod.example/shop/api@sha256:… --json

Both lists that registries keep are read, the legacy tags .sig, .att and .sbom of every manifest, and BuildKit's
attestations inside an index. Evidence on evidence hangs below it.
"""


def add(verbs: Subverbs) -> None:
    """Add the word to ``pratique image``."""
    word = verbs.add("referrers", "print a tree of what hangs on what")
    examples(word, _EXAMPLES)
    reference_argument(word, "image")
    place_options(word)
    word.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.places import open_places
    from pratique.registry.closure import plan_from
    from pratique.service.hanging import hanging
    from pratique.service.image import find

    with open_places(arguments.workspace, plain_http=frozenset(arguments.plain_http)) as places:
        repository = places.open(arguments.image.repository)
        closure = plan_from(repository, find(repository, arguments.image))
        pieces = hanging(repository, closure)
    value = {
        "reference": str(arguments.image),
        "digest": str(closure.root),
        "children": [_child_value(closure, parent, child) for parent, child in _children(closure)],
        "referrers": [hanging_value(piece) for piece in pieces],
        "left_out": [left_out_value(one) for one in closure.left_out],
    }
    return Answer(value, "\n".join(_tree(str(arguments.image), closure, pieces)))


@dataclass(frozen=True, slots=True)
class _Branch:
    """One line of the tree, and the manifest below which it goes on."""

    text: str
    digest: Digest


def _tree(reference: str, closure: "Closure", pieces: tuple["Hanging", ...]) -> Iterator[str]:
    below: dict[Digest, list[_Branch]] = defaultdict(list)
    for parent, child in _children(closure):
        below[parent].append(_Branch(f"{_platform(closure, child)}  {child}", child))
    for piece in pieces:
        below[piece.subject].append(
            _Branch(f"{piece.digest}  {size(piece.size_bytes)}  {what(piece)}", piece.digest)
        )
    yield f"{reference}  {closure.root}"
    yield from _below(closure.root, below, {closure.root})
    if not pieces:
        yield "nothing hangs on it"
    for one in closure.left_out:
        yield f"left out: {one.edge.child} ({one.edge.kind} of {one.edge.parent}): {shown(one.reason)}"


def _below(top: Digest, below: dict[Digest, list[_Branch]], seen: set[Digest]) -> Iterator[str]:
    """Yield the lines below a manifest; one that was shown already is named and not unfolded again."""
    waiting = [("", branch, at == 0) for at, branch in enumerate(reversed(below[top]))]
    while waiting:  # no recursion: hostile graphs nest deeper than the interpreter does
        indent, branch, last = waiting.pop()
        again = branch.digest in seen and bool(below[branch.digest])
        yield f"{indent}{'└─' if last else '├─'} {branch.text}{'  (see above)' if again else ''}"
        if branch.digest not in seen:
            seen.add(branch.digest)
            deeper = indent + ("   " if last else "│  ")
            waiting += [(deeper, one, at == 0) for at, one in enumerate(reversed(below[branch.digest]))]


def _children(closure: "Closure") -> list[tuple[Digest, Digest]]:
    """Return the parts of indexes; BuildKit's attestations hang on their platforms instead."""
    attestations = {edge.child for edge in closure.edges if edge.kind == "attestation"}
    return [
        (edge.parent, edge.child)
        for edge in closure.edges
        if edge.kind == "child" and edge.child not in attestations
    ]


def _platform(closure: "Closure", child: Digest) -> str:
    found = next((one.platform for one in closure.platforms if one.digest == child), None)
    return str(found) if found else closure.node(child).kind.value


def _child_value(closure: "Closure", parent: Digest, child: Digest) -> dict[str, Any]:
    return {"parent": str(parent), "digest": str(child), "platform": _platform(closure, child)}

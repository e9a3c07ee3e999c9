"""``pratique evidence surface``: what an image really holds, and what that offers to somebody who got in."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer
from pratique.cli.image_words import examples, place_options, reference_argument, shown
from pratique.cli.options import Subverbs
from pratique.cli.units import counted, size
from pratique.cli.words import reference
from pratique.values.dataclass import dataclass

if TYPE_CHECKING:
    from pratique.evidence.surface.delta import Delta
    from pratique.evidence.surface.measure import Surface
    from pratique.evidence.surface.origin import Origin
    from pratique.service.surface import Measured
    from pratique.values.digest import Digest
    from pratique.values.reference import Reference

_EXAMPLES = """\
examples:
  pratique evidence surface ci.example/shop/api:1.4
  pratique evidence surface ci.example/shop/api:1.5 --against prod.example/shop/api:1.4
  pratique evidence surface ci.example/shop/api:1.5 --base docker.io/library/debian:12 --json

Every layer is read once, to its end, and checked against its digest. In a workspace it is remembered, so that the
next image on the same layers is measured at once. Nothing is recorded, judged, or unpacked to the disk. Values of
secrets are never shown or kept.
"""
_SHOWN = 6


def add(verbs: Subverbs) -> None:
    """Add the word to ``pratique evidence``."""
    word = verbs.add("surface", "measure an image's attack surface from its layers")
    examples(word, _EXAMPLES)
    reference_argument(word, "image")
    word.add_argument(
        "--against", type=reference, metavar="IMAGE", help="tell what differs from this one, such as what now runs"
    )
    word.add_argument(
        "--base",
        type=reference,
        metavar="IMAGE",
        action="append",
        default=[],
        help="an image that it may be built on, to tell whose a package or secret is; may be given several times",
    )
    place_options(word)
    word.set_defaults(run=_run)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One platform, whose each of its layers is, and how it differs from what it was held against."""

    measured: "Measured"
    places: "dict[Digest, Origin | None]"
    delta: "Delta | None"


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.places import open_places
    from pratique.service.surface import bases_at, measure_reference, memory_of, origins_of

    with open_places(arguments.workspace, plain_http=frozenset(arguments.plain_http)) as places:
        memory = memory_of(places.workspace)

        def measure(image: "Reference") -> "tuple[Measured, ...]":
            return measure_reference(places.open(image.repository), image, memory)

        bases = tuple(bases_at(places.open(each.repository), each) for each in arguments.base)
        held = measure(arguments.against) if arguments.against else ()
        found = [_Shown(one, origins_of(one, bases), _delta(one, held)) for one in measure(arguments.image)]
    value = {"reference": str(arguments.image), "platforms": [_value(one) for one in found]}
    return Answer(value, "\n\n".join("\n".join(_all_lines(one)) for one in found) or "nothing in it runs")


def _delta(now: "Measured", held: "tuple[Measured, ...]") -> "Delta | None":
    from pratique.evidence.surface.delta import delta

    same = (one for one in held if one.settings.platform == now.settings.platform)
    return next((delta(now.surface, one.surface) for one in same), None)


def _value(one: _Shown) -> dict[str, Any]:
    from pratique.evidence.surface.claim import surface_value
    from pratique.evidence.surface.delta import delta_value

    measured = one.measured
    return {
        "platform": str(measured.image.platform)
        if measured.image.platform
        else measured.settings.platform or None,
        "digest": str(measured.image.digest),
        "attack_surface": surface_value(measured.surface),
        "origins": {str(layer): origin for layer, origin in one.places.items()},
        "delta": None if one.delta is None else delta_value(one.delta),
    }


def _all_lines(one: _Shown) -> Iterator[str]:
    from pratique.evidence.surface.delta import tell

    yield from _lines(one.measured)
    base = [layer for layer, origin in one.places.items() if origin == "base"]
    if base:
        own = sum(one.places[held.layer] != "base" for held in one.measured.surface.packages)
        yield f"  base       {counted(len(base), 'layer')} of the base image; {counted(own, 'package')} not from there"
    if one.delta is not None:
        yield f"  against    {', '.join(map(shown, tell(one.delta))) or 'nothing differs'}"


def _lines(one: "Measured") -> Iterator[str]:
    found = one.surface
    yield f"{one.image.platform or shown(one.settings.platform) or 'platform unstated'}  {one.image.digest}"
    yield f"  layers     {len(found.layers)}, {size(found.compressed)}, unpacked {size(found.uncompressed)}"
    yield (
        f"  files      {found.files}, executable {found.executables}, ELF {found.elf}; "
        f"{found.deleted_in_later_layer} more deleted by later layers"
    )
    yield f"  user       {'root' if found.root_user else shown(one.settings.user)}"
    for name, values in _lists(found):
        if values:
            yield f"  {name:<10} {', '.join(map(shown, values))}"
    if found.unsearched:
        yield f"  unsearched {counted(found.unsearched, 'file')} too large to be searched for secrets"
    if found.packages_unread:
        yield f"  unread     {', '.join(map(shown, found.packages_unread))}: the packages are not all"


def _lists(found: "Surface") -> Iterator[tuple[str, list[str]]]:
    yield "setuid", _some(found.setuid)
    yield "setgid", _some(found.setgid)
    yield "writable", _some(found.world_writable)
    yield "capable", _some(found.file_capabilities)
    yield "shells", list(found.shells)
    yield "managers", list(found.package_managers)
    yield "network", list(found.net_tools)
    yield "languages", list(found.interpreters)
    yield "ports", list(found.ports)
    yield "volumes", list(found.volumes)
    yield "variables", list(found.env_suspicious)
    yield "SECRETS", _some(tuple(f"{secret.kind} in {secret.path}" for secret in found.secrets))
    hidden = found.secret_in_hidden_file
    yield (
        "SECRETS",
        _some(tuple(f"{each.kind} in {each.path}, hidden in layer {each.layer.short}" for each in hidden)),
    )
    kinds = sorted({held.package.manager for held in found.packages})
    yield "packages", [f"{kind} {sum(held.package.manager is kind for held in found.packages)}" for kind in kinds]


def _some(values: tuple[str, ...]) -> list[str]:
    more = [f"and {len(values) - _SHOWN} more"] if len(values) > _SHOWN else []
    return [*values[:_SHOWN], *more]

"""``pratique evidence surface``: what an image really holds, and what that offers to somebody who got in."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer
from pratique.cli.image_words import examples, place_options, reference_argument, shown
from pratique.cli.options import Subverbs
from pratique.cli.units import counted, size

if TYPE_CHECKING:
    from pratique.evidence.surface.measure import Surface
    from pratique.service.surface import Measured

_EXAMPLES = """\
examples:
  pratique evidence surface ci.example/shop/api:1.4
  pratique evidence surface oci:backup/api@sha256:… --json

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
    place_options(word)
    word.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.places import open_places
    from pratique.service.surface import measure_reference, memory_of

    with open_places(arguments.workspace, plain_http=frozenset(arguments.plain_http)) as places:
        repository = places.open(arguments.image.repository)
        measured = measure_reference(repository, arguments.image, memory_of(places.workspace))
    value = {"reference": str(arguments.image), "platforms": [_value(one) for one in measured]}
    return Answer(value, "\n\n".join("\n".join(_lines(one)) for one in measured) or "nothing in it runs")


def _value(one: "Measured") -> dict[str, Any]:
    from pratique.evidence.surface.claim import surface_value

    return {
        "platform": str(one.image.platform) if one.image.platform else None,
        "digest": str(one.image.digest),
        "attack_surface": surface_value(one.surface),
    }


def _lines(one: "Measured") -> Iterator[str]:
    found = one.surface
    yield f"{one.image.platform or 'platform unstated'}  {one.image.digest}"
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
    yield "SECRETS", [f"{secret.kind} in {secret.path}" for secret in found.secrets]
    yield (
        "SECRETS",
        [
            f"{secret.kind} in {secret.path}, hidden in layer {secret.layer.short}"
            for secret in found.secret_in_hidden_file
        ],
    )
    kinds = sorted({held.package.manager for held in found.packages})
    yield "packages", [f"{kind} {sum(held.package.manager is kind for held in found.packages)}" for kind in kinds]


def _some(values: tuple[str, ...]) -> list[str]:
    more = [f"and {len(values) - _SHOWN} more"] if len(values) > _SHOWN else []
    return [*values[:_SHOWN], *more]

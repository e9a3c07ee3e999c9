"""``pratique image inspect``: what an image consists of, how it runs, and what hangs on it."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pratique.cli.answer import Answer
from pratique.cli.image_words import (
    descriptor_value,
    examples,
    hanging_value,
    left_out_value,
    place_options,
    reference_argument,
    shown,
    what,
)
from pratique.cli.options import Subverbs
from pratique.cli.units import counted, size

if TYPE_CHECKING:
    from pratique.service.hanging import Hanging
    from pratique.service.image import Inspection, PlatformView

_EXAMPLES = """\
examples:
  pratique image inspect ci.example/shop/api:1.4
  pratique image inspect oci:backup/api@sha256:… --json

Small parts are fetched: manifests, configs and small evidence; layers are not. What evidence says it is, is what it
claims; nothing is verified here.
"""
_SHOWN_LABELS = 6
_SHOWN_TAGS = 12


def add(verbs: Subverbs) -> None:
    """Add the word to ``pratique image``."""
    word = verbs.add("inspect", "print what an image consists of and what hangs on it")
    examples(word, _EXAMPLES)
    reference_argument(word, "image")
    place_options(word)
    word.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.places import open_places
    from pratique.service.image import inspect

    with open_places(arguments.workspace, plain_http=frozenset(arguments.plain_http)) as places:
        found = inspect(places.open(arguments.image.repository), arguments.image)
    return Answer(_value(str(arguments.image), found), "\n".join(_lines(str(arguments.image), found)))


def _lines(reference: str, found: "Inspection") -> Iterator[str]:
    root, nodes = found.manifest, found.closure.nodes
    yield reference
    yield f"  digest     {root.digest}"
    yield f"  type       {root.media_type}"
    if root.effective_artifact_type and not found.platforms:
        yield f"  artifact   {root.effective_artifact_type}"
    yield (
        f"  size       {size(found.size_bytes)}, and {size(found.evidence_bytes)} of evidence; "
        f"{counted(len(nodes), 'manifest')}, {counted(len(found.closure.blobs), 'blob')}"
    )
    yield f"  tags       {_tags(found)}"
    own = [one for one in found.evidence if one.subject == root.digest]
    if own and all(view.image.digest != root.digest for view in found.platforms):
        yield from _evidence_lines(own)
    for view in found.platforms:
        yield ""
        yield from _platform_lines(view, [one for one in found.evidence if one.subject == view.image.digest])
    shown = {root.digest, *(view.image.digest for view in found.platforms)}
    rest = [one for one in found.evidence if one.subject not in shown]
    if rest:
        yield ""
        yield f"{counted(len(rest), 'piece')} of evidence on evidence or on parts: see `pratique image referrers`"
    for one in found.closure.left_out:
        yield f"left out: {one.edge.child} ({one.edge.kind} of {one.edge.parent}): {one.reason}"


def _platform_lines(view: "PlatformView", evidence: list["Hanging"]) -> Iterator[str]:
    layers = view.manifest.layers
    artifact = f"artifact {shown(view.manifest.effective_artifact_type)}" if view.config is None else ""
    yield f"{view.image.platform or artifact or 'no platform stated'}  {view.image.digest}"
    yield f"  size       {size(view.size_bytes)} in {counted(len(layers), 'layer')}"
    if view.problem:
        yield f"  config     cannot be read: {view.problem}"
    if view.config is not None:
        config = view.config
        fields = (
            ("created", config.created),
            ("entrypoint", _command(config.entrypoint)),
            ("command", _command(config.command)),
            ("user", config.user),
            ("ports", ", ".join(config.ports)),
        )
        yield from (f"  {name.ljust(9)}  {text}" for name, text in fields if text)
        for name, text in config.labels[:_SHOWN_LABELS]:
            yield f"  label      {shown(name)}={shown(text)}"
        if len(config.labels) > _SHOWN_LABELS:
            yield f"  label      and {len(config.labels) - _SHOWN_LABELS} more, in --json"
    for layer in layers:
        yield f"  layer      {layer.digest}  {size(layer.size)}"
    yield from _evidence_lines(evidence) if evidence else ("  evidence   none",)


def _evidence_lines(evidence: list["Hanging"]) -> Iterator[str]:
    for one in evidence:
        yield f"  evidence   {one.digest.short}  {size(one.size_bytes)}  {what(one)}"


def _tags(found: "Inspection") -> str:
    if found.tags is None:
        return f"cannot be listed: {found.tags_problem}"
    own = [tag for tag in found.tags if not tag.startswith("sha256-")]
    more = f", and {len(own) - _SHOWN_TAGS} more" if len(own) > _SHOWN_TAGS else ""
    return (", ".join(own[:_SHOWN_TAGS]) or "none") + more


def _command(words: tuple[str, ...]) -> str:
    import json

    return json.dumps(list(words), ensure_ascii=False) if words else ""


def _value(reference: str, found: "Inspection") -> dict[str, Any]:
    root = found.manifest
    return {
        "reference": reference,
        "digest": str(root.digest),
        "media_type": root.media_type,
        "artifact_type": root.artifact_type or None,
        "annotations": dict(root.annotations),
        "size": found.size_bytes,
        "evidence_size": found.evidence_bytes,
        "manifests": [str(node.digest) for node in found.closure.nodes],
        "blobs": [descriptor_value(blob) for blob in found.closure.blobs],
        "platforms": [_platform_value(view) for view in found.platforms],
        "evidence": [hanging_value(one) for one in found.evidence],
        "left_out": [left_out_value(one) for one in found.closure.left_out],
        "tags": None if found.tags is None else list(found.tags),
    }


def _platform_value(view: "PlatformView") -> dict[str, Any]:
    config = view.config
    platform = view.image.platform
    return {
        "platform": str(platform) if platform else None,
        "digest": str(view.image.digest),
        "media_type": view.manifest.media_type,
        "size": view.size_bytes,
        "config": descriptor_value(view.manifest.config) if view.manifest.config else None,
        "layers": [descriptor_value(layer) for layer in view.manifest.layers],
        "created": config.created or None if config else None,
        "entrypoint": list(config.entrypoint) if config else None,
        "command": list(config.command) if config else None,
        "user": config.user or None if config else None,
        "working_dir": config.working_dir or None if config else None,
        "ports": list(config.ports) if config else None,
        "labels": dict(config.labels) if config else None,
        "problem": view.problem or None,
    }

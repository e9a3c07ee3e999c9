"""Words that the verbs of ``pratique image`` share: the reference, and evidence as text and as a value."""

import argparse
from typing import TYPE_CHECKING, Any

from pratique.cli.words import reference

if TYPE_CHECKING:
    from pratique.registry.edges import LeftOut
    from pratique.registry.manifest import Descriptor
    from pratique.service.hanging import Hanging

_WIDEST = 100
_SAYS_LITTLE = (
    "",
    "text",
    "json",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.oci.empty.v1+json",
)
"""Artifact types and formats that tell nobody what a piece is."""


def examples(parser: argparse.ArgumentParser, text: str) -> None:
    """Add examples and what holds for the word below its options, line by line as written."""
    parser.epilog = text
    parser.formatter_class = argparse.RawDescriptionHelpFormatter


def reference_argument(parser: argparse.ArgumentParser, name: str, *, help_text: str = "") -> None:
    """Add a reference to an image as a positional argument."""
    written = "HOST/REPOSITORY[:TAG][@sha256:…] or oci:PATH…"
    parser.add_argument(name, type=reference, metavar=name.upper(), help=help_text or written)


def place_options(parser: argparse.ArgumentParser) -> None:
    """Add what says how registries are spoken to, beside what the workspace says."""
    parser.add_argument(
        "--plain-http",
        metavar="HOST",
        action="append",
        default=[],
        help="speak plain HTTP with this registry, such as 127.0.0.1:5000; may be given several times",
    )


def silence_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--quiet`` and ``--no-progress``."""
    silence = parser.add_mutually_exclusive_group()
    silence.add_argument("--quiet", action="store_true", help="print nothing but errors")
    silence.add_argument("--no-progress", action="store_true", help="print only what came of it")


def shown(text: str) -> str:
    """Return text from outside on one line, without control characters, cut to what a screen bears."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return plain if len(plain) <= _WIDEST else f"{plain[: _WIDEST - 1]}…"


def what(piece: "Hanging") -> str:
    """Return what a piece of evidence says it is, and how it hangs there."""
    formats = [name for name in piece.formats if name not in _SAYS_LITTLE]
    said = piece.predicate_types or ((piece.artifact_type,) if piece.artifact_type not in _SAYS_LITTLE else ())
    also = f" ({', '.join(map(shown, formats))})" if formats and not piece.predicate_types else ""
    how = {"referrer": "", "attestation": ", from BuildKit"}.get(piece.via, f", legacy tag .{piece.via}")
    return f"{', '.join(map(shown, said)) or 'of no stated type'}{also}{how}"


def hanging_value(piece: "Hanging") -> dict[str, Any]:
    """Return a piece of evidence for machines."""
    return {
        "subject": str(piece.subject),
        "digest": str(piece.digest),
        "via": piece.via,
        "tag": piece.tag or None,
        "artifact_type": piece.artifact_type or None,
        "predicate_types": list(piece.predicate_types),
        "formats": list(piece.formats),
        "size": piece.size_bytes,
    }


def descriptor_value(descriptor: "Descriptor") -> dict[str, Any]:
    """Return a descriptor for machines."""
    return {"media_type": descriptor.media_type, "digest": str(descriptor.digest), "size": descriptor.size}


def left_out_value(left_out: "LeftOut") -> dict[str, Any]:
    """Return what could not be read, for machines."""
    edge = left_out.edge
    return {"subject": str(edge.parent), "digest": str(edge.child), "via": edge.kind, "reason": left_out.reason}

"""``pratique evidence``: add, list, inspect, sync or make evidence."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pratique.cli import evidence_scan, evidence_surface
from pratique.cli.answer import Answer, Exit, table
from pratique.cli.options import Subverbs, subverbs
from pratique.cli.words import reference, signatory, signing_options

if TYPE_CHECKING:
    from pratique.evidence.model import Evidence, Reading
    from pratique.promotion.states import Promotion
    from pratique.service.sync import Synced
    from pratique.service.workspace import Workspace


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    add = verbs.add("add", "hand in reports about an image; with a service's key, signed as that service's")
    add.add_argument(
        "image", type=reference, metavar="IMAGE", help="HOST/REPOSITORY[:TAG][@sha256:…] or oci:PATH…"
    )
    add.add_argument("files", nargs="+", type=Path, metavar="FILE", help="SBOMs, scans, test results, statements")
    add.add_argument("--media-type", metavar="TYPE", help="of every file (default: guessed; it decides nothing)")
    signing_options(add)
    add.set_defaults(run=_add)
    listing = verbs.add(
        "list", "print the evidence about a promotion or an image, and what binds each piece to it"
    )
    listing.add_argument(
        "about",
        metavar="PROMOTION|IMAGE|DIGEST",
        help="what a promotion, or every promotion of a sha256:… digest, was judged by; or what an image "
        "(HOST/REPOSITORY[:TAG][@sha256:…] or oci:PATH…) would be judged by now",
    )
    listing.set_defaults(run=_list)
    sync = verbs.add(
        "sync", "bring evidence that came after a promotion to where the image was promoted to; it is recorded"
    )
    sync.add_argument(
        "about",
        metavar="PROMOTION|IMAGE",
        help="a promotion, or the image at its destination (HOST/REPOSITORY[:TAG][@sha256:…] or oci:PATH…)",
    )
    sync.add_argument(
        "--repair",
        dest="run",
        action="store_const",
        const=_repair,
        help="instead, restore what the registry lost: image, judged evidence, seal, proof and anchors",
    )
    sync.set_defaults(run=_sync)
    evidence_scan.add(verbs)
    evidence_surface.add(verbs)
    inspect = verbs.add("inspect", "print what a reader makes of files; nothing is recorded")
    inspect.add_argument("files", nargs="+", type=Path, metavar="FILE")
    inspect.set_defaults(run=_inspect)
    _add_identity(verbs)
    return verbs.parser


def _add_identity(verbs: Subverbs) -> None:
    identity = verbs.add("identity", "verify who signed a Sigstore bundle with a certificate; --record keeps it")
    identity.add_argument("bundle", type=Path, metavar="BUNDLE")
    identity.add_argument(
        "--trusted-root",
        type=Path,
        required=True,
        metavar="FILE",
        help="the trusted root, as JSON; nothing is fetched",
    )
    identity.add_argument("--identity", required=True, metavar="NAME", help="the name in the certificate, exactly")
    identity.add_argument("--issuer", required=True, metavar="URL", help="who vouched for that name, exactly")
    identity.add_argument(
        "--artifact", type=Path, metavar="FILE", help="what was signed, if it is not in the bundle"
    )
    identity.add_argument(
        "--record",
        type=reference,
        metavar="IMAGE",
        help="record it as evidence about this image, which the bundle's statement must name",
    )
    identity.set_defaults(run=_identity)


def _add(arguments: argparse.Namespace) -> Answer:
    from pratique.errors import Refused
    from pratique.service.evidence import add
    from pratique.service.signatory import PersonSignatory
    from pratique.wire import open_workspace

    signs = (
        None if arguments.key is None and arguments.actor is None else signatory(arguments.actor, arguments.key)
    )
    if isinstance(signs, PersonSignatory):
        raise Refused("evidence: expected a service's key; people sign decisions, services sign reports")
    with open_workspace(arguments.workspace) as workspace:
        added = add(workspace, arguments.image, tuple(arguments.files), arguments.media_type, signs)
    value = {"added": [{"path": one.path, "sha256": one.digest.hex, **_reading(one.reading)} for one in added]}
    return Answer(value, "\n".join(f"{one.path}: {one.reading.format}, {one.digest}" for one in added))


def _list(arguments: argparse.Namespace) -> Answer:
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        pieces = _about(workspace, arguments.about)
    rows = [
        (
            one.piece.digest.short,
            one.reading.predicate_type or one.reading.format,
            ", ".join(signed.holder for signed in one.signers) or "unsigned",
            one.bound,
            one.because,
        )
        for one in pieces
    ]
    value = {
        "evidence": [
            {
                "sha256": one.piece.digest.hex,
                "media_type": one.piece.media_type,
                "subject": str(one.piece.subject),
                "origin": one.piece.origin,
                "signers": [signed.holder for signed in one.signers],
                "bound": one.bound,
                "because": one.because,
                "covers": [str(digest) for digest in one.covers],
                **_reading(one.reading),
            }
            for one in pieces
        ]
    }
    heads = ("DIGEST", "KIND", "SIGNED BY", "BOUND BY", "WHY")
    return Answer(value, table(heads, rows) if rows else "there is no evidence at all")


def _about(workspace: "Workspace", text: str) -> "tuple[Evidence, ...]":
    from pratique.errors import Absent
    from pratique.service.bound import of_image, of_promotion, of_reference
    from pratique.values.digest import Digest
    from pratique.values.reference import parse_reference

    if text.startswith("sha256:"):
        found = of_image(workspace, Digest.parse(text))
        if not found:
            raise Absent(
                f"{text}: no promotion of it was judged; name the image where it lies, with its repository"
            )
        return found
    if any(sign in text for sign in "/:@"):
        return of_reference(workspace, parse_reference(text))
    return of_promotion(workspace, text)


def _sync(arguments: argparse.Namespace) -> Answer:
    from pratique.service.sync import bring_later
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        return _synced(bring_later(workspace, _promotion(workspace, arguments.about)))


def _repair(arguments: argparse.Namespace) -> Answer:
    from pratique.service.sync import restore
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        return _synced(restore(workspace, _promotion(workspace, arguments.about)))


def _promotion(workspace: "Workspace", text: str) -> "Promotion":
    from pratique.service.sync import promotion_of
    from pratique.values.reference import parse_reference

    return promotion_of(workspace, parse_reference(text) if any(sign in text for sign in "/:@") else text)


def _synced(synced: "Synced") -> Answer:
    value = {
        "promotion": synced.promotion,
        "destination": synced.destination,
        "image": str(synced.image),
        "evidence": [{"sha256": one.digest.hex, "subject": str(one.subject)} for one in synced.pieces],
        "manifests": [str(digest) for digest in synced.manifests],
        "blobs": [str(digest) for digest in synced.blobs],
        "anchored": [str(digest) for digest in synced.anchored],
        "lost": [{"sha256": one.digest.hex, "subject": str(one.subject)} for one in synced.lost],
    }
    if not synced.changed:
        brought = f"{synced.destination} has it all"
    else:
        brought = (
            f"brought to {synced.destination}: evidence {len(synced.pieces)}, manifests {len(synced.manifests)}, "
            f"blobs {len(synced.blobs)}; anchored {len(synced.anchored)}"
        )
    lost = [f"lost there: {one.digest} about {one.subject.short}; restore it with --repair" for one in synced.lost]
    return Answer(value, "\n".join((brought, *lost)))


def _inspect(arguments: argparse.Namespace) -> Answer:
    from pratique.service.inspect import inspect

    found = tuple(inspect(tuple(arguments.files)))
    refused = any(one["parse"] == "refused" for one in found)
    return Answer(found, "\n".join(map(_told, found)), Exit.USAGE if refused else Exit.DONE)


def _identity(arguments: argparse.Namespace) -> Answer:
    from pratique.service.identity import identify, read_file, record_identity
    from pratique.signing.keyless import NOT_REPEATED, Identity

    expected = Identity(arguments.identity, arguments.issuer)
    found = identify(arguments.bundle, arguments.trusted_root, expected, arguments.artifact)
    value: dict[str, Any] = {
        "identity": found.identity.name,
        "issuer": found.identity.issuer,
        "content": str(found.content),
        "payload_type": found.payload_type,
        "certified": found.certified.isoformat(),
        "trusted_root": str(found.trusted_root),
        "repeatable": NOT_REPEATED,
    }
    told = f"{found.content}: {found}"
    if arguments.record is None:
        return Answer(value, told)
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        word, bundle = record_identity(workspace, arguments.record, read_file(arguments.bundle), found)
    value["recorded"] = {"identity": word.hex, "bundle": bundle.hex}
    return Answer(value, f"{told}; recorded as {word.short}")


def _told(one: dict[str, Any]) -> str:
    pieces = (f"  {_summed(each['sha256'][:12], each)}" for each in one.get("pieces", ()))
    return "\n".join((_summed(one["path"], one), *pieces))


def _summed(name: str, one: dict[str, Any]) -> str:
    kind = " ".join(part for part in (one["format"], one["format_version"]) if part)
    counts = ", ".join(_counted(name, value) for name, value in one["counts"].items() if value)
    return "; ".join(part for part in (f"{name}: {kind}, {one['parse']}", counts, *one["reasons"]) if part)


def _counted(name: str, value: int | dict[str, int]) -> str:
    if isinstance(value, int):
        return f"{name.replace('_', ' ')} {value}"
    return f"{name.replace('_', ' ')} ({', '.join(f'{word} {number}' for word, number in value.items())})"


def _reading(reading: "Reading") -> dict[str, Any]:
    return {
        "format": reading.format,
        "format_version": reading.format_version,
        "parse": reading.parse,
        "reasons": list(reading.reasons),
        "about": [str(digest) for digest in reading.about],
        "predicate_type": reading.predicate_type,
    }

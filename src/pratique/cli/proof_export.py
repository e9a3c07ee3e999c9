"""``pratique proof export``: which proofs, in which form, and where to."""

import argparse
from pathlib import Path
from typing import Any

from pratique.cli.answer import Answer
from pratique.cli.units import size
from pratique.errors import Malformed
from pratique.proof.collection import LIST_FILE, Asked, Collection, Form
from pratique.service.proof_export import Report, Wish, Written, export_many, export_one
from pratique.values.digest import Digest
from pratique.values.names import parse_environment
from pratique.wire import open_workspace


def export(arguments: argparse.Namespace) -> Answer:
    """Write what was asked for."""
    wish = Wish(_form(arguments), Report.BESIDE if arguments.report else Report.NONE)
    selecting = any((arguments.since, arguments.until, arguments.environment, arguments.image))
    if selecting == (arguments.promotion is not None):
        raise Malformed(
            "usage: expected PROMOTION, or what selects several: --since, --until, --environment, --image; found "
            f"{'both' if selecting else 'neither'}"
        )
    return _one(arguments, wish) if arguments.promotion else _many(arguments, wish)


def _form(arguments: argparse.Namespace) -> Form:
    if arguments.tar:
        return Form.TAR
    return Form.FOLDER if arguments.full else Form.CORE


def _one(arguments: argparse.Namespace, wish: Wish) -> Answer:
    with open_workspace(arguments.workspace) as workspace:
        promotion = workspace.store.read(lambda view: view.promotions.by_prefix(arguments.promotion).id)
        written = export_one(workspace, promotion, Path(arguments.out or f"{promotion}{wish.form}"), wish)
    return Answer(_value(written), "\n".join(_lines(written)))


def _value(written: Written) -> dict[str, Any]:
    return {
        "promotion": written.promotion,
        "file": str(written.file),
        "bytes": written.core_bytes,
        "core": str(written.core),
        "layers": [
            {"role": one.role, "digest": str(one.digest), "media_type": one.media_type, "size": one.size}
            for one in written.layers
        ],
        "report": None if written.report is None else str(written.report),
    }


def _lines(written: Written) -> list[str]:
    lines = [f"{written.file}: {written.core_bytes} bytes"]
    if written.layers:
        total = sum(one.size for one in written.layers)
        lines = [f"{written.file}: the full form, {len(written.layers)} layers, {size(total)}"]
    return [*lines, *([f"{written.report}: a page to read; it proves nothing"] if written.report else [])]


def _many(arguments: argparse.Namespace, wish: Wish) -> Answer:
    if arguments.out is None:
        raise Malformed("usage: expected --out FOLDER: several proofs go into a folder of their own")
    asked = Asked(
        since=arguments.since,
        until=arguments.until,
        environment=parse_environment(arguments.environment) if arguments.environment else None,
        image=Digest.parse(arguments.image) if arguments.image else None,
    )
    with open_workspace(arguments.workspace) as workspace:
        collection = export_many(workspace, asked, Path(arguments.out), wish)
    return Answer(
        _collection_value(arguments.out, collection), "\n".join(_collection_lines(arguments.out, collection))
    )


def _collection_value(folder: str, collection: Collection) -> dict[str, Any]:
    return {
        "folder": folder,
        "proofs": [{"promotion": one.promotion, "file": one.file} for one in collection.proofs],
        "without": [{"promotion": one.promotion, "because": one.because} for one in collection.without],
    }


def _collection_lines(folder: str, collection: Collection) -> list[str]:
    lines = [f"{one.file}: {one.image} → {one.environment}" for one in collection.proofs]
    lines += [f"no proof of {one.promotion}: {one.because}" for one in collection.without]
    return [*lines, f"{Path(folder) / LIST_FILE}: a list of {len(collection.proofs)} proofs"]

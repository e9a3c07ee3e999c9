"""Exporting proofs to files: one, those of a period, or those of an image, in the form that was asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from pratique.errors import Absent, Conflict, Refused, Unreachable
from pratique.promotion.events import Entry
from pratique.promotion.states import Promotion
from pratique.promotion.steps import PromotionSealed
from pratique.proof.collection import (
    LIST_FILE,
    MAX_PROOFS,
    Asked,
    Collection,
    Form,
    Listed,
    Without,
    build_collection,
    parse_collection,
)
from pratique.proof.full import layers_of, report_layer
from pratique.proof.layout import Layer
from pratique.proof.report import build_report
from pratique.proof.verify import verify_promotion
from pratique.service.proof import export
from pratique.service.proof_layout import files_of, write_file, write_folder, write_tar
from pratique.service.workspace import Workspace
from pratique.service.zone import find_zone
from pratique.storage.transaction import View
from pratique.values.digest import Digest


class Report(StrEnum):
    """Whether a page for people is written beside each proof."""

    NONE = "none"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class Wish:
    """How proofs are written."""

    form: Form = Form.CORE
    report: Report = Report.NONE


@dataclass(frozen=True, slots=True)
class Written:
    """One proof that was written; ``layers`` are none in the core form."""

    promotion: str
    file: Path
    core: Digest
    core_bytes: int
    layers: tuple[Layer, ...]
    report: Path | None


def export_one(workspace: Workspace, promotion: str, target: Path, wish: Wish) -> Written:
    """Write the proof of one promotion.

    Args:
        workspace: Where it was recorded.
        promotion: Its id.
        target: Where to; a report goes to the same name with the ending ``.html``.
        wish: How.

    Raises:
        Refused: It has not come so far.
        Absent: Evidence is not kept here any more, which the full form needs.
        Unverified: Our own proof does not hold; nothing is written.
        Conflict: A folder is there already.
        Unreachable: The target cannot be written.
    """
    core = export(workspace, promotion)
    page = _page(workspace, core, wish.report)
    layers = _write(workspace, core, page, target, wish.form)
    beside = None
    if page is not None:
        beside = target.with_name(f"{target.name.removesuffix('.json').removesuffix('.tar')}.html")
        write_file(beside, (page,))
    return Written(promotion, target, Digest.of(core), len(core), layers, beside)


def _page(workspace: Workspace, core: bytes, report: Report) -> bytes | None:
    match report:
        case Report.NONE:
            return None
        case Report.BESIDE:
            return build_report(verify_promotion(core, workspace.trust, zones=find_zone), core)
        case _:
            assert_never(report)


def _write(workspace: Workspace, core: bytes, page: bytes | None, target: Path, form: Form) -> tuple[Layer, ...]:
    if form is Form.CORE:
        write_file(target, (core,))
        return ()
    layers = (*layers_of(core), *([report_layer(page)] if page is not None else []))
    files = files_of(layers, _fetch(workspace, core, page))
    if form is Form.TAR:
        write_tar(target, files)
    else:
        write_folder(target, files)
    return layers


def _fetch(workspace: Workspace, core: bytes, page: bytes | None) -> Callable[[Digest], bytes]:
    made_here = {Digest.of(content): content for content in (core, page) if content is not None}
    return lambda digest: made_here[digest] if digest in made_here else workspace.blobs.get(digest)


def export_many(workspace: Workspace, asked: Asked, folder: Path, wish: Wish) -> Collection:
    """Write the proof of every promotion that was sealed and fits, and a list of them.

    A promotion whose proof cannot be made is named in the list with the reason; none is left out silently.

    Args:
        workspace: Where they were recorded.
        asked: Which; a period is that of the seals.
        folder: Where to; it is made, or must be empty.
        wish: How each is written.

    Raises:
        Absent: Nothing fits, or evidence is not kept here any more.
        Refused: There are too many; ask for less.
        Conflict: The folder holds something.
        Unreachable: It cannot be written.
    """
    promotions = workspace.store.read(lambda view: tuple(_fitting(view, asked)))
    if not promotions:
        raise Absent(
            "proofs: nothing was sealed that fits; widen the period, or name the image as it was requested"
        )
    if len(promotions) > MAX_PROOFS:
        raise Refused(
            f"proofs: expected at most {MAX_PROOFS} promotions, found {len(promotions)}; shorten the period"
        )
    _make(folder)
    proofs: list[Listed] = []
    without: list[Without] = []
    for one in promotions:
        name = f"{one.id}{wish.form}"
        try:
            written = export_one(workspace, one.id, folder / name, wish)
        except Refused as error:
            without.append(Without(one.id, str(error)))
        else:
            proofs.append(Listed(name, one.id, one.image, one.to, written.core))
    content = build_collection(asked, tuple(proofs), tuple(without))
    write_file(folder / LIST_FILE, (content,))
    return parse_collection(content)


def _fitting(view: View, asked: Asked) -> Iterator[Promotion]:
    sealed = (entry.event.promotion for entry in view.ledger.of_type(PromotionSealed.TYPE) if _fits(entry, asked))
    for promotion in dict.fromkeys(sealed):
        if promotion is not None:
            yield view.promotions.find(promotion)


def _fits(entry: Entry, asked: Asked) -> bool:
    event = entry.event
    return (
        (asked.since is None or asked.since <= event.at)
        and (asked.until is None or event.at < asked.until)
        and asked.environment in (None, event.environment)
        and asked.image in (None, event.image)
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = next(folder.iterdir(), None)
    except OSError as error:
        raise Unreachable(f"{folder} cannot be made: {error.strerror}") from error
    if occupied is not None:
        raise Conflict(f"{folder} holds {occupied.name}; name an empty folder, so that the list is complete")

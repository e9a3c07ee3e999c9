"""Verifying proofs where they lie: the core form, the full form, or a folder of many.

Needs no workspace, and nothing but the code that a proof is verified with.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from pratique.errors import Absent, PratiqueError, Unreachable, Unverified
from pratique.proof.collection import LIST_FILE, MAX_BYTES, Collection, Listed, parse_collection
from pratique.proof.document import MAX_BYTES as MAX_PROOF_BYTES
from pratique.proof.established import Established
from pratique.proof.full import Full, open_full
from pratique.proof.layout import MARK_FILE
from pratique.service.proof_shelf import Shelf, open_shelf
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

Verify = Callable[[bytes], Established]
"""Verifies a core form."""
Complete = Callable[[Full, Shelf, Established], Established]
"""Does with a full form what is wanted besides, once its core form holds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file of a folder: what it establishes, or why it does not hold."""

    file: str
    established: Established | None
    error: PratiqueError | None


def is_full(path: Path) -> bool:
    """Tell whether this is a folder or a tar, so the full form, rather than the document of the core form."""
    try:
        if path.is_dir():
            return True
        with path.open("rb") as file:
            return file.read(1) != b"{"
    except OSError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}") from error


def is_collection(path: Path) -> bool:
    """Tell whether this is a folder of many proofs."""
    return path.is_dir() and not (path / MARK_FILE).exists() and (path / LIST_FILE).exists()


def as_it_is(_full: Full, _shelf: Shelf, established: Established) -> Established:
    """Return what the core form established: every layer was hashed, and nothing judged again."""
    return established


def verify_place(path: Path, verify: Verify, complete: Complete = as_it_is) -> tuple[Established, Digest]:
    """Return what one proof establishes, whichever form it has, and the digest of its core form.

    Raises:
        Absent, Unreachable: It cannot be read.
        Malformed, Unverified: It does not hold.
    """
    if not is_full(path):
        core = _read(path, MAX_PROOF_BYTES)
        return verify(core), Digest.of(core)
    with open_shelf(path) as shelf:
        full = open_full(shelf.sizes, shelf.read)
        return complete(full, shelf, verify(full.core)), full.layers[0].digest


def verify_all(folder: Path, verify: Verify, complete: Complete = as_it_is) -> tuple[Outcome, ...]:
    """Return what came of every proof that a folder's list names, and of every file that it does not name.

    Raises:
        Absent, Unreachable, Malformed: The list cannot be read.
    """
    collection = parse_collection(_read(folder / LIST_FILE, MAX_BYTES))
    listed = (_outcome(folder, one, verify, complete) for one in collection.proofs)
    return (*listed, *_strangers(folder, collection))


def _outcome(folder: Path, listed: Listed, verify: Verify, complete: Complete) -> Outcome:
    try:
        established, core = verify_place(folder / listed.file, verify, complete)
        _check_listed(listed, established, core)
    except PratiqueError as error:
        return Outcome(listed.file, None, error)
    return Outcome(listed.file, established, None)


def _check_listed(listed: Listed, established: Established, core: Digest) -> None:
    expected = (listed.promotion, listed.image, listed.environment, listed.core)
    found = (established.promotion, established.image, established.environment, core)
    for what, wanted, there in zip(
        ("promotion", "image", "environment", "core form"), expected, found, strict=True
    ):
        if wanted != there:
            raise Unverified(
                f"{LIST_FILE}, {what}: expected {wanted}, found a proof of {there}; it took another's place"
            )


def _strangers(folder: Path, collection: Collection) -> Iterator[Outcome]:
    known = {LIST_FILE, *(one.file for one in collection.proofs)}
    for name in sorted(entry.name for entry in folder.iterdir()):
        if name not in known and not name.endswith(".html"):
            yield Outcome(
                name, None, Unverified(f"{name[:120]}: {LIST_FILE} does not list it; it was added later")
            )


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}") from error
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}") from error
    return content

"""Checking the timestamps in an exported ledger: each is of a checkpoint that stands there, by whom it says."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from pratique.errors import PratiqueError
from pratique.ledger.interface import Target
from pratique.ledger.stamp import FOLDER, Authority, text_path, verify_stamp
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.fault import Fault

_NAME = re.compile(rf"{FOLDER}/(0|[1-9]\d{{0,18}})\.(?:txt|([a-z0-9][a-z0-9-]{{0,62}})\.tsr)", re.ASCII)

RootAt = Callable[[int], bytes | None]
"""A size → the root over so many entries, ``None`` where there are not so many."""


@dataclass(frozen=True, slots=True)
class CheckedStamps:
    """How many timestamps hold, how many are of authorities that nobody vouched for here, and what is wrong."""

    verified: int
    unknown: int
    faults: tuple[Fault, ...]


def check_stamps(
    target: Target, origins: Collection[str], root_at: RootAt, authorities: Iterable[Authority]
) -> CheckedStamps:
    """Check every timestamp of an exported ledger.

    Args:
        target: Where it was exported to.
        origins: The names that its checkpoints may have.
        root_at: The roots as the entries give them.
        authorities: Whose word counts; of another's, only the text is checked that it speaks of.
    """
    known = {authority.name: authority for authority in authorities}
    faults: list[Fault] = []
    verified = unknown = 0
    for path in target.list(FOLDER):
        named = _NAME.fullmatch(path)
        if named is None:
            faults.append(Fault(path, "expected <size>.txt or <size>.<authority>.tsr"))
        elif named[2] is None:
            faults += _text(target, path, int(named[1]), origins, root_at)
        elif named[2] not in known:
            unknown += 1
        else:
            wrong = tuple(_stamp(target, path, int(named[1]), known[named[2]]))
            verified += not wrong
            faults += wrong
    return CheckedStamps(verified, unknown, tuple(faults))


def exported_stamps(target: Target) -> Iterator[tuple[int, str, bytes]]:
    """Yield every answer in an exported ledger, with the size and the authority that its name says."""
    for path in target.list(FOLDER):
        named = _NAME.fullmatch(path)
        if named and named[2] and (answer := target.read(path)) is not None:
            yield int(named[1]), named[2], answer


def _text(target: Target, path: str, size: int, origins: Collection[str], root_at: RootAt) -> Iterator[Fault]:
    root, found = root_at(size), target.read(path)
    expected = [] if root is None else [Checkpoint(origin, size, root).render().encode() for origin in origins]
    if found not in expected:
        yield Fault(path, "is not the text of a checkpoint over the entries that stand here")


def _stamp(target: Target, path: str, size: int, authority: Authority) -> Iterator[Fault]:
    text, answer = target.read(text_path(size)), target.read(path)
    try:
        verify_stamp(authority, (text or b"").decode("utf-8", "replace"), answer or b"")
    except PratiqueError as error:
        yield Fault(path, str(error))

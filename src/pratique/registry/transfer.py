"""Moving blobs: the biggest first, each once, and only those that are not there.

A copy that was killed is simply run again: what arrived whole is there, and is not moved a second time. Two copies
that need the same blob at the same place move it once, also when they run at the same time in this process.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from functools import partial
from typing import TypeVar

from pratique.errors import Absent, Refused
from pratique.registry.interface import Reader, Registry
from pratique.registry.manifest import Descriptor
from pratique.registry.progress import Watch, Way, watched
from pratique.values.digest import Digest
from pratique.values.reference import Repository

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")

_WORKERS = 4  # more streams do not help: the destination's disk is the limit (measured at 1, 2, 4 and 8)


class First(StrEnum):
    """What is asked of the destination first, for each blob.

    Where nothing of an image has arrived yet, its blobs are not there, and mounting them unasked saves one request
    each; where something has, most of them are, and only looking tells.
    """

    LOOK = "look"
    MOUNT = "mount"


def transfer(
    blobs: tuple[Descriptor, ...], source: Registry, destination: Registry, first: First, watch: Watch
) -> dict[Digest, Way]:
    """Bring blobs to the destination, and tell how each came to be there.

    Raises:
        Absent: One is not at the source.
        Refused: One is nowhere but at the addresses that its manifest names, which are never asked.
        Unverified: One has other bytes at the source than its digest says.
        Unreachable: Network, registry or disk; run it again.
    """
    ordered = sorted(blobs, key=lambda blob: (-blob.size, blob.digest))
    bring = partial(_bring, source=source, destination=destination, first=first, watch=watch)
    return dict(zip((blob.digest for blob in ordered), each(bring, ordered, _WORKERS), strict=True))


def put_again(blob: Descriptor, source: Registry, destination: Registry) -> None:
    """Bring a blob to the destination whatever that says about having it."""
    with _FLIGHTS.alone(destination.repository, blob.digest):
        destination.put_blob(blob, lambda: _opened(blob, source))


def each(task: Callable[[_Item], _Found], items: Sequence[_Item], workers: int) -> list[_Found]:
    """Do a task for every item, several at once; after a failure, what has not begun is not begun."""
    if len(items) < 2:
        return [task(item) for item in items]  # nothing to do at once
    with ThreadPoolExecutor(workers, thread_name_prefix="copy") as pool:
        running = [pool.submit(task, item) for item in items]
        try:
            return [one.result() for one in running]
        finally:
            for one in running:
                one.cancel()


def _bring(blob: Descriptor, *, source: Registry, destination: Registry, first: First, watch: Watch) -> Way:
    with _FLIGHTS.alone(destination.repository, blob.digest) as others:
        if first is First.LOOK or others:  # whoever was before us has most likely brought it
            way = _look(blob, destination) or _mount(blob, source, destination)
        else:
            way = _mount(blob, source, destination) or _look(blob, destination)
        if way is None:
            destination.put_blob(blob, watched(lambda: _opened(blob, source), watch))
            way = Way.MOVED
    watch.finished(blob, way)
    return way


def _look(blob: Descriptor, destination: Registry) -> Way | None:
    return Way.PRESENT if destination.blob_size(blob.digest) == blob.size else None


def _mount(blob: Descriptor, source: Registry, destination: Registry) -> Way | None:
    return Way.MOUNTED if destination.mount_blob(blob, source.repository) else None


@contextmanager
def _opened(blob: Descriptor, source: Registry) -> Iterator[Reader]:
    with ExitStack() as stack:
        try:
            reader = stack.enter_context(source.open_unverified(blob))
        except Absent as error:
            raise (_nowhere(blob, source) if blob.urls else error) from error
        yield reader


def _nowhere(blob: Descriptor, source: Registry) -> Refused:
    return Refused(
        f"blob {blob.digest} is not in {source.repository}; its manifest says where else it may be, and such "
        "addresses are never asked: push the blob into that repository, then copy again"
    )


class _Flights:
    """Who brings which blob to which place at this moment, in this process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._under_way: dict[tuple[Repository, Digest], _Flight] = {}

    @contextmanager
    def alone(self, place: Repository, digest: Digest) -> Iterator[int]:
        """Hold one blob at one place; yield how many held or awaited it before us."""
        with self._guard:
            flight = self._under_way.setdefault((place, digest), _Flight())
            before = flight.holders
            flight.holders += 1
        try:
            with flight.turn:
                yield before
        finally:
            with self._guard:
                flight.holders -= 1
                if not flight.holders:
                    del self._under_way[place, digest]


class _Flight:
    """One blob on its way: whose turn it is, and how many hold or await it."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.holders = 0


_FLIGHTS = _Flights()  # one for the process, as promotions that run at once know nothing of each other

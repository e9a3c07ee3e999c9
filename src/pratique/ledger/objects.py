"""The record objects of a published ledger: each one that an entry names is there, with its own bytes."""

from pratique.errors import PratiqueError
from pratique.ledger.interface import Target
from pratique.promotion.events import Class, parse_event
from pratique.tlog.fault import Fault
from pratique.values.digest import Digest


def object_path(digest: Digest) -> str:
    """Return where, in an exported ledger, an object stands."""
    return f"objects/sha256/{digest.hex[:2]}/{digest.hex}"


class Objects:
    """Looks at entries in their order, and at each object once."""

    def __init__(self, target: Target) -> None:
        """Look in this exported ledger."""
        self._target = target
        self._seen: set[Digest] = set()

    @property
    def count(self) -> int:
        """How many objects were named so far."""
        return len(self._seen)

    def check(self, first: int, entries: tuple[bytes, ...]) -> tuple[Fault, ...]:
        """Return what is wrong with these entries, the first of which has this index."""
        return tuple(fault for index, entry in enumerate(entries, first) for fault in self._entry(index, entry))

    def _entry(self, index: int, entry: bytes) -> tuple[Fault, ...]:
        try:
            named = {item.digest for item in parse_event(entry).objects if item.class_ is Class.RECORD}
        except PratiqueError as error:
            return (Fault("entry", str(error), index),)
        new = named - self._seen
        self._seen |= new
        return tuple(fault for digest in sorted(new) for fault in self._object(index, digest))

    def _object(self, index: int, digest: Digest) -> tuple[Fault, ...]:
        path = object_path(digest)
        content = self._target.read(path)
        if content is None:
            return (Fault(path, "expected the object that the entry names, found no file; export again", index),)
        found = Digest.of(content)
        return () if found == digest else (Fault(path, f"expected its own bytes, found {found}", index),)

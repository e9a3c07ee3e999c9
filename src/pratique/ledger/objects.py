"""The objects of a published ledger: each record that an entry names is there, and each file holds its own bytes.

Evidence may be left out of an export. What stands there besides the records is therefore found by looking, hashed,
and compared with its name; what the entries name and nobody put there is counted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from pratique.errors import PratiqueError
from pratique.ledger.interface import Target
from pratique.ledger.named import listed_in
from pratique.promotion.events import Class, EventObject, parse_event
from pratique.tlog.fault import Fault
from pratique.values.digest import Digest

FOLDER = "objects"
_PATH = re.compile(rf"{FOLDER}/sha256/([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})", re.ASCII)


def object_path(digest: Digest) -> str:
    """Return where, in an exported ledger, an object stands."""
    return f"{FOLDER}/sha256/{digest.hex[:2]}/{digest.hex}"


@dataclass(frozen=True, slots=True)
class Rest:
    """What stands beside the records: how many files, each hashed; how many named pieces of evidence do not."""

    kept: int
    absent: int
    faults: tuple[Fault, ...]


class Objects:
    """Looks at entries in their order, and at each object once."""

    def __init__(self, target: Target) -> None:
        """Look in this exported ledger."""
        self._target = target
        self._seen: set[Digest] = set()
        self._evidence: set[Digest] = set()

    @property
    def count(self) -> int:
        """How many records were named so far."""
        return len(self._seen)

    def check_rest(self) -> "Rest":
        """Hash what stands there besides the records that were named, once every entry was looked at."""
        records = {object_path(digest) for digest in self._seen}
        rest = [path for path in self._target.list(FOLDER) if path not in records]
        absent = {object_path(digest) for digest in self._evidence}.difference(rest, records)
        return Rest(len(rest), len(absent), tuple(fault for path in rest for fault in self._file(path)))

    def _file(self, path: str) -> Iterator[Fault]:
        named = _PATH.fullmatch(path)
        if named is None:
            yield Fault(path, f"expected {FOLDER}/sha256/<2 hex>/<64 hex>; look who put it there")
            return
        found = sha256()
        for chunk in self._target.stream(path):
            found.update(chunk)
        if found.hexdigest() != named[2]:
            yield Fault(path, f"expected its own bytes, found sha256:{found.hexdigest()}")

    def check(self, first: int, entries: tuple[bytes, ...]) -> tuple[Fault, ...]:
        """Return what is wrong with these entries, the first of which has this index."""
        return tuple(fault for index, entry in enumerate(entries, first) for fault in self._entry(index, entry))

    def _entry(self, index: int, entry: bytes) -> tuple[Fault, ...]:
        try:
            objects = parse_event(entry).objects
        except PratiqueError as error:
            return (Fault("entry", str(error), index),)
        records = {item.digest: item for item in objects if item.class_ is Class.RECORD}
        self._evidence.update(item.digest for item in objects if item.class_ is Class.EVIDENCE)
        new = records.keys() - self._seen
        self._seen |= new
        return tuple(fault for digest in sorted(new) for fault in self._record(index, records[digest]))

    def _record(self, index: int, item: EventObject) -> tuple[Fault, ...]:
        path = object_path(item.digest)
        content = self._target.read(path)
        if content is None:
            return (Fault(path, "expected the object that the entry names, found no file; export again", index),)
        found = Digest.of(content)
        if found != item.digest:
            return (Fault(path, f"expected its own bytes, found {found}", index),)
        self._evidence.update(each.digest for each in listed_in(item, lambda _: content))
        return ()

"""What a witness remembers: the logs that it knows, and the largest tree of each that it cosigned.

One SQLite file. A tree is compared and replaced in one transaction that is on disk when it returns, so two
requests at once, or a crash between them, never lead a witness back. What a log signed and should not have is kept
as evidence.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pratique.errors import Absent, Conflict, Malformed, Unreachable
from pratique.tlog.key import KeyKind, NoteVerifier
from pratique.tlog.witness import Seen

FILE = "witness.db"
_WAIT_SECONDS = 10
_KEPT_EVIDENCE = 10_000  # rows; a log that misbehaves once is condemned, and need not fill the disk
_SCHEMA = """
CREATE TABLE log (vkey TEXT PRIMARY KEY, origin TEXT NOT NULL) STRICT;
CREATE TABLE seen (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL
) STRICT;
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, origin TEXT NOT NULL, reason TEXT NOT NULL, request BLOB NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """One log that the witness knows, and how far it has cosigned it."""

    origin: str
    keys: tuple[NoteVerifier, ...]
    size: int


class State:
    """The memory of one witness; threads and processes may use it at once."""

    def __init__(self, directory: Path) -> None:
        """Use the memory in this directory, which :meth:`create` made.

        Raises:
            Absent: There is none.
        """
        self._file = directory / FILE
        if not self._file.is_file():
            raise Absent(f"{directory} is no witness: {FILE} is missing; make one with `pratique witness init`")

    @classmethod
    def create(cls, directory: Path) -> "State":
        """Make an empty memory, or raise ``Conflict`` where there is one: a witness must not forget."""
        file = directory / FILE
        if file.exists():
            raise Conflict(f"{file} exists; a witness that forgot could be led back, so it is never made anew")
        with closing(sqlite3.connect(file)) as made:
            made.executescript(f"PRAGMA journal_mode=WAL;{_SCHEMA}")
        return cls(directory)

    def add(self, key: NoteVerifier) -> None:
        """Know a log by this key from now on; further keys of one origin are a rotation.

        Raises:
            Malformed: It is no log's key.
        """
        if key.kind is not KeyKind.LOG:
            raise Malformed(f"{key.name}: expected a log's key (type 01), found a witness's")
        with self._writing() as rows:
            rows.execute("INSERT OR IGNORE INTO log VALUES (?, ?)", (str(key), key.name))

    def remove(self, key: NoteVerifier) -> None:
        """Forget a key; what was cosigned of its log stays remembered.

        Raises:
            Absent: It was not known.
        """
        with self._writing() as rows:
            if not rows.execute("DELETE FROM log WHERE vkey = ?", (str(key),)).rowcount:
                raise Absent(f"witness: does not know the key {key}")

    def watched(self) -> tuple[Watched, ...]:
        """Return every log that is known, by origin."""
        with self._reading() as rows:
            found = rows.execute(
                "SELECT origin, coalesce(size, 0) FROM (SELECT DISTINCT origin FROM log) LEFT JOIN seen"
                " USING (origin) ORDER BY origin"
            ).fetchall()
            return tuple(Watched(origin, _keys(rows, origin), size) for origin, size in found)

    def keys(self, origin: str) -> tuple[NoteVerifier, ...]:
        """Return the keys by which a log is known; none for a stranger."""
        with self._reading() as rows:
            return _keys(rows, origin)

    def seen(self, origin: str) -> Seen:
        """Return the largest tree of a log that was cosigned."""
        with self._reading() as rows:
            return _seen(rows, origin)

    def note(self, origin: str) -> bytes | None:
        """Return the last checkpoint of a log that was cosigned, with the cosignature; ``None`` where none was."""
        with self._reading() as rows:
            found = rows.execute("SELECT note FROM seen WHERE origin = ?", (origin,)).fetchone()
        return found[0] if found else None

    def advance(self, origin: str, before: Seen, after: Seen, note: bytes) -> bool:
        """Replace what was seen of a log, if it still is ``before``; it is on disk when this returns true."""
        with self._writing() as rows:
            if _seen(rows, origin) != before:
                return False
            rows.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)", (origin, after.size, after.root, note))
            return True

    def accuse(self, origin: str, reason: str, request: bytes, at: int) -> None:
        """Keep a request that a log signed and that does not continue what it signed before."""
        with self._writing() as rows:
            if rows.execute("SELECT count(*) FROM evidence").fetchone()[0] < _KEPT_EVIDENCE:
                rows.execute(
                    "INSERT INTO evidence (at, origin, reason, request) VALUES (?, ?, ?, ?)",
                    (at, origin, reason, request),
                )

    def accusations(self) -> tuple[tuple[int, str, str], ...]:
        """Return when which log misbehaved, and how, oldest first."""
        with self._reading() as rows:
            return tuple(rows.execute("SELECT at, origin, reason FROM evidence ORDER BY id").fetchall())

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._file, timeout=_WAIT_SECONDS, isolation_level=None)) as rows:
                yield rows
        except sqlite3.Error as error:
            raise Unreachable(f"witness: {self._file}: {error}; look at the disk and its permissions") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as rows:
            rows.execute("PRAGMA synchronous=FULL")
            rows.execute("BEGIN IMMEDIATE")
            try:
                yield rows
            except BaseException:
                rows.execute("ROLLBACK")
                raise
            rows.execute("COMMIT")


def _seen(rows: sqlite3.Connection, origin: str) -> Seen:
    found = rows.execute("SELECT size, root FROM seen WHERE origin = ?", (origin,)).fetchone()
    return Seen(*found) if found else Seen()


def _keys(rows: sqlite3.Connection, origin: str) -> tuple[NoteVerifier, ...]:
    found = rows.execute("SELECT vkey FROM log WHERE origin = ? ORDER BY vkey", (origin,)).fetchall()
    return tuple(NoteVerifier.parse(vkey) for (vkey,) in found)

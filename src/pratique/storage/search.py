"""The search index: a file of its own beside the database, made from the ledger, and made again when it is lost.

Exact keys stand in one B-tree by kind and text; sentences in a full-text index of trigrams, so that any piece of three
letters is found without reading every entry (sqlite.org/fts5.html, "The Trigram Tokenizer"). Words that people wrote
are not in it.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pratique.errors import Malformed, Unreachable
from pratique.promotion.keys import Key

RULES = 1
"""Changes with what is indexed; an index made by other rules is made again."""

SHORTEST = 3  # characters of a text that is looked for; fewer are no trigram
_WAIT_SECONDS = 30
_COMMON = 10_000
_SCHEMA = """
CREATE TABLE made (rules INTEGER NOT NULL, origin TEXT NOT NULL, size INTEGER NOT NULL) STRICT;
CREATE TABLE entry (idx INTEGER PRIMARY KEY, at TEXT NOT NULL, sentence TEXT NOT NULL) STRICT;
CREATE TABLE mention (
    kind TEXT NOT NULL, text TEXT NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (kind, text, idx)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(sentence, content='entry', content_rowid='idx', tokenize='trigram');
"""


@dataclass(frozen=True, slots=True)
class Indexed:
    """One entry as it goes into the index."""

    index: int
    at: str
    sentence: str
    keys: frozenset[Key]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; an entry has all of it.

    Attributes:
        keys: One of each inner tuple must be a key of the entry.
        text: A piece of its sentence, in any letter case.
        since, until: Moments, as events spell them; from the first one on, and before the second.
        before: Only entries with a smaller index: where the last answer ended.
    """

    keys: tuple[tuple[Key, ...], ...] = ()
    text: str | None = None
    since: str | None = None
    until: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One entry that was found."""

    index: int
    at: str
    sentence: str


class SearchIndex:
    """The index in one file; several processes may use it at once."""

    def __init__(self, file: Path, origin: str) -> None:
        """Use this file for the ledger of this name; it is made when it is first written to."""
        self._file = file
        self._origin = origin

    def size(self) -> int:
        """Return how many entries are indexed by today's rules; 0 where the index must be made anew."""
        if not self._file.exists():
            return 0
        with self._open() as rows:
            return _size(rows, self._origin)

    def add(self, before: int, entries: Iterable[Indexed]) -> bool:
        """Add the entries that follow the first ``before`` ones; false where somebody else has done so already."""
        with self._open() as rows:
            rows.execute("BEGIN IMMEDIATE")
            with rows:
                if before == 0 and _size(rows, self._origin) == 0:
                    _make(rows, self._origin)
                if _size(rows, self._origin) != before:
                    return False
                count = sum(_insert(rows, entry) for entry in entries)
                rows.execute("UPDATE made SET size = ?", (before + count,))
        return True

    def find(self, wanted: Wanted, limit: int) -> tuple[Found, ...]:
        """Return the newest entries that have all that is wanted.

        Raises:
            Malformed: The text is too short to be looked for.
        """
        with self._open() as rows:
            queries = tuple(_queries(wanted, rows))
            found = {
                row[0]: Found(*row)
                for query, values in queries
                for row in rows.execute(query, values).fetchmany(limit)
            }
        return tuple(found[index] for index in sorted(found, reverse=True)[:limit])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._file, timeout=_WAIT_SECONDS, isolation_level=None)) as rows:
                rows.execute("PRAGMA journal_mode=WAL")
                rows.execute("PRAGMA synchronous=NORMAL")  # what is lost is made again
                yield rows
        except sqlite3.Error as error:
            raise Unreachable(f"search index {self._file}: {error}; remove the file, it is made again") from error


def _size(rows: sqlite3.Connection, origin: str) -> int:
    if not rows.execute("SELECT 1 FROM sqlite_master WHERE name = 'made'").fetchone():
        return 0
    found = rows.execute("SELECT size FROM made WHERE rules = ? AND origin = ?", (RULES, origin)).fetchone()
    return found[0] if found else 0


def _make(rows: sqlite3.Connection, origin: str) -> None:
    for name in ("made", "entry", "mention", "words"):
        rows.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in _SCHEMA.strip().split(";\n"):
        rows.execute(statement)
    rows.execute("INSERT INTO made VALUES (?, ?, 0)", (RULES, origin))


def _insert(rows: sqlite3.Connection, entry: Indexed) -> int:
    rows.execute("INSERT INTO entry VALUES (?, ?, ?)", (entry.index, entry.at, entry.sentence))
    rows.execute("INSERT INTO words (rowid, sentence) VALUES (?, ?)", (entry.index, entry.sentence))
    mentions = [(key.kind.value, key.text, entry.index) for key in entry.keys]
    rows.executemany("INSERT INTO mention VALUES (?, ?, ?)", mentions)
    return 1


# Each part walks one index from its newest entry down, so that what is common is found as fast as what is rare.
_BY_KEY = "SELECT idx, at, sentence FROM mention JOIN entry USING (idx) WHERE kind = ? AND mention.text = ?"
_BY_TEXT = "SELECT idx, at, entry.sentence FROM words JOIN entry ON idx = words.rowid WHERE words MATCH ?"
_BY_PLACE = "SELECT idx, at, sentence FROM entry WHERE 1"
_HAS = """ AND EXISTS (
    SELECT 1 FROM json_each(?) AS wanted JOIN mention AS other
    ON other.kind = wanted.value ->> 0 AND other.text = wanted.value ->> 1 AND other.idx = entry.idx
)"""
_SINCE, _UNTIL, _BEFORE = " AND at >= ?", " AND at < ?", " AND idx < ?"
_NEWEST = {
    _BY_KEY: " ORDER BY mention.idx DESC",
    _BY_TEXT: " ORDER BY words.rowid DESC",
    _BY_PLACE: " ORDER BY idx DESC",
}


def _queries(wanted: Wanted, rows: sqlite3.Connection) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield queries whose answers together are what is wanted: one for each meaning of the rarest key."""
    if wanted.text is not None:
        yield _query(_BY_TEXT, (_phrase(wanted.text),), wanted.keys, wanted)
    elif wanted.keys:
        first, *others = sorted(wanted.keys, key=lambda choices: sum(_count(key, rows) for key in choices))
        for key in first:
            yield _query(_BY_KEY, (key.kind.value, key.text), tuple(others), wanted)
    else:
        yield _query(_BY_PLACE, (), (), wanted)


def _count(key: Key, rows: sqlite3.Connection) -> int:
    """Return how many entries have a key, up to a number from which on it is common."""
    query = "SELECT count(*) FROM (SELECT 1 FROM mention WHERE kind = ? AND text = ? LIMIT ?)"
    (found,) = rows.execute(query, (key.kind.value, key.text, _COMMON)).fetchone()
    return int(found)


def _query(
    start: str, given: tuple[object, ...], keys: tuple[tuple[Key, ...], ...], wanted: Wanted
) -> tuple[str, tuple[object, ...]]:
    sql, values = start, [*given]
    for choices in keys:
        sql += _HAS
        values.append(json.dumps([[key.kind.value, key.text] for key in choices]))
    for condition, value in ((_SINCE, wanted.since), (_UNTIL, wanted.until), (_BEFORE, wanted.before)):
        if value is not None:
            sql += condition
            values.append(value)
    return sql + _NEWEST[start], tuple(values)


def _phrase(text: str) -> str:
    if len(text) < SHORTEST:
        raise Malformed(f"search: expected at least {SHORTEST} characters, found {text!r}")
    quoted = text.replace('"', '""')
    return f'"{quoted}"'

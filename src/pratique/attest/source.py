"""``source/v1``: CI states who wrote what an image contains, since the commit that runs there now.

Source: decisions.md, "Who counts". Authors are aliases, never mail addresses: the directory says whose they are.
"""

import re
from typing import Final

from pratique.attest.fields import Fields
from pratique.attest.signed_form import Filled, SignedForm, Written, parse_commit, parse_line
from pratique.attest.statement import Subject
from pratique.errors import Malformed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.uris import SOURCE

_ALIAS = re.compile(r"git:[0-9a-f]{64}|(?!git:)[a-z][a-z0-9-]{0,30}:[A-Za-z0-9._-]{1,128}")


@dataclass(frozen=True, slots=True)
class Source:
    """Who wrote and who committed, from ``base`` (exclusive; None: from the beginning) to ``commit``.

    An alias is ``git:<SHA-256 of the lower-case mail address>`` or ``<host>:<id>``, such as ``github:<numeric
    id>``. Both lists are sorted and distinct; they are empty only where nothing changed since ``base``.
    """

    images: tuple[Digest, ...]
    repository: str
    base: str | None
    commit: str
    authors: tuple[str, ...]
    committers: tuple[str, ...]


def _read(filled: Filled) -> Source:
    fields = filled.fields.only("repository", "base", "commit", "authors", "committers")
    source = Source(
        images=filled.images(),
        repository=fields.parsed("repository", parse_line),
        base=fields.nullable("base", lambda name: fields.parsed(name, parse_commit)),
        commit=fields.parsed("commit", parse_commit),
        authors=_aliases(fields, "authors"),
        committers=_aliases(fields, "committers"),
    )
    if source.base != source.commit and not (source.authors and source.committers):
        raise Malformed("source: expected authors and committers of what changed since base, found none")
    return source


def parse_alias(text: str) -> str:
    """Read an alias, or raise ``Malformed``; a mail address in clear is none."""
    if not _ALIAS.fullmatch(text):
        raise Malformed(f"alias: expected git:<sha256 of the mail address> or <host>:<id>, found {text[:20]!r}…")
    return text


def _aliases(fields: Fields, name: str) -> tuple[str, ...]:
    found = tuple(parse_alias(text) for text in fields.texts(name))
    if list(found) != sorted(set(found)):
        raise Malformed(f"{fields.path(name)}: expected aliases that are sorted and distinct")
    return found


def _write(source: Source) -> Written:
    """Spell a source statement; the aliases are sorted, and each stands once."""
    predicate = {
        "repository": source.repository,
        "base": source.base,
        "commit": source.commit,
        "authors": sorted(set(source.authors)),
        "committers": sorted(set(source.committers)),
    }
    return tuple(map(Subject, source.images)), predicate


SOURCE_FORM: Final = SignedForm("source", SOURCE, _read, _write)

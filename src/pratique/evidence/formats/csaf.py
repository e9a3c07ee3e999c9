"""CSAF documents: one statement for each product that a vulnerability's ``product_status`` names.

A product is what the product tree calls it: by package URL where there is one, else by CPE, else by its name. Where a
relationship puts one product into another, the inner one is a part of the outer.

Source: Common Security Advisory Framework 2.0 and 2.1 (OASIS), sections 3.2.2 (product tree), 3.2.3.9 (product
status), 3.2.3.5 (flags), 3.2.3.14 (threats) and 4.5 (profile VEX); 2.1 moves ``scores`` to ``metrics``.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.vex import Vex, VexStatement, VexStatus
from pratique.evidence.lookup import Notes, moment_of, shown, table_at, tables_at, text_at, texts_at
from pratique.evidence.model import Reading

FORMAT = "csaf"
VERSIONS = frozenset({"2.0", "2.1"})
_STATUS = {
    "first_affected": VexStatus.AFFECTED,
    "known_affected": VexStatus.AFFECTED,
    "last_affected": VexStatus.AFFECTED,
    "first_fixed": VexStatus.FIXED,
    "fixed": VexStatus.FIXED,
    "known_not_affected": VexStatus.NOT_AFFECTED,
    "under_investigation": VexStatus.UNDER_INVESTIGATION,
}
_NO_STATUS = frozenset({"recommended", "unknown"})
# ``ids`` hold numbers of bug trackers too, which name something else elsewhere.
_NAME = re.compile(r"[A-Z][A-Z0-9]*-[A-Za-z0-9][A-Za-z0-9:._-]*")
_MAX_NESTING = 32  # products in products; none of the real documents has more than 2

Groups = dict[str, frozenset[str]]
"""Products by the name of their group."""


class _Product(NamedTuple):  # thousands a document; a dataclass takes three times as long to make
    """A product of the tree, or one within another."""

    name: str
    within: str | None = None
    """The reference of the outer product."""
    part: str | None = None
    """The reference of the inner product."""


Products = dict[str, _Product]


def read_csaf(document: Document) -> Reading | None:
    """Return what a CSAF document asserts, or nothing where it is something else."""
    value = json_object(document)
    head = table_at(value, "document")
    version = text_at(head, "csaf_version")
    if version is None:
        return None
    notes = Notes()
    if version not in VERSIONS:
        notes.add(f"csaf_version: expected 2.0 or 2.1, found {shown(version, 20)}")
    tree = table_at(value, "product_tree")
    products, groups = _products(tree, notes), _groups(tree, notes)
    created = moment_of(text_at(table_at(head, "tracking"), "current_release_date"))
    statements = tuple(
        statement
        for entry in tables_at(value, "vulnerabilities", notes)
        for statement in _Vulnerability(entry, products, groups, notes).statements(created)
    )
    author = text_at(table_at(head, "publisher"), "name")
    return Reading(FORMAT, version, notes.parse, notes.reasons, (Vex(author, created, statements),))


def _products(tree: dict[str, Any], notes: Notes) -> Products:
    listed = tables_at(tree, "full_product_names", notes)
    waiting = [tree]
    while waiting:
        branch = waiting.pop()
        if "branches" in branch:
            waiting += tables_at(branch, "branches", notes)
        if "product" in branch:
            listed.append(table_at(branch, "product"))
    named = ((text_at(product, "product_id"), product) for product in listed)
    found = {reference: _Product(_name(product) or reference) for reference, product in named if reference}
    for relation in tables_at(tree, "relationships", notes):
        product = table_at(relation, "full_product_name")
        if reference := text_at(product, "product_id"):
            outer, inner = (
                text_at(relation, "relates_to_product_reference"),
                text_at(relation, "product_reference"),
            )
            found[reference] = _Product(_name(product) or reference, outer, inner)
    return found


def _name(product: dict[str, Any]) -> str | None:
    if "product_identification_helper" not in product:
        return text_at(product, "name")
    helper = table_at(product, "product_identification_helper")
    purls = texts_at(helper, "purls")[:1] if helper else ()  # 2.1
    return next(filter(None, (text_at(helper, "purl"), *purls, text_at(helper, "cpe"))), text_at(product, "name"))


def _groups(tree: dict[str, Any], notes: Notes) -> Groups:
    listed = tables_at(tree, "product_groups", notes)
    return {
        name: frozenset(texts_at(group, "product_ids")) for group in listed if (name := text_at(group, "group_id"))
    }


class _Vulnerability:
    """One entry of ``vulnerabilities``, and what its statements have in common."""

    def __init__(self, entry: dict[str, Any], products: Products, groups: Groups, notes: Notes) -> None:
        self._entry = entry
        self._products = products
        self._notes = notes
        threats = [one for one in tables_at(entry, "threats", notes) if one.get("category") == "impact"]
        self._flags = _Said(tables_at(entry, "flags", notes), "label", groups)
        self._threats = _Said(threats, "details", groups)

    def statements(self, created: datetime | None) -> Iterator[VexStatement]:
        """Yield a statement for every product of every status, in the document's order."""
        name, aliases = self._names()
        for word, references in table_at(self._entry, "product_status").items():
            if word not in _STATUS and word not in _NO_STATUS:
                self._notes.add(f"product_status: {shown(word, 40)} is in no version of CSAF")
            status = _STATUS.get(word)
            for reference in references if isinstance(references, list) else []:
                products, parts = self._scope(reference)
                yield VexStatement(
                    vulnerability=name,
                    aliases=aliases,
                    products=products,
                    subcomponents=parts,
                    status=status,
                    word=word,
                    justification=self._flags.about(reference),
                    impact=self._threats.about(reference),
                    at=created,
                )

    def _names(self) -> tuple[str, tuple[str, ...]]:
        listed = tables_at(self._entry, "ids", self._notes)
        others = [text for one in listed if (text := text_at(one, "text")) and _NAME.fullmatch(text)]
        names = tuple(dict.fromkeys(name for name in (text_at(self._entry, "cve"), *others) if name))
        if not names:
            self._notes.add("vulnerabilities: an entry names no vulnerability")
            return "", ()
        return names[0], names[1:]

    def _scope(self, reference: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the outermost product and the innermost part; a reference that leads nowhere names nothing."""
        product = self._products.get(reference) if isinstance(reference, str) else None
        if product is None:
            self._notes.add("product_status: a product is not in the product tree")
            return (), ()
        if product.within is None:
            return (product.name,), ()
        part = self._follow(product, "part")
        outer = self._follow(product, "within")
        return ((outer,) if outer else ()), (part or "(unnamed)",)

    def _follow(self, product: _Product, way: str) -> str | None:
        for _ in range(_MAX_NESTING):
            reference = getattr(product, way)
            if reference is None:
                return product.name
            if reference not in self._products:
                break
            product = self._products[reference]
        self._notes.add(
            f"relationships: a product is not in the product tree, or over {_MAX_NESTING} products deep"
        )
        return None


class _Said:
    """What a list of remarks says of each product; of several, the first holds."""

    def __init__(self, entries: list[dict[str, Any]], key: str, groups: Groups) -> None:
        self._of: dict[str, tuple[int, str]] = {}
        self._of_all: tuple[int, str] | None = None
        seen: set[str] = set()
        for place, one in enumerate(entries):
            if not (text := text_at(one, key)):
                continue
            # "product_ids" and "group_ids" are optional; without both, what is said holds for the vulnerability.
            if "product_ids" not in one and "group_ids" not in one:
                self._of_all = self._of_all or (place, text)
            named = [each for each in dict.fromkeys(texts_at(one, "group_ids")) if each not in seen]
            seen.update(named)  # whoever is in a group that was named before has been told about
            for reference in (
                *texts_at(one, "product_ids"),
                *(each for name in named for each in groups.get(name, ())),
            ):
                self._of.setdefault(reference, (place, text))

    def about(self, reference: Any) -> str | None:
        """Return what is said of a product, or of all."""
        own = self._of.get(reference) if isinstance(reference, str) else None
        return min(filter(None, (own, self._of_all)), default=(0, None))[1]

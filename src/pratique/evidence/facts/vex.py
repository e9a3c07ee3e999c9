"""Exploitability statements (VEX): what somebody asserts about a vulnerability in a product.

A statement is an assertion, not a fact about the image: it never removes a finding. Source: OpenVEX 0.2.0;
CycloneDX 1.4 to 1.7, ``vulnerabilities[].analysis``; CSAF 2.0 and 2.1, profile ``csaf_vex``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pratique.values.digest import Digest


class VexStatus(StrEnum):
    """OpenVEX's four statuses, on which the words of the other formats are mapped."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"

    @property
    def clears(self) -> bool:
        """Whether it says that the vulnerability does no harm; being looked into says nothing of the kind."""
        return self in (VexStatus.NOT_AFFECTED, VexStatus.FIXED)


_ADVICE = frozenset({"recommended"})
"""CSAF's word for a version to change to; it says nothing about the vulnerability."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One product that a statement speaks of, by every name that it gives it, and the packages within it.

    Without parts the whole product is meant. ``digests`` are what the statement says its contents hash to.
    """

    names: tuple[str, ...]
    parts: tuple[str, ...] = ()
    digests: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class VexStatement:
    """One assertion about one vulnerability.

    Attributes:
        vulnerability: Its name as written.
        aliases: Other names that the statement itself gives.
        products: What it speaks of: package URLs, image names or digests, as written; none means that the statement
            does not say, and then it matches nothing.
        subcomponents: The packages within those products; none means the whole product.
        status: ``None`` where the word is in no vocabulary, or not given.
        word: The status as written, in the vocabulary of its format.
        justification: Why it is not affected, as written.
        impact: The same in free text.
        at: When it was said.
        scopes: Each product with its own parts, where the statement gives some products other parts than others.
    """

    vulnerability: str
    aliases: tuple[str, ...]
    products: tuple[str, ...]
    subcomponents: tuple[str, ...]
    status: VexStatus | None
    word: str | None
    justification: str | None
    impact: str | None
    at: datetime | None
    scopes: tuple[Scope, ...] = ()

    @property
    def scoped(self) -> tuple[Scope, ...]:
        """Every product with its parts; where the statement does not tell them apart, they are names of one."""
        return self.scopes or ((Scope(self.products, self.subcomponents),) if self.products else ())

    @property
    def asserts(self) -> bool:
        """Whether it says anything about the vulnerability, be it in a word that nobody knows."""
        return self.word is not None and self.word not in _ADVICE

    @property
    def is_explained(self) -> bool:
        """Whether ``not_affected`` says why, as OpenVEX demands of it; every other status needs no reason."""
        return self.status is not VexStatus.NOT_AFFECTED or bool(self.justification or self.impact)


@dataclass(frozen=True, slots=True)
class Vex:
    """One document of statements; its author is whom it names, and proves nothing."""

    author: str | None
    created: datetime | None
    statements: tuple[VexStatement, ...]

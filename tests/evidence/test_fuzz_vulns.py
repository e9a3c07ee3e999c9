"""Real scans, statements, results and lists, damaged: a reading comes back, and all that follows from it holds."""

import random
from collections.abc import Iterator
from pathlib import Path

from tests.evidence.files import expected
from tests.policy.builders import NOW, evidence, facts

from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.vex import Vex
from pratique.evidence.merge import merge
from pratique.evidence.model import Parse
from pratique.evidence.overlay import standing, why_not
from pratique.evidence.read import read
from pratique.evidence.summary import summarise
from pratique.values.names import Actor

FOLDERS = (
    "trivy-json",
    "trivy-operator",
    "grype-json",
    "osv-scanner-json",
    "osv",
    "osv-yaml",
    "sarif",
    "openvex",
    "csaf",
    "kev-epss",
)
VEX = (Actor("service:ci"),)
SHORT = 40_000  # bytes; a longer file repeats what a shorter one has


def damaged(content: bytes, chance: random.Random) -> Iterator[bytes]:
    where = chance.randrange(len(content) + 1)
    yield content[:where]
    yield content[:where] + bytes([chance.randrange(256)]) + content[where + 1 :]
    pieces = content.split(b'"')
    if len(pieces) > 4:
        one, other = sorted(chance.sample(range(len(pieces)), 2))
        pieces[one], pieces[other] = pieces[other], pieces[one]
        yield b'"'.join(pieces)
    number = chance.choice([b"null", b"[]", b"{}", b"-1", b"1e999", b'""', b"true"])
    yield content.replace(b": {", b": " + number + b', "x": {', 1)
    yield content.replace(b"[", number, 1).replace(b"]", b"", 1)


def test_damaged_files_are_read_or_refused_and_never_raise(corpus: Path) -> None:
    chance = random.Random(4)
    parses = set()
    for folder in FOLDERS:
        for _, content, _ in expected(corpus, folder):
            if len(content) > SHORT or not content:
                continue
            for broken in damaged(content, chance):
                reading = read(broken, "application/json")
                parses.add(reading.parse)
                summarise(reading)
                assert (not reading.facts) == (reading.parse is Parse.REFUSED)
                merge(tuple((scan.producer, scan, None) for scan in reading.of(Scan)))
    assert parses == set(Parse)


def test_statements_of_the_corpus_can_be_laid_over_every_scan_of_it(corpus: Path) -> None:
    documents = [
        evidence(vex)
        for folder in ("openvex", "csaf")
        for _, content, _ in expected(corpus, folder)
        for vex in read(content, "x").of(Vex)
    ]
    scans = [
        evidence(scan)
        for folder in ("trivy-json", "grype-json")
        for _, content, _ in expected(corpus, folder)
        for scan in read(content, "x").of(Scan)
    ]
    known = facts(*scans, *documents)
    assert len(known.vulnerabilities) > 50
    about = [each for each in known.vulnerabilities if each.vex]
    assert all(standing(each, VEX, NOW) or any(why_not(said, VEX, NOW) for said in each.vex) for each in about)

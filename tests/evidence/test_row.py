"""Many versions asked about at once have the answers that each has by itself."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evidence.files import expected
from tests.evidence.test_match import record
from tests.evidence.test_version_order import versions

from pratique.evidence.advisories import Advisories, read_advisories
from pratique.evidence.affected import Verdict, concerns
from pratique.evidence.ecosystem import SCHEMES, Ecosystem
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.formats.osv import Affected, Event, Range, parse_advisory
from pratique.evidence.match import match
from pratique.evidence.row import Row
from pratique.evidence.versions import Scheme, parse_version

KINDS = ("introduced", "fixed", "last_affected", "limit")


def one_by_one(row: list[str], affected: Affected) -> dict[str, Verdict | None]:
    """Return the answers of the plain walk, but for versions that are not affected."""
    answers = {version: concerns(version, affected) for version in row}
    return {version: verdict for version, verdict in answers.items() if verdict is None or verdict.hit}


def events() -> st.SearchStrategy[Event]:
    return st.builds(
        Event, st.sampled_from(KINDS), versions() | st.sampled_from(("0", "*", "1.0", "2.0", "what is this"))
    )


@st.composite
def questions(draw: st.DrawFn) -> tuple[Ecosystem, list[str], Affected]:
    ecosystem = Ecosystem(draw(st.sampled_from(sorted(SCHEMES))))
    scheme = SCHEMES[ecosystem.name]
    ranges = st.builds(
        Range,
        st.sampled_from((scheme, scheme, scheme, scheme, Scheme.SEMVER, None)),
        st.lists(events(), max_size=6).map(tuple),
    )
    row = draw(st.lists(versions() | st.just("0"), min_size=1, max_size=25, unique=True))
    row = [version for version in row if parse_version(scheme, version) is not None]
    listed = draw(st.sets(st.sampled_from([*row, "1.0", "1.0.0"]), max_size=3))
    said = draw(st.lists(ranges, max_size=3).map(tuple))
    return ecosystem, row, Affected(ecosystem, "x", said, frozenset(listed), ())


@settings(max_examples=120)
@given(questions())
def test_a_row_has_the_answers_of_each_version_by_itself(
    question: tuple[Ecosystem, list[str], Affected],
) -> None:
    ecosystem, row, affected = question
    assert Row(ecosystem, row).concerned(affected) == one_by_one(row, affected)


def _published(corpus: Path) -> list[Affected]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = [yaml.load(content, loader) for _, content, _ in expected(corpus, "osv-yaml")]
    files += [json.loads(content) for _, content, _ in expected(corpus, "osv")]
    records: list[Any] = json.loads(json.dumps(files, default=str))
    return [affected for one in records for affected in _said(one)]


def _said(value: Any) -> Iterator[Affected]:
    for one in value if isinstance(value, list) else [value]:
        advisory = parse_advisory(one)
        yield from advisory.affected if advisory else ()


def test_published_advisories_give_a_row_the_answers_of_each_version(corpus: Path) -> None:
    published = _published(corpus)
    told = {scheme: _asked(published, scheme) for scheme in dict.fromkeys(SCHEMES.values())}
    assert sum(told.values()) > 100
    assert {Scheme.PYPI, Scheme.GO, Scheme.SEMVER, Scheme.ALPINE, Scheme.DEBIAN} <= {
        one for one in told if told[one]
    }


def _asked(published: list[Affected], scheme: Scheme) -> int:
    """Ask a row about a share of the advisories of one scheme, and return how many those were."""
    ours = [one for one in published if SCHEMES.get(one.ecosystem.name) is scheme]
    pool = _parsed(scheme, (text for one in ours for text in (*_events(one), *sorted(one.versions)[:3])))
    asked = ours[:: max(1, len(ours) // 20)]
    for affected in asked:
        row = _parsed(
            scheme, (*pool[:: max(1, len(pool) // 25)], *_events(affected), *sorted(affected.versions)[:30])
        )
        assert Row(affected.ecosystem, row).concerned(affected) == one_by_one(row, affected)
    return len(asked)


def _events(affected: Affected) -> tuple[str, ...]:
    return tuple(event.version for said in affected.ranges for event in said.events)


def _parsed(scheme: Scheme, texts: Iterable[str]) -> list[str]:
    return sorted(text for text in set(texts) if parse_version(scheme, text) is not None)


def _flood(count: int) -> Advisories:
    package = {"ecosystem": "npm", "name": "x"}
    said = (
        {
            "package": package,
            "ranges": [{"type": "SEMVER", "events": [{"introduced": f"{at}.0.0"}, {"fixed": f"{at}.5.{at}"}]}],
        }
        for at in range(count)
    )
    return read_advisories(json.dumps([record(f"GHSA-{at}", one) for at, one in enumerate(said)]).encode())


def test_thousands_of_versions_of_one_package_are_matched_in_the_order_of_the_list() -> None:
    known = _flood(300)
    texts = [f"{at // 10}.{at % 10}.{at % 7}" for at in range(4000)]
    bill = Sbom(None, None, tuple(Component("x", text, f"pkg:npm/x@{text}") for text in texts), None)
    scan = match(bill, known)
    assert scan.packages_examined == len(texts)
    assert [(one.vulnerability, one.version) for one in scan.findings] == [
        (f"GHSA-{at // 10}", text)
        for at, text in enumerate(texts)
        if at // 10 < 300 and (at % 10 < 5 or (at % 10 == 5 and at % 7 < at // 10))
    ]

"""The page for people: it says that it proves nothing, loads nothing, and holds no markup from outside."""

from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from tests.proof.builders import Story, promoted_story, trust_root
from tests.proof.waived import waived_story

from pratique.proof.established import Established
from pratique.proof.report import build_report
from pratique.proof.verify import verify_promotion
from pratique.values.digest import Digest

TAGS = frozenset(
    (
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "h1",
        "h2",
        "p",
        "code",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    )
)


def page_of(story: Story) -> str:
    core = story.proof()
    return build_report(verify_promotion(core, trust_root()), core).decode()


class Reader(HTMLParser):
    """What a browser makes of a page: its elements, their attributes, its cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.cells: list[str] = []
        self.open = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "td":
            self.cells.append("")

        self.open = tag == "td"

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.cells[-1] += data


def test_it_says_first_that_it_proves_nothing_and_what_does() -> None:
    story = promoted_story()
    page = page_of(story)
    assert page.index("This page proves nothing") < page.index("<h2>")
    assert str(Digest.of(story.proof())) in page


def test_it_tells_who_approved_what_was_checked_and_found_and_when() -> None:
    cells = Reader(page_of(promoted_story())).cells
    for word in ("person:cleo", "person:dan", "person:eve", "vulnerabilities", "review", "looked-at"):
        assert word in cells
    assert any("CVE-2026-2@pkg:pypi/requests" in cell for cell in cells)
    assert any(cell.startswith("judgement not recomputed") for cell in cells)


def test_it_tells_which_waivers_were_used_and_until_when() -> None:
    story = waived_story()
    story.copy()
    story.seal()
    cells = Reader(page_of(story)).cells
    assert any(cell.startswith("wv_") and cell.endswith("(applied)") for cell in cells)
    assert "2026-12-08T09:30:00.000Z" in cells


def test_it_loads_and_runs_nothing() -> None:
    page = page_of(promoted_story())
    read = Reader(page)
    assert read.tags <= TAGS
    assert not {name for name in read.attributes if name.startswith("on")} | (read.attributes & {"src", "href"})
    assert "default-src 'none'" in page


def test_the_same_proof_gives_the_same_bytes() -> None:
    story = promoted_story()
    assert page_of(story) == page_of(story)


@cache
def kept() -> tuple[bytes, Established]:
    core = promoted_story().proof()
    return core, verify_promotion(core, trust_root())


@given(st.text(min_size=1, max_size=60))
def test_no_text_becomes_markup(text: str) -> None:
    core, established = kept()
    page = build_report(replace(established, image_name=f"<script>{text}</td>"), core).decode()
    assert Reader(page).tags <= TAGS
    assert all(sign.isprintable() or sign == "\n" for sign in page)

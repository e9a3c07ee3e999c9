"""The same bill of materials in every form, and damaged ones: the form changes nothing, and nothing is raised."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.files import expected
from tests.evidence.renderings import (
    RENDERINGS,
    Model,
    Package,
    cyclonedx_json,
    models,
    spdx3_json,
    spdx_json,
    syft_json,
)

from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.vex import Vex
from pratique.evidence.model import Parse, Reading
from pratique.evidence.quality import measure
from pratique.evidence.read import read
from pratique.evidence.summary import summarise

FOLDERS = (
    "cyclonedx-json",
    "cyclonedx-xml",
    "spdx-json",
    "spdx-other",
    "spdx-tagvalue",
    "spdx3-json",
    "syft-json",
)
EXAMPLE = Model(
    (Package("a", "1", "pkg:pypi/a@1", "MIT", "Acme"), Package("b", "2", "pkg:npm/b@2", None, None)), ((0, 1),)
)


def sbom(content: bytes) -> Sbom:
    reading = read(content, "")
    assert reading.parse is Parse.OK, reading
    return reading.of(Sbom)[0]


@given(models())
def test_one_bill_of_materials_reads_the_same_in_every_form(model: Model) -> None:
    told = [_told(sbom(render(model))) for render in RENDERINGS]
    for render, other in zip(RENDERINGS[1:], told[1:], strict=True):
        assert other == told[0], render.__name__


def _told(found: Sbom) -> tuple[Any, ...]:
    # A form in which a list is a repeated element cannot say that there is a list and nothing in it.
    related = [each.related is True for each in found.components]
    quality = replace(measure(found), relationships=None)
    return found.components, related, found.producer, found.created, found.relationships or 0, quality


@given(
    models(),
    st.randoms(use_true_random=False),
    st.sampled_from([cyclonedx_json, spdx_json, spdx3_json, syft_json]),
)
def test_the_order_of_keys_and_white_space_change_nothing(
    model: Model, chance: random.Random, render: Callable[[Model], bytes]
) -> None:
    content = render(model)
    other = json.dumps(_shuffled(json.loads(content), chance), indent=chance.choice([None, 1, 4])).encode()
    assert read(other, "") == read(content, "")


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, list):
        return [_shuffled(each, chance) for each in value]
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: _shuffled(value[key], chance) for key in keys}
    return value


def documents(corpus: Path) -> list[tuple[str, bytes]]:
    found = [(name, content) for folder in FOLDERS for name, content, _ in expected(corpus, folder)]
    return [(name, content) for name, content in found if len(content) < 40_000]


def test_a_damaged_file_is_read_or_refused_and_never_raises(corpus: Path) -> None:
    chance = random.Random(4)  # the same damage in every run
    for name, content in documents(corpus):
        for damaged in (_cut(content, chance), _flipped(content, chance), _doubled(content, chance)):
            assert_sane(read(damaged, ""), name)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(1 + len(content) // 400):
        changed[chance.randrange(len(changed))] = chance.choice(b'"{}[]:,<>/\0 a1\xff') if changed else 0
    return bytes(changed)


def _doubled(content: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
    return content[:end] + content[start:]


JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    "",
    "x",
    "pkg:",
    "sha256:" + "a" * 64,
    [],
    [[]],
    [1, "x"],
    {},
    {"x": []},
)


def test_a_value_of_another_kind_anywhere_in_a_real_file_never_raises(corpus: Path) -> None:
    chance = random.Random(5)
    for name, content in documents(corpus):
        if content[:1] == b"{" and b"\0" not in content and len(content) < 12_000:
            try:
                value = json.loads(content)
            except ValueError:
                continue
            for _ in range(4):
                assert_sane(read(json.dumps(_replaced(value, chance)).encode(), ""), name)


def _replaced(value: Any, chance: random.Random) -> Any:
    if chance.random() < 0.02:
        return chance.choice(JUNK)
    if isinstance(value, list):
        return [_replaced(each, chance) for each in value]
    if isinstance(value, dict):
        return {key: _replaced(each, chance) for key, each in value.items()}
    return value


def assert_sane(reading: Reading, name: str) -> None:
    assert (not reading.facts) == (reading.parse is Parse.REFUSED), name
    assert reading.parse is Parse.OK or reading.reasons, name
    assert json.dumps(summarise(reading)), name
    for fact in reading.of(Sbom):
        assert measure(fact).packages <= len(fact.components), name
    for vex in reading.of(Vex):
        assert all(one.status is None or one.word for one in vex.statements), name


@pytest.mark.parametrize("render", RENDERINGS)
def test_every_form_is_recognised_by_its_content_alone(render: Callable[[Model], bytes]) -> None:
    assert read(render(EXAMPLE), "application/octet-stream").format == render.__name__.replace("_", "-")

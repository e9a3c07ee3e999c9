"""A surface as an attestation: the same bytes each time, and the same surface back."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.surface.pictures import (
    ACCESS_KEY,
    blob,
    file,
    layout,
    noted,
    packed,
    program,
    surface,
    tar,
    whiteout,
)

from pratique.errors import Malformed, PratiqueError
from pratique.evidence.facts.claims import Attributes
from pratique.evidence.read import read
from pratique.evidence.surface.claim import build_surface, read_surface, surface_of, surface_value
from pratique.evidence.surface.form import build_layer, parse_layer
from pratique.evidence.surface.measure import Surface, measure_surface
from pratique.evidence.surface.secrets import WITHHELD
from pratique.evidence.surface.settings import parse_settings
from pratique.registry.layers import read_layer
from pratique.values.digest import Digest

IMAGE = Digest.of(b"image")


@pytest.fixture
def measured(tmp_path: Path) -> Surface:
    """A surface with something in most places."""
    return surface(
        layout(tmp_path),
        (
            program("bin/su", 0o4755),
            file("k", ACCESS_KEY.encode()),
            file("node_modules/x/package.json", b'{"name": "x", "version": "1"}'),
        ),
        (whiteout("k"),),
        User="app",
    )


def test_a_reader_of_scai_gives_the_same_surface_back(measured: Surface) -> None:
    reading = read(build_surface(measured, IMAGE, "https://pratique.example/surface"), "application/json")
    (attributes,) = reading.of(Attributes)
    assert reading.about == (IMAGE,)
    assert surface_of(attributes) == measured


def test_the_statement_is_the_same_each_time(measured: Surface) -> None:
    assert build_surface(measured, IMAGE, "x") == build_surface(replace(measured), IMAGE, "x")


def test_no_secret_is_in_it(measured: Surface) -> None:
    assert ACCESS_KEY.encode() not in build_surface(measured, IMAGE, "x")


def test_a_report_about_something_else_is_no_surface() -> None:
    assert surface_of(Attributes(None, ())) is None


@pytest.mark.parametrize("name", ["setuid", "files", "root_user", "user", "packages", "created"])
def test_a_measure_that_is_missing_is_malformed_and_not_nothing(measured: Surface, name: str) -> None:
    values = surface_value(measured)
    del values[name]
    with pytest.raises(Malformed, match=f"attack-surface.{name}: expected this measure"):
        read_surface(values)


@given(
    st.sampled_from(sorted(Surface.__dataclass_fields__)),
    st.none() | st.integers() | st.text() | st.lists(st.integers() | st.dictionaries(st.text(), st.text())),
)
def test_whatever_is_stated_raises_nothing_but_our_errors(name: str, value: object) -> None:
    with suppress(PratiqueError):
        read_surface({**VALUES, name: value})


VALUES = surface_value(
    Surface(
        (),
        (),
        None,
        0,
        0,
        0,
        0,
        0,
        0,
        (),
        (),
        (),
        (),
        (),
        (),
        (),
        (),
        (),
        (),
        0,
        "",
        False,
        None,
        (),
        (),
        False,
        (),
        (),
        (),
    )
)


def test_facts_of_a_layer_are_kept_and_read_back(tmp_path: Path) -> None:
    here, archive = layout(tmp_path), tar(program("a", 0o4755), file("etc/passwd", b"x:x:0:"), whiteout("b"))
    layer = blob(here, packed(archive))
    facts = read_layer(here, layer, noted).facts(layer.digest, Digest.of(archive))
    assert parse_layer(build_layer(facts), layer.digest) == facts


@pytest.mark.parametrize("damage", ["version", "layer", "traits", "superusers", "packages"])
def test_damaged_facts_are_no_facts(tmp_path: Path, damage: str) -> None:
    here, archive = layout(tmp_path), tar(file("a"))
    layer = blob(here, packed(archive))
    document = json.loads(build_layer(read_layer(here, layer, noted).facts(layer.digest, Digest.of(archive))))
    with pytest.raises(Malformed, match="have the layer read again"):
        parse_layer(json.dumps({**document, damage: 7}).encode(), layer.digest)


def test_a_credential_in_the_place_of_a_name_is_not_signed_for_ever(tmp_path: Path) -> None:
    config = {
        "created": ACCESS_KEY,
        "config": {
            "ExposedPorts": {ACCESS_KEY: {}},
            "Volumes": {f"/data/{ACCESS_KEY}": {}},
            "Env": [f"{ACCESS_KEY}=1", "A_TOKEN=1"],
        },
        "rootfs": {"diff_ids": []},
    }
    found = measure_surface((), parse_settings(json.dumps(config).encode()), compressed=0)
    assert ACCESS_KEY.encode() not in build_surface(found, Digest.of(b"image"), "x")
    assert found.env_suspicious == ("A_TOKEN", WITHHELD)
    assert found.ports == found.volumes == (WITHHELD,)

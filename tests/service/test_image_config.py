"""The few fields of an image's config that people ask for, read from whatever bytes there are."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.registry.manifest import Platform
from pratique.service.image_config import ImageConfig, parse_config

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "created",
    "os",
    "architecture",
    "variant",
    "User",
    "WorkingDir",
    "Entrypoint",
    "Cmd",
    "ExposedPorts",
    "Labels",
)


def parsed(runs: dict[str, Any] | None = None, **fields: Any) -> ImageConfig:
    return parse_config(json.dumps({"config": runs, **fields}).encode())


def test_every_field_is_read() -> None:
    config = parsed(
        {
            "User": "65532",
            "WorkingDir": "/app",
            "Entrypoint": ["/app/serve"],
            "Cmd": ["--port", "80"],
            "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
            "Labels": {"b": "2", "a": "1"},
        },
        os="linux",
        architecture="arm64",
        variant="v8",
        created="2026-01-01T00:00:00Z",
    )
    assert config == ImageConfig(
        platform=Platform("linux", "arm64", "v8"),
        created="2026-01-01T00:00:00Z",
        user="65532",
        working_dir="/app",
        entrypoint=("/app/serve",),
        command=("--port", "80"),
        ports=("443/tcp", "80/tcp"),
        labels=(("a", "1"), ("b", "2")),
    )


@pytest.mark.parametrize("runs", [None, {}, {"Cmd": None, "Labels": None, "User": ""}])
def test_what_is_missing_or_null_is_empty(runs: dict[str, Any] | None) -> None:
    assert parsed(runs) == ImageConfig(platform=None)


@pytest.mark.parametrize(
    "runs", [{"User": 1}, {"Entrypoint": "sh"}, {"Cmd": ["sh", 1]}, {"Labels": ["a"]}, {"Labels": {"a": 1}}, ["x"]]
)
def test_a_field_of_another_type_is_refused(runs: Any) -> None:
    with pytest.raises(Malformed, match="image config"):
        parsed(runs)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_whatever_it_holds_it_is_read_or_malformed(runs: dict[str, Any], fields: dict[str, Any]) -> None:
    with suppress(Malformed):
        parsed(runs, **fields)


@given(st.binary(max_size=200))
def test_whatever_bytes_there_are_they_are_read_or_malformed(content: bytes) -> None:
    with suppress(Malformed):
        parse_config(content)

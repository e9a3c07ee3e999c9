"""Where passwords come from, and that nobody sees them."""

import base64
import json
import logging
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Absent, Malformed, PratiqueError, Unreachable
from pratique.registry.credential_helper import ask_helper
from pratique.registry.credentials import Credentials, IdentityToken, Remembered, Secret, anonymous, first_known
from pratique.registry.docker_config import config_files, docker_credentials
from pratique.registry.named_credentials import Named, named_credentials

ANN = Credentials("ann", "hunter2")
AUTH = base64.b64encode(b"ann:hunter2").decode()


def write_config(folder: Path, **config: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


def no_helper(name: str, server: str) -> Secret | None:
    raise AssertionError(f"{name} was asked for {server}")


def install_helper(folder: Path, name: str, body: str) -> None:
    """Put a helper on the PATH, as a shell script."""
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


# Docker's configuration


@pytest.mark.parametrize(
    "entry",
    [
        {"auth": AUTH},
        {"username": "ann", "password": "hunter2"},
        {"auth": base64.b64encode(b"ann:hunter2\0\0").decode()},
        {"auth": "", "username": "ann", "password": "hunter2", "email": "ann@shop.example"},
    ],
)
def test_a_login_is_found_however_it_is_written(entry: dict[str, str], tmp_path: Path) -> None:
    find = docker_credentials(write_config(tmp_path, auths={"registry.example:5000": entry}), no_helper)
    assert find("registry.example:5000") == ANN
    assert find("registry.example") is None
    assert find("other.example:5000") is None


@pytest.mark.parametrize(
    "key", ["registry.example", "https://registry.example", "https://registry.example/v1/", "registry.example/v2"]
)
def test_a_host_is_found_under_the_names_that_docker_gave_it(key: str, tmp_path: Path) -> None:
    find = docker_credentials(write_config(tmp_path, auths={key: {"auth": AUTH}}), no_helper)
    assert find("registry.example") == ANN


@pytest.mark.parametrize("host", ["docker.io", "index.docker.io", "registry-1.docker.io"])
@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "index.docker.io", "docker.io"])
def test_the_hub_is_found_under_each_of_its_names(host: str, key: str, tmp_path: Path) -> None:
    find = docker_credentials(write_config(tmp_path, auths={key: {"auth": AUTH}}), no_helper)
    assert find(host) == ANN


def test_a_login_for_a_part_of_a_host_is_not_used_for_all_of_it(tmp_path: Path) -> None:
    auths = {"quay.example/shop": {"auth": AUTH}}
    assert docker_credentials(write_config(tmp_path, auths=auths), no_helper)("quay.example") is None


def test_an_identity_token_is_no_password(tmp_path: Path) -> None:
    entry = {"auth": base64.b64encode(b"ann:").decode(), "identitytoken": "refresh-me"}
    find = docker_credentials(write_config(tmp_path, auths={"registry.example": entry}), no_helper)
    assert find("registry.example") == IdentityToken("refresh-me", "ann")


def test_an_empty_login_is_none(tmp_path: Path) -> None:
    assert docker_credentials(write_config(tmp_path, auths={"r.example": {}}), no_helper)("r.example") is None


def test_a_file_that_is_not_there_knows_nobody(tmp_path: Path) -> None:
    assert docker_credentials(tmp_path / "config.json", no_helper)("registry.example") is None


def test_a_host_s_own_helper_comes_before_the_store_and_the_store_before_the_file(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def helper(name: str, server: str) -> Secret | None:
        asked.append((name, server))
        return None if server == "file.example" else Credentials(name, "x")

    find = docker_credentials(
        write_config(
            tmp_path,
            auths={"own.example": {"auth": AUTH}, "file.example": {"auth": AUTH}},
            credHelpers={"own.example": "gcloud"},
            credsStore="pass",
        ),
        helper,
    )
    assert find("own.example") == Credentials("gcloud", "x")
    assert find("registry-1.docker.io") == Credentials("pass", "x")
    assert find("file.example") == ANN
    assert asked == [
        ("gcloud", "own.example"),
        ("pass", "https://index.docker.io/v1/"),
        ("pass", "file.example"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"auths": 7}',
        b'{"auths": {"registry.example": "hunter2"}}',
        b'{"auths": {"registry.example": {"auth": "hunter2!"}}}',
        b'{"auths": {"registry.example": {"auth": ["hunter2"]}}}',
        b'{"auths": {"registry.example": {"username": "ann", "password": {"hunter2": 1}}}}',
        b'{"hunter2": 1, "hunter2": 2}',
        b'{"credsStore": ["hunter2"]}',
        b'{"credHelpers": {"registry.example": 7}}',
        b'{"credHelpers": "hunter2"}',
        b"\xff\xfe",
        b"[" * 1000,
        b" " * (1024 * 1024 + 1),
    ],
)
def test_a_file_that_is_no_configuration_is_named_and_not_quoted(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(Malformed) as malformed:
        docker_credentials(path, no_helper)("registry.example")
    assert str(path) in str(malformed.value)
    assert "hunter2" not in str(malformed.value)
    assert len(str(malformed.value).splitlines()) == 1


def test_a_wrong_entry_of_another_host_costs_nothing(tmp_path: Path) -> None:
    auths = {"broken.example": {"auth": "?"}, "registry.example": {"auth": AUTH}}
    assert docker_credentials(write_config(tmp_path, auths=auths), no_helper)("registry.example") == ANN


@given(
    config=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["auths", "credHelpers", "credsStore", "r.example", "auth", "username", "password"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_configuration_makes_the_reader_fail_otherwise(
    config: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-config.json"
    path.write_text(json.dumps(config))
    with suppress(Malformed):
        docker_credentials(path, lambda name, server: None)("r.example")


def test_docker_s_file_comes_first_and_podman_s_after_it() -> None:
    assert config_files({"HOME": "/people/ann"}) == (Path("/people/ann/.docker/config.json"),)
    assert config_files({"DOCKER_CONFIG": "/d", "HOME": "/h", "XDG_RUNTIME_DIR": "/run/1"}) == (
        Path("/d/config.json"),
        Path("/run/1/containers/auth.json"),
    )
    assert config_files({"HOME": "/h", "REGISTRY_AUTH_FILE": "/a.json"})[1] == Path("/a.json")


# Helpers


def test_a_helper_is_asked_for_the_server_and_answers(programs: Path) -> None:
    install_helper(programs, "test", 'read server; printf \'{"Username":"%s","Secret":"%s"}\' "$1" "$server"')
    assert ask_helper("test", "registry.example:5000") == Credentials("get", "registry.example:5000")


def test_a_helper_may_give_an_identity_token(programs: Path) -> None:
    install_helper(programs, "test", """echo '{"ServerURL":"x","Username":"<token>","Secret":"refresh-me"}'""")
    assert ask_helper("test", "registry.example") == IdentityToken("refresh-me")


def test_a_helper_that_knows_nothing_leaves_us_anonymous(programs: Path) -> None:
    install_helper(programs, "test", "echo credentials not found in native keychain; exit 1")
    assert ask_helper("test", "registry.example") is None


@pytest.mark.parametrize("name", ["", "../evil", "a b", "Test", "x;id", "a/b", "é"])
def test_a_helper_with_another_kind_of_name_is_not_run(name: str) -> None:
    with pytest.raises(Malformed, match="name of a-z"):
        ask_helper(name, "registry.example")


def test_a_helper_that_is_not_installed_is_named(programs: Path) -> None:
    with pytest.raises(Absent, match="docker-credential-nowhere is not installed"):
        ask_helper("nowhere", "registry.example")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("echo hunter2; exit 1", Unreachable),
        ("echo hunter2 >&2; exit 3", Unreachable),
        ("echo hunter2", Malformed),
        ("""echo '{"Username":"hunter2"}'""", Malformed),
        ("""echo '{"Username":"hunter2","Secret":7}'""", Malformed),
        ("yes hunter2", Unreachable),
    ],
)
def test_a_helper_that_misbehaves_is_named_and_not_quoted(
    body: str, error: type[PratiqueError], programs: Path
) -> None:
    install_helper(programs, "test", body)
    with pytest.raises(error, match="docker-credential-test") as raised:
        ask_helper("test", "registry.example")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("body", ["sleep 60", "sleep 60 & exec sleep 60", "exec >&-; sleep 60", "sleep 60 &"])
def test_a_helper_that_does_not_end_is_ended(body: str, programs: Path) -> None:
    install_helper(programs, "test", body)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="in time"):
        ask_helper("test", "registry.example", seconds=0.3)
    assert time.monotonic() - began < 50


# What the settings name


def test_a_password_is_read_from_a_variable_or_a_file_when_it_is_needed(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    file = tmp_path / "password"
    named = (Named("a.example", "ann", variable="A_PASSWORD"), Named("b.example", "ann", file=file))
    find = named_credentials(named, environment)
    assert find("other.example") is None
    with pytest.raises(Absent, match="A_PASSWORD is not set"):
        find("a.example")
    with pytest.raises(Absent, match="cannot be read"):
        find("b.example")
    environment["A_PASSWORD"] = "hunter2"
    file.write_text("hunter2\n")
    assert find("a.example") == find("b.example") == ANN


def test_a_password_file_that_is_no_text_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"hunter2\xff")
    with pytest.raises(Malformed, match="UTF-8") as malformed:
        named_credentials((Named("a.example", "ann", file=file),))("a.example")
    assert "hunter2" not in str(malformed.value)


# Together


def test_the_first_source_that_knows_is_believed_and_the_others_are_not_asked() -> None:
    def never(host: str) -> Secret | None:
        raise AssertionError(host)

    assert first_known(anonymous, lambda host: ANN, never)("registry.example") == ANN
    assert first_known(anonymous, anonymous)("registry.example") is None


def test_an_answer_is_remembered_for_each_host_and_an_error_is_not() -> None:
    asked: list[str] = []

    def source(host: str) -> Secret | None:
        asked.append(host)
        if len(asked) == 1:
            raise Unreachable("the key ring is locked")
        return ANN

    find = Remembered(source)
    with pytest.raises(Unreachable):
        find("a.example")
    assert find("a.example") == find("a.example") == find("b.example") == ANN
    assert asked == ["a.example", "a.example", "b.example"]


@pytest.mark.parametrize("secret", [ANN, IdentityToken("hunter2")])
def test_no_secret_is_in_a_representation_or_a_log(secret: Secret, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").info("%s %r", secret, [secret])
    assert "hunter2" not in caplog.text
    assert secret.basic.removeprefix("Basic ") not in caplog.text

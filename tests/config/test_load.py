"""``pratique.toml``: each mistake is named with its line, and what is written is what counts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.config.load import load
from pratique.config.settings import Config, Lookup, RegistrySettings
from pratique.errors import Absent, Malformed

BASE = 'origin = "ledger.example/shop"\nverifier = "https://pratique.example/verifier/shop"\n'


def read(folder: Path, more: str, **environment: str) -> Config:
    (folder / "pratique.toml").write_text(BASE + more)
    return load(folder, environment)


def test_a_registry_is_described_by_its_table(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
        [registry."registry.example:5000"]
        username = "robot"
        password_file = "secrets/robot"
        token_service = "tokens.example"
        ca_file = "/etc/shop/ca.pem"
        client_cert = "us.pem"
        client_key = "us.key"
        private = false
        [registry."127.0.0.1:5001"]
        insecure = true
        """,
    )
    assert config.registries == (
        RegistrySettings(
            host="registry.example:5000",
            private=False,
            username="robot",
            password_file=tmp_path / "secrets/robot",
            token_service="tokens.example",
            ca_file=Path("/etc/shop/ca.pem"),
            client_cert=tmp_path / "us.pem",
            client_key=tmp_path / "us.key",
        ),
        RegistrySettings(host="127.0.0.1:5001", insecure=True),
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            '[registry."a.example"]\nusernam = "x"',
            r"pratique\.toml:4: unknown key 'usernam'; did you mean 'username'",
        ),
        ('[registry."a.example"]\ninsecure = "yes"', r":4: insecure: expected bool, found str"),
        ('[registry."a.example"]\nca_file = 7', r":4: ca_file: expected str, found int"),
        (
            '[registry."a.example"]\nprivate = true\n\n[registry."b.example"]\nprivate = 1',
            r":7: private: expected bool, found int",
        ),
        ("[registry.\"a.example\"]\nprivate = true\n[registry.'b.example']\nx = 1", r":6: unknown key 'x'"),
        ('[registry]\n"a.example" = 7', r'registry\."a\.example"\]: expected a table'),
        ("registry = 7", r":3: registry: expected dict, found int"),
        ('[registri."a.example"]', r":3: unknown key 'registri'; did you mean 'registry'"),
        ('[registry."https://a.example"]', r":3: .*expected HOST or HOST:PORT, as references write it"),
        ('[registry."a.example/shop"]', "expected HOST or HOST:PORT"),
        ('[registry."oci:a"]', "expected HOST or HOST:PORT"),
        ('[registry.""]', "expected HOST or HOST:PORT"),
        ('[registry."a.example"]\ntoken_service = "https://t.example/token"', "token_service: expected HOST"),
        ('[registry."a.example"]\ntoken_service = 7', "token_service: expected str"),
        ('[registry."a.example"]\nusername = "x"', "either password_env or password_file"),
        (
            '[registry."a.example"]\nusername = "x"\npassword_env = "X"\npassword_file = "x"',
            "either password_env or password_file",
        ),
        ('[registry."a.example"]\npassword_env = "X"', "password_env: expected a username beside it"),
        ('[registry."a.example"]\nclient_key = "x"', "client_key: expected a client_cert beside it"),
        ('[registry."a.example"]\ninsecure = true\nca_file = "x"', "ca_file: means nothing with insecure"),
        ('[registry."a.example"]\npassword = "x"', "unknown key 'password'; did you mean 'password_"),
        ('credentials = "podman"', "credentials: expected 'docker' or 'none', found 'podman'"),
    ],
)
def test_each_mistake_is_named_with_its_line(more: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match=said) as malformed:
        read(tmp_path, more)
    assert len(str(malformed.value).splitlines()) == 1


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, "").credentials is Lookup.DOCKER
    assert read(tmp_path, 'credentials = "none"').credentials is Lookup.NONE
    assert read(tmp_path, 'credentials = "none"', PRATIQUE_CREDENTIALS="docker").credentials is Lookup.DOCKER
    with pytest.raises(Malformed, match="credentials"):
        read(tmp_path, "", PRATIQUE_CREDENTIALS="podman")


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="is no workspace"):
        load(tmp_path, {})


KEYS = st.sampled_from(
    ["insecure", "private", "username", "password_env", "token_service", "ca_file", "client_key", "x"]
)
VALUES = st.sampled_from(["true", '"text"', "7", '"a.example:1"', "[]", "{}", '""'])


@given(host=st.text(max_size=12), table=st.dictionaries(KEYS, VALUES, max_size=4))
def test_no_table_makes_the_reader_fail_otherwise(
    host: str, table: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = "".join(f"{key} = {value}\n" for key, value in table.items())
    try:
        config = read(tmp_path_factory.getbasetemp(), f'[registry."{host}"]\n{lines}')
    except Malformed:
        return
    assert [registry.host for registry in config.registries] == [host]

"""Where images are, with a workspace and without one."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registry.builders import blob_of, build_image, write_layout
from tests.registry.opened import BLOB, SECRET
from tests.registry.scripted_server import Asked, Reply, Server, scripted_server

from pratique.errors import Absent, Malformed, Refused, Unreachable
from pratique.places import open_places
from pratique.registry.blob import fetch_blob
from pratique.values.reference import parse_repository

SETTINGS = 'origin = "ledger.example/shop"\nverifier = "https://pratique.example/verifier/shop"\n'


@pytest.fixture
def server() -> Iterator[Server]:
    def answer(asked: Asked) -> Reply:
        known = asked.headers.get("authorization") == SECRET.basic
        return Reply(body=BLOB) if known else Reply(401, (("WWW-Authenticate", "Basic"),))

    with scripted_server(answer) as server:
        yield server


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "somewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)


def write_login(folder: Path, host: str) -> dict[str, str]:
    """Write what ``docker login`` writes; return the environment that leads to it."""
    auth = b64encode(f"{SECRET.user}:{SECRET.password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return {"DOCKER_CONFIG": str(folder), "XDG_RUNTIME_DIR": str(folder)}


def read(server: Server, flag: str | None, environment: dict[str, str], *plain: str) -> bytes:
    with open_places(flag, plain_http=frozenset(plain), environment=environment) as places:
        return fetch_blob(places.open(parse_repository(f"{server.host}/shop")), blob_of(BLOB), 100)


def test_outside_a_workspace_docker_s_login_counts(server: Server, tmp_path: Path) -> None:
    assert read(server, None, write_login(tmp_path, server.host), server.host) == BLOB


def test_outside_a_workspace_plain_http_is_spoken_only_where_it_is_asked_for(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(Unreachable, match="TLS"):
        read(server, None, write_login(tmp_path, server.host))
    assert all("authorization" not in asked.headers for asked in server.asked)


def test_a_workspace_says_how_its_registries_are_reached(server: Server, tmp_path: Path) -> None:
    table = f'[registry."{server.host}"]\ninsecure = true\nusername = "robot"\npassword_env = "ROBOT"\n'
    (tmp_path / "pratique.toml").write_text(SETTINGS + table)
    environment = {"ROBOT": SECRET.password}
    assert read(server, str(tmp_path), environment) == BLOB
    assert read(server, None, {**environment, "PRATIQUE_WORKSPACE": str(tmp_path)}) == BLOB
    with pytest.raises(Absent, match="ROBOT is not set"):
        read(server, str(tmp_path), {})


def test_a_workspace_s_own_table_comes_before_docker_s_login(server: Server, tmp_path: Path) -> None:
    table = f'[registry."{server.host}"]\ninsecure = true\nusername = "robot"\npassword_env = "ROBOT"\n'
    (tmp_path / "pratique.toml").write_text(SETTINGS + table)
    environment = {**write_login(tmp_path, server.host), "ROBOT": "wrong"}
    with pytest.raises(Refused, match="401"):
        read(server, str(tmp_path), environment)


def test_a_workspace_may_keep_docker_s_login_out(server: Server, tmp_path: Path) -> None:
    table = f'[registry."{server.host}"]\ninsecure = true\n'
    environment = write_login(tmp_path, server.host)
    (tmp_path / "pratique.toml").write_text(SETTINGS + table)
    assert read(server, str(tmp_path), environment) == BLOB
    (tmp_path / "pratique.toml").write_text(f'credentials = "none"\n{SETTINGS}{table}')
    with pytest.raises(Refused, match="none is configured"):
        read(server, str(tmp_path), environment)


def test_it_says_whose_settings_count(tmp_path: Path) -> None:
    with open_places(None, environment={}) as places:
        assert places.workspace is None
    (tmp_path / "pratique.toml").write_text(SETTINGS)
    with open_places(str(tmp_path), environment={}) as places:
        assert places.workspace == tmp_path
    Path("pratique.toml").write_text(SETTINGS)
    with open_places(None, environment={}) as places:
        assert places.workspace == Path.cwd()


def test_a_workspace_that_is_named_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="is no workspace"), open_places(str(tmp_path), environment={}):
        pass
    named = {"PRATIQUE_WORKSPACE": str(tmp_path)}
    with pytest.raises(Absent, match="is no workspace"), open_places(None, environment=named):
        pass


def test_broken_settings_are_not_passed_over(tmp_path: Path) -> None:
    Path("pratique.toml").write_text("nonsense = 1")
    with pytest.raises(Malformed, match="nonsense"), open_places(None, environment={}):
        pass


def test_a_layout_is_found_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "pratique.toml").write_text(SETTINGS)
    web = build_image("web")
    write_layout(Path("images"), {"v1": web})
    with open_places(str(tmp_path), environment={}) as places:
        assert places.open(parse_repository("oci:images")).resolve("v1") == web.digest


def test_locks_exclude_and_belong_to_us_alone(tmp_path: Path) -> None:
    with open_places(None, environment={"XDG_RUNTIME_DIR": str(tmp_path)}) as places, places.lock("a/b:c"):
        (held,) = (tmp_path / "pratique").iterdir()
        assert held.stat().st_mode & 0o777 == 0o600
        code = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        assert subprocess.run(
            [sys.executable, "-c", code, held], stderr=subprocess.DEVNULL, check=False
        ).returncode
    assert subprocess.run([sys.executable, "-c", code, held], check=False).returncode == 0


def test_opening_places_loads_no_database() -> None:
    slow = {"sqlalchemy", "alembic", "dbos", "boto3", "subprocess"}
    code = f"import sys, pratique.places; print(*{slow} & set(sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=True
    )
    assert found.stdout.split() == []


@pytest.mark.parametrize("hostile", ["a symlink", "open to others", "somebody else's"])
def test_locks_outside_a_workspace_lie_where_nobody_else_can_touch_them(tmp_path: Path, hostile: str) -> None:
    folder = tmp_path / "pratique"
    match hostile:
        case "a symlink":
            (tmp_path / "elsewhere").mkdir(mode=0o700)
            folder.symlink_to(tmp_path / "elsewhere")
        case "open to others":
            folder.mkdir()
            folder.chmod(0o777)
        case _:
            if os.getuid() != 0:
                pytest.skip("only root can give a folder to somebody else")
            folder.mkdir(mode=0o700)
            os.chown(folder, 65534, 65534)
    with open_places(None, environment={"XDG_RUNTIME_DIR": str(tmp_path)}) as places:
        with pytest.raises(Refused, match="only you may write to"), places.lock("x"):
            pass
        folder.unlink() if folder.is_symlink() else folder.rmdir()
        with places.lock("x"), places.lock("y"):
            assert folder.stat().st_mode & 0o777 == 0o700

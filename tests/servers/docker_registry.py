"""Debian's docker-registry on a free loopback port, with its files in a folder of the test's own."""

import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.servers.authority import Authority, Issued
from tests.servers.token_server import ISSUER, SERVICE

from pratique.registry.credentials import Credentials

ROBOT = Credentials("robot", "secret-of-the-robot")
_ROBOT_HASH = "$2b$05$abcdefghijklmnopqrstuuE0jJl8ByLTSSSdb6f5ikumlebCfXs6G"  # bcrypt of that password


@dataclass(frozen=True)
class Guard:
    """How a registry is guarded, as parts of its configuration."""

    auth: dict[str, Any] | None = None
    tls: dict[str, Any] | None = None


OPEN = Guard()


def with_password(folder: Path) -> Guard:
    """Let :data:`ROBOT` in, by Basic."""
    file = folder / "htpasswd"
    file.write_text(f"{ROBOT.user}:{_ROBOT_HASH}\n")
    return Guard({"htpasswd": {"realm": "test, with a comma", "path": str(file)}})


def with_tokens(authority: Authority, realm: str) -> Guard:
    """Let in who has a token of a service that the authority signs for."""
    token = {"realm": realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": str(authority.file)}
    return Guard({"token": token})


def with_tls(issued: Issued, clients: Authority | None = None) -> Guard:
    """Speak TLS, and want a certificate of the clients' authority if there is one."""
    wanted = {"clientcas": [str(clients.file)]} if clients else {}
    return Guard(tls={"certificate": str(issued.certificate), "key": str(issued.key), **wanted})


@contextmanager
def docker_registry(folder: Path, guard: Guard = OPEN) -> Iterator[str]:
    """Run a registry while the block runs; yield its ``127.0.0.1:port``.

    Unless guarded it speaks plain HTTP and asks for no credentials. What was in the folder is served again. Skips
    the test, in one line, where the program is not installed.
    """
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed; on Debian: apt-get install docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    config = folder.with_name(f"{folder.name}.yml")
    config.write_text(json.dumps(_config(folder, port, guard)))  # every JSON document is one of YAML
    with folder.with_name(f"{folder.name}.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log)
    try:
        _wait_for(process, port, guard)
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _config(folder: Path, port: int, guard: Guard) -> dict[str, Any]:
    http_part: dict[str, Any] = {"addr": f"127.0.0.1:{port}", "secret": "of this test"}
    return {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(folder)},
            "delete": {"enabled": True},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": http_part | ({"tls": guard.tls} if guard.tls else {}),
        **({"auth": guard.auth} if guard.auth else {}),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int, guard: Guard) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            if guard.tls:
                socket.create_connection(("127.0.0.1", port), 2).close()
                return
            if _greets(port):
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("docker-registry did not answer within two minutes; see the .log file beside its folder")


def _greets(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status in (200, 401)
    finally:
        connection.close()

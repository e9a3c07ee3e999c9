"""Debian's docker-registry on a free loopback port, with its files in a folder of the test's own."""

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: "{folder}"}}
  delete: {{enabled: true}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@contextmanager
def docker_registry(folder: Path) -> Iterator[str]:
    """Run a registry while the block runs; yield its ``127.0.0.1:port``.

    It speaks plain HTTP and asks for no credentials. What was in the folder is served again. Skips the test,
    in one line, where the program is not installed.
    """
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed; on Debian: apt-get install docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    config = folder.with_name(f"{folder.name}.yml")
    config.write_text(_CONFIG.format(folder=folder, port=port))
    with folder.with_name(f"{folder.name}.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log)
    try:
        _wait_for(process, port)
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/v2/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.02)
        finally:
            connection.close()
    raise RuntimeError("docker-registry did not answer within 20 seconds; see the .log file beside its folder")

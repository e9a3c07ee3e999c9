"""Asking a credential helper: a program ``docker-credential-NAME`` that keeps passwords elsewhere.

Source: docker-credential-helpers, whose protocol is ``get`` as argument, the server on standard input, and JSON or a
message on standard output. It is run without a shell, and bounded in time and output; what it says is never shown.
"""

import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from typing import IO, cast

from pratique.errors import Absent, Malformed, Unreachable
from pratique.registry.credentials import Credentials, IdentityToken, Secret
from pratique.values.canonical import parse_object

_NAME = re.compile(r"[a-z0-9-]+")
_MAX_BYTES = 64 * 1024
_SECONDS = 30.0  # a helper may ask a cloud, or a person to unlock a key ring
_NOT_FOUND = b"credentials not found"  # "credentials not found in native keychain"
_IDENTITY = "<token>"  # what a helper gives as the user of an identity token


def ask_helper(name: str, server: str, seconds: float = _SECONDS) -> Secret | None:
    """Return what a helper knows of a server, ``None`` if it knows nothing.

    Args:
        name: What follows ``docker-credential-``.
        server: The server as docker names it.
        seconds: How long the helper may take.

    Raises:
        Malformed: The name is none, or the answer is not as the protocol has it.
        Absent: There is no such program.
        Unreachable: It failed, took too long, or said too much.
    """
    if not _NAME.fullmatch(name):
        raise Malformed(f"credential helper: expected a name of a-z, 0-9 and -, found {name[:60]!r}")
    program = f"docker-credential-{name}"
    path = shutil.which(program)
    if path is None:
        raise Absent(f"{program} is not installed, and docker's configuration names it for {server}")
    status, content = _run(path, server, seconds, f"{program} for {server}")
    if status == 0:
        return _secret(content, program)
    if _NOT_FOUND in content:
        return None
    raise Unreachable(f"{program} get: fails for {server} with status {status}; run it by hand to see why")


def _run(path: str, server: str, seconds: float, what: str) -> tuple[int, bytes]:
    process = subprocess.Popen(
        [path, "get"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that what it started ends with it
    )
    try:
        end = time.monotonic() + seconds
        content = _exchange(process, server.encode(), end, what)
        return process.wait(max(0.0, end - time.monotonic())), content
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"{what}: no answer in time") from error
    finally:
        _end(process)


def _exchange(process: subprocess.Popen[bytes], question: bytes, end: float, what: str) -> bytes:
    stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)  # both are pipes
    with suppress(BrokenPipeError), stdin:
        stdin.write(question)  # shorter than any pipe holds
    content = bytearray()
    with selectors.DefaultSelector() as selector, stdout:
        selector.register(stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, end - time.monotonic())):
                raise Unreachable(f"{what}: no answer in time; see whether it waits for somebody")
            part = os.read(stdout.fileno(), 65536)
            content += part
            if not part:
                return bytes(content)
            if len(content) > _MAX_BYTES:
                raise Unreachable(f"{what}: expected at most {_MAX_BYTES} bytes, found more")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)  # not yet waited for, so the group is still its own
    process.wait()


def _secret(content: bytes, program: str) -> Secret:
    try:
        document = parse_object(content, "")
        user, secret = document["Username"], document["Secret"]
        if not (isinstance(user, str) and isinstance(secret, str)):
            raise Malformed("")
    except (Malformed, KeyError):
        # Without the reason, which may quote the answer.
        raise Malformed(f"{program} get: expected JSON with the texts Username and Secret") from None
    return IdentityToken(secret) if user == _IDENTITY else Credentials(user, secret)

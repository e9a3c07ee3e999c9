"""Attaching where the registry denies what it was just given."""

import json

import pytest
from tests.registry.builders import BUNDLE, build_image, no_lock
from tests.registry.memory_registry import MemoryRegistry
from tests.registry.opened import at
from tests.registry.scripted_server import Asked, Reply, Script, scripted_server

from pratique.errors import Absent
from pratique.registry.attach import Body, attach_referrer
from pratique.registry.manifest import EMPTY_MEDIA, Descriptor
from pratique.values.digest import Digest

IMAGE = build_image("web")
BODY = Body(BUNDLE, b'{"bundle":1}')
EMPTY = Descriptor(EMPTY_MEDIA, Digest.of(b"{}"), 2)
DENIAL = json.dumps(
    {
        "errors": [
            {"code": "DIGEST_INVALID", "message": "provided digest did not match uploaded content"},
            {"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown", "detail": str(EMPTY.digest)},
        ]
    }
).encode()


def denying(memory: MemoryRegistry, times: int) -> Script:
    """Answer so many manifests that have a subject as docker-registry does while another sends the same blob."""
    left = iter(range(times))

    def answer(asked: Asked) -> Reply:
        attaching = asked.method == "PUT" and b'"subject"' in asked.body
        denied = attaching and next(left, None) is not None
        return Reply(400, (("Content-Type", "application/json"),), DENIAL) if denied else memory.answer(asked)

    return answer


def holding_image() -> MemoryRegistry:
    memory = MemoryRegistry()
    with scripted_server(memory.answer) as server:
        at(server).put_manifest(IMAGE.manifest)
    return memory


def test_what_the_registry_denies_once_is_sent_again() -> None:
    memory = holding_image()

    with scripted_server(denying(memory, times=2)) as server:
        referrer = attach_referrer(at(server), IMAGE.digest, BODY, no_lock)

        assert [listed.digest for listed in at(server).referrers(IMAGE.digest)] == [referrer]
        sent = [asked.body for asked in server.asked if asked.method == "PUT" and "/blobs/" in asked.target]
    assert sent == [b"{}", BODY.content] * 3


def test_a_registry_that_goes_on_denying_is_given_up_with_its_words() -> None:
    memory = holding_image()

    with (
        scripted_server(denying(memory, times=1000)) as server,
        pytest.raises(Absent, match="DIGEST_INVALID"),
    ):
        attach_referrer(at(server), IMAGE.digest, BODY, no_lock)

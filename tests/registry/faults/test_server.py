"""The registry that breaks its rules on purpose keeps them all where no fault is asked for."""

from functools import partial
from pathlib import Path

import pytest
from tests.registry.builders import BUNDLE, build_platforms, build_referrer, no_lock, push
from tests.servers.faulty.auth import Person, TokenService, basic_guard
from tests.servers.faulty.registry import Rules
from tests.servers.oci_server import Running, oci_server, oci_server_with_tokens

from pratique.registry.closure import plan
from pratique.registry.copy import copy
from pratique.registry.credentials import Credentials
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.values.reference import parse_repository

ANN = Person("ann", "secret-of-ann")


def at(running: Running, name: str = "shop") -> Registry:
    settings = Settings(
        Path("/nowhere"),
        credentials=lambda host: Credentials(ANN.user, ANN.password),
        insecure=frozenset({running.host}),
    )
    return open_repository(parse_repository(f"{running.host}/{name}"), settings)


@pytest.mark.parametrize("rules", [Rules(), Rules(referrers=False, page=1, etag=True), Rules(states_digest=False)])
def test_what_was_pushed_is_found_whole(rules: Rules) -> None:
    image = build_platforms("web")
    bundle = build_referrer(image, BUNDLE, b"{}")

    with oci_server(rules=rules) as running:
        push(at(running), image, "v1")
        push(at(running), bundle)
        found = plan(at(running), image.digest)
        copy(found, at(running), at(running, "prod"), frozenset({bundle.digest}), no_lock)

        assert at(running).resolve("v1") == image.digest
        assert {edge.child for edge in found.evidence} == {bundle.digest, image.parts[2].digest}
        assert plan(at(running, "prod"), image.digest) == found
        assert running.store["prod"].broken_tags() == {}


def test_a_password_lets_in() -> None:
    with oci_server(guard=partial(basic_guard, ANN)) as running:
        push(at(running), build_platforms("web"), "v1")
        assert at(running).tags() == ("v1",)


def test_a_token_lets_in() -> None:
    with oci_server_with_tokens(TokenService(ANN)) as running:
        push(at(running), build_platforms("web"), "v1")
        assert at(running).tags() == ("v1",)

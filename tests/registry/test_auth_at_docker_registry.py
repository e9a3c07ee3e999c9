"""Debian's docker-registry, guarded in every way it knows: an image and its evidence go in and come out again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.registry.builders import BUNDLE, build_image, build_referrer, push
from tests.registry.scripted_server import Server
from tests.servers.authority import Authority
from tests.servers.docker_registry import OPEN, ROBOT, docker_registry, with_password, with_tls, with_tokens
from tests.servers.token_server import IDENTITY, TokenRules, token_server

from pratique.errors import Refused, Unreachable
from pratique.registry.credentials import Credentials, IdentityToken, Secret
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.registry.tls import Tls
from pratique.values.reference import parse_repository

WEB = build_image("web")
SEAL = build_referrer(WEB, BUNDLE, b"sealed")


@dataclass(frozen=True)
class Place:
    """A registry that runs, and the settings with which one gets in."""

    host: str
    settings: Settings
    tokens: Server | None = None

    def open(self, name: str, settings: Settings | None = None) -> Registry:
        return open_repository(parse_repository(f"{self.host}/{name}"), settings or self.settings)


@contextmanager
def plain(folder: Path) -> Iterator[Place]:
    with docker_registry(folder / "files", OPEN) as host:
        yield Place(host, Settings(folder, insecure=frozenset({host})))


@contextmanager
def password(folder: Path) -> Iterator[Place]:
    with docker_registry(folder / "files", with_password(folder)) as host:
        yield Place(host, Settings(folder, credentials=lambda _: ROBOT, insecure=frozenset({host})))


@contextmanager
def tokens(folder: Path, secret: Secret = ROBOT, lasts_seconds: int = 300) -> Iterator[Place]:
    authority = Authority(folder)
    with ExitStack() as stack:
        service = stack.enter_context(token_server(authority, TokenRules(ROBOT, lasts_seconds)))
        guard = with_tokens(authority, f"http://{service.host}/token")
        host = stack.enter_context(docker_registry(folder / "files", guard))
        settings = Settings(
            folder,
            credentials=lambda _: secret,
            insecure=frozenset({host, service.host}),
            private=frozenset({service.host}),
            realms=((host, service.host),),
        )
        yield Place(host, settings, service)


@contextmanager
def identity(folder: Path) -> Iterator[Place]:
    with tokens(folder, IdentityToken(IDENTITY)) as place:
        yield place


@contextmanager
def tls(folder: Path) -> Iterator[Place]:
    authority = Authority(folder)
    with docker_registry(folder / "files", with_tls(authority.server())) as host:
        yield Place(host, Settings(folder, tls=((host, Tls(authority.file)),)))


@contextmanager
def client_certificate(folder: Path) -> Iterator[Place]:
    authority = Authority(folder)
    with docker_registry(folder / "files", with_tls(authority.server(), authority)) as host:
        ours = authority.client()
        yield Place(host, Settings(folder, tls=((host, Tls(authority.file, ours.certificate, ours.key)),)))


Way = Callable[[Path], AbstractContextManager[Place]]
WAYS: list[Way] = [plain, password, tokens, identity, tls, client_certificate]
NAMES = ["plain", "password", "tokens", "identity", "tls", "client certificate"]


@pytest.mark.parametrize("way", WAYS, ids=NAMES)
def test_an_image_and_its_evidence_go_in_by_every_way_and_come_out_again(way: Way, tmp_path: Path) -> None:
    with way(tmp_path) as place:
        repository = place.open("shop/web")
        push(repository, WEB, "v1")
        push(repository, SEAL)
        other = place.open("shop/web-in-prod")
        assert other.mount_blob(WEB.manifest.layers[0], repository.repository)

        again = place.open("shop/web", replace(place.settings))  # as somebody who comes for the first time
        assert again.resolve("v1") == WEB.digest
        assert again.manifest(WEB.digest).raw == WEB.manifest.raw
        assert [found.digest for found in again.referrers(WEB.digest)] == [SEAL.digest]


def test_a_mount_is_asked_for_with_one_scope_for_each_repository(tmp_path: Path) -> None:
    with tokens(tmp_path) as place:
        push(place.open("a"), WEB)
        assert place.open("b").mount_blob(WEB.manifest.layers[0], place.open("a").repository)
        assert place.tokens
        asked = [asked.target for asked in place.tokens.asked]
        mounting = [target for target in asked if "repository%3Aa%3Apull&" in f"{target}&" and "%3Ab%3A" in target]
        assert len(mounting) == 1
        assert mounting[0].index("%3Ab%3Apull%2Cpush") < mounting[0].index("%3Aa%3Apull")


def test_a_token_that_ends_meanwhile_is_renewed_without_a_question_in_vain(tmp_path: Path) -> None:
    with tokens(tmp_path, lasts_seconds=1) as place:
        repository = place.open("shop")
        push(repository, WEB, "v1")
        for _ in range(3):
            assert repository.resolve("v1") == WEB.digest


@pytest.mark.parametrize("way", [password, tokens])
def test_a_wrong_password_is_refused_and_not_shown(way: Way, tmp_path: Path) -> None:
    wrong = Credentials("robot", "not-the-password-of-the-robot")
    with way(tmp_path) as place:
        repository = place.open("shop", replace(place.settings, credentials=lambda _: wrong))
        with pytest.raises(Refused, match=r"40[13]") as refused:
            repository.resolve("v1")
        assert "not-the-password" not in str(refused.value)


def test_without_its_certificate_authority_a_registry_is_unreachable(tmp_path: Path) -> None:
    with tls(tmp_path) as place, pytest.raises(Unreachable, match=r"TLS.*certificate"):
        place.open("shop", Settings(tmp_path)).resolve("v1")


def test_without_our_certificate_a_registry_that_wants_one_is_unreachable(tmp_path: Path) -> None:
    with client_certificate(tmp_path) as place:
        bare = Settings(tmp_path, tls=((place.host, Tls(tmp_path / "authority.pem")),))
        with pytest.raises(Unreachable):
            place.open("shop", bare).resolve("v1")

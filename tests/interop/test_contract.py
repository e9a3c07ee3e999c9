"""What every implementation promises, on registries that others wrote: the same tests, word for word."""

from pathlib import Path

import pytest
from tests.registry import test_contract as contract

from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository

_ELSEWHERE = "indirect"  # a test that names the places it is for is not for these


@pytest.fixture
def registry(referrers_host: str, tmp_path: Path, request: pytest.FixtureRequest) -> Registry:
    if "go-containerregistry" in request.node.name and "listed_once" in request.node.name:
        reason = "it calls every referrer by the type of its config; whoever acts on one fetches it"
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    name = f"{referrers_host}/{Digest.of(str(tmp_path).encode()).hex[:40]}/shop"
    return open_repository(parse_repository(name), Settings(tmp_path, insecure=frozenset({referrers_host})))


def _for_any_place(test: object) -> bool:
    marks: list[pytest.Mark] = getattr(test, "pytestmark", [])
    return not any(_ELSEWHERE in mark.kwargs for mark in marks)


globals().update(
    {name: test for name, test in vars(contract).items() if name.startswith("test_") and _for_any_place(test)}
)

"""Step 1: people make keys, and a workspace is founded."""

import json
import stat
from pathlib import Path

from tests.stories.documents import PEOPLE, write_people, write_policy
from tests.stories.shop import ORIGIN, Shop, run_pratique


def init(shop: Shop, *more: object) -> list[object]:
    people = shop.folder / "people" / "people.yaml"
    root = ("--root", f"person:ann={shop.key('person:ann')}")
    return ["init", "--policy", shop.folder / "policy", "--people", people, *root, "--origin", ORIGIN, *more]


def unfounded(folder: Path) -> Shop:
    write_people(folder)
    write_policy(folder, "oci:registry")
    return Shop(folder)


def test_a_new_workspace_has_the_first_directory_the_first_policy_and_a_trust_root(tmp_path: Path) -> None:
    shop = unfounded(tmp_path)
    made = shop.done(*init(shop, "--json")).value
    assert [event["type"] for event in shop.events()] == ["directory.published/1", "policy.published/1"]
    shown = shop.done("directory", "show", "--json").value
    assert shown["digest"] == made["directory"]
    assert set(shown["directory"]["people"]) == {f"person:{name}" for name in PEOPLE}
    assert set(json.loads(shop.trust_root.read_bytes())) == {"ledger", "directory", "verifier"}
    assert len(shop.trust_root.read_bytes()) < 2000


def test_one_root_key_alone_is_said_to_be_weak(tmp_path: Path) -> None:
    shop = unfounded(tmp_path)
    assert "one stolen key is enough" in shop.done(*init(shop)).out


def test_service_keys_are_for_their_owner_only_and_nobodys_private_key_is_in_the_workspace(shop: Shop) -> None:
    keys = sorted((shop.workspace / "keys").iterdir())
    assert {key.stem for key in keys} == {"ledger", "record", "seal-dev", "seal-staging", "seal-prod"}
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    private = [shop.key(f"person:{name}").read_bytes().splitlines()[2] for name in PEOPLE]
    everything = b"".join(path.read_bytes() for path in shop.workspace.rglob("*") if path.is_file())
    assert not any(line in everything for line in private)


def test_a_workspace_is_never_founded_twice(shop: Shop) -> None:
    before = shop.trust_root.read_bytes()
    said = shop.pratique(*init(shop))
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "is a workspace already" in said.err
    assert shop.trust_root.read_bytes() == before


def test_a_policy_with_a_mistake_founds_nothing(tmp_path: Path) -> None:
    shop = unfounded(tmp_path)
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(gate.read_text().replace("first_arrival", "first_arival", 1))
    assert shop.pratique(*init(shop)).code == 2
    assert not (shop.workspace / "pratique.toml").exists()
    gate.write_text(gate.read_text().replace("first_arival", "first_arrival"))
    shop.done(*init(shop))


def test_the_published_ledger_is_whole_and_says_whose_it_is(shop: Shop) -> None:
    target = shop.folder / "published"
    shop.done("ledger", "export", "--to", target)
    note = (target / "checkpoint").read_text().splitlines()
    assert note[0] == ORIGIN
    assert int(note[1]) == len(shop.events())
    assert (target / "log.vkey").read_text().startswith(f"{ORIGIN}+")
    assert "not witnessed" in shop.done("ledger", "checkpoint").out


def test_outside_a_workspace_every_verb_says_how_to_make_one(tmp_path: Path) -> None:
    said = run_pratique("status", "--workspace", tmp_path)
    assert said.code == 1
    assert "pratique init" in said.err

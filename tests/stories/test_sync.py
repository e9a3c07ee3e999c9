"""Evidence after the promotion: what comes later is brought and recorded, and what a registry lost comes back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.registry.builders import no_lock
from tests.servers.faulty.registry import Rules
from tests.servers.faulty.store import Repository
from tests.servers.oci_server import Running, oci_server
from tests.stories.shop import Shop, drift, folder_in_memory, found_with_images

from pratique.registry.anchor import anchor_tag
from pratique.registry.attach import Body, attach_referrer
from pratique.registry.closure import Closure, plan
from pratique.registry.edges import EdgeKind
from pratique.registry.evidence import collect_evidence
from pratique.registry.readback import Depth
from pratique.registry.verify import verify_image
from pratique.values.digest import Digest
from pratique.values.uris import PROOF_MEDIA

CYCLONEDX = "application/vnd.cyclonedx+json"
LATER = Body(CYCLONEDX, b'{"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}')


@dataclass(frozen=True)
class Port:
    """A shop whose image *clean* was promoted to dev, and the registry of the test that can be robbed."""

    shop: Shop
    running: Running
    promotion: str

    @property
    def image(self) -> Digest:
        image = self.shop.repository("build").resolve("clean")
        assert image
        return image

    @property
    def dev(self) -> Repository:
        return self.running.store["shop/dev"]

    @property
    def closure(self) -> Closure:
        return plan(self.shop.repository("dev"), self.image)

    def bodies(self) -> set[tuple[Digest, Digest]]:
        """The evidence at the destination; a proof that is written anew is another document."""
        pieces = collect_evidence(self.shop.repository("dev"), self.closure).pieces
        return {(one.digest, one.subject) for one in pieces if one.media_type != PROOF_MEDIA}

    def sync(self, *more: str) -> dict[str, Any]:
        return self.shop.done("evidence", "sync", self.promotion, "--json", *more).value

    def synced(self) -> list[dict[str, Any]]:
        """The data of every event about syncing."""
        return [event["data"] for event in self.shop.events() if event["type"] == "evidence.synced/1"]

    def rob(self, *lost: Digest) -> None:
        """Lose manifests, with every tag on them, as a clean-up does."""
        for digest in map(str, lost):
            del self.dev.manifests[digest]
            for tag in [tag for tag, found in self.dev.tags.items() if found == digest]:
                del self.dev.tags[tag]


@pytest.fixture(params=[Rules(), Rules(referrers=False)], ids=["referrers API", "fallback tags"])
def port(request: pytest.FixtureRequest) -> Iterator[Port]:
    with folder_in_memory() as folder, oci_server(rules=request.param) as running:
        settings = f'\n[registry."{running.host}"]\ninsecure = true\n'
        shop = found_with_images(folder, f"{running.host}/shop", settings)
        yield Port(shop, running, shop.bring("clean", "dev"))


def test_evidence_that_came_later_is_brought_once_and_recorded(port: Port) -> None:
    later = attach_referrer(port.shop.repository("build"), port.image, LATER, no_lock)

    first, second = port.sync(), port.sync()

    key = {"sha256": Digest.of(LATER.content).hex, "subject": str(port.image)}
    assert first["evidence"] == [key]
    assert first["manifests"] == [str(later)]
    assert (second["evidence"], second["manifests"]) == ([], [])
    assert [(data["why"], data["pieces"]) for data in port.synced()] == [("later", 1)]
    assert (Digest.of(LATER.content), port.image) in port.bodies()
    assert drift(port.shop) == ()


def test_evidence_that_was_handed_in_is_brought_too(port: Port) -> None:
    file = port.shop.folder / "later.cdx.json"
    file.write_bytes(LATER.content)
    port.shop.done("evidence", "add", f"{port.shop.place}/build:clean", file)

    brought = port.sync()

    assert [one["sha256"] for one in brought["evidence"]] == [Digest.of(LATER.content).hex]
    assert (Digest.of(LATER.content), port.image) in port.bodies()


def test_an_image_is_named_where_it_is(port: Port) -> None:
    attach_referrer(port.shop.repository("build"), port.image, LATER, no_lock)

    said = port.shop.done("evidence", "sync", f"{port.shop.place}/dev:clean", "--json")

    assert said.value["promotion"] == port.promotion
    assert said.value["evidence"]


def test_syncing_changes_no_promotion_and_no_proof(port: Port) -> None:
    before = port.shop.done("proof", "export", port.promotion, "--out", port.shop.folder / "before")
    attach_referrer(port.shop.repository("build"), port.image, LATER, no_lock)
    port.sync()

    port.shop.done("proof", "export", port.promotion, "--out", port.shop.folder / "after")

    assert before.code == 0
    assert (port.shop.folder / "after").read_bytes() == (port.shop.folder / "before").read_bytes()
    assert "brought evidence that came later" in port.shop.done("trail", port.image).out


def test_everything_a_registry_lost_is_restored(port: Port) -> None:
    whole, bodies = port.closure, port.bodies()
    lost = [node.digest for node in whole.nodes if node.digest != port.image]
    port.rob(*lost)
    assert port.bodies() < bodies

    restored = port.sync("--repair")

    assert port.bodies() >= bodies
    assert verify_image(port.shop.repository("dev"), port.image, Depth.DEEP).flaws == ()
    assert any(node.artifact_type == PROOF_MEDIA for node in port.closure.nodes)
    assert restored["lost"] == []
    assert [data["why"] for data in port.synced()] == ["repair"]
    assert port.sync("--repair")["manifests"] == [], "repairing again finds nothing to do"


def test_an_image_a_registry_lost_is_restored_from_the_source(port: Port) -> None:
    before = {node.digest for node in port.closure.nodes}
    port.dev.manifests.clear()
    port.dev.blobs.clear()
    port.dev.tags.clear()

    restored = port.sync("--repair")

    assert port.image in {Digest.parse(text) for text in restored["manifests"]}
    assert port.closure.root == port.image
    kept = {digest for digest in before if digest in {node.digest for node in port.closure.nodes}}
    assert len(before - kept) <= 1, "the proof is written anew; all else is as it was"


def test_evidence_that_only_we_have_any_more_is_restored(port: Port) -> None:
    bodies = port.bodies()
    carriers = [node.digest for node in port.closure.nodes if node.digest != port.image]
    build = port.running.store["shop/build"]
    for digest in map(str, carriers):
        build.manifests.pop(digest, None)
    build.tags = {tag: found for tag, found in build.tags.items() if tag == "clean"}
    port.rob(*carriers)

    restored = port.sync("--repair")

    assert restored["lost"] == []
    assert port.bodies() >= bodies


def test_a_lost_layer_is_brought_back_from_the_source(port: Port) -> None:
    layer = str(
        max(plan(port.shop.repository("dev"), port.image).node(port.image).layers, key=lambda one: one.size).digest
    )
    del port.dev.blobs[layer]

    restored = port.sync("--repair")

    assert restored["blobs"] == [layer]
    assert layer in port.dev.blobs


def test_what_was_judged_and_is_lost_is_told_and_waits_for_repair(port: Port) -> None:
    at_source = plan(port.shop.repository("build"), port.image)
    judged = next(edge.child for edge in at_source.evidence if edge.kind is EdgeKind.REFERRER)
    port.rob(judged)

    said = port.shop.done("evidence", "sync", port.promotion)
    told = port.sync()

    assert "restore it with --repair" in said.out
    assert len(told["lost"]) == 1
    assert str(judged) not in port.dev.manifests, "what was judged is restored by saying so, not by the way"
    assert port.sync("--repair")["lost"] == []
    assert port.sync()["lost"] == []


def test_anchors_that_are_missing_are_written(port: Port) -> None:
    before = dict(port.dev.tags)
    anchors = {tag for tag in before if tag.endswith(".pratique")}
    for tag in anchors:
        del port.dev.tags[tag]

    restored = port.sync("--repair")

    assert {anchor_tag(Digest.parse(text)) for text in restored["anchored"]} == anchors
    assert port.dev.tags == before


def test_before_it_is_promoted_nothing_is_synced(port: Port) -> None:
    waiting = port.shop.request("stale", "dev").promotion

    said = port.shop.pratique("evidence", "sync", waiting)

    assert said.code == 1
    assert "pratique evidence add" in said.err


def test_an_image_that_was_never_promoted_there_is_refused(port: Port) -> None:
    said = port.shop.pratique("evidence", "sync", f"{port.shop.place}/build:clean")

    assert said.code == 1
    assert "no promotion brought" in said.err

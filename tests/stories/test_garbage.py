"""After the registry's own clean-up, a promoted image is whole, with everything that proves it."""

from tests.registry.builders import build_image, build_index, no_lock, on, push
from tests.servers.docker_registry import docker_registry
from tests.servers.garbage import collect_garbage
from tests.stories.ci import CLEAN, statements
from tests.stories.shop import Shop, folder_in_memory, found

from pratique.attest.bundle import BUNDLE_MEDIA
from pratique.registry.attach import attach_referrer
from pratique.registry.open import Settings, open_repository
from pratique.registry.readback import Depth
from pratique.registry.verify import verify_image
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository
from pratique.values.uris import PROOF_MEDIA


def deliver_two_platforms(shop: Shop) -> Digest:
    """Have CI build an index of two platforms, with signed evidence on it and on each of them."""
    repository = shop.repository("build")
    index = build_index((build_image("a"), on("amd64")), (build_image("b", architecture="arm64"), on("arm64")))
    push(repository, index, tag="both")
    for subject in (index.digest, *(part.digest for part in index.parts)):
        for kind, statement in statements(subject, CLEAN):
            attach_referrer(repository, subject, shop.signed(kind, statement), no_lock)
    return index.digest


def test_a_promoted_image_of_two_platforms_outlives_garbage_collection_with_its_seal_and_proof() -> None:
    with folder_in_memory() as folder:
        files = folder / "registry"
        with docker_registry(files) as host:
            shop = found(folder / "shop", f"{host}/shop", f'\n[registry."{host}"]\ninsecure = true\n')
            image = deliver_two_platforms(shop)
            promotion = shop.bring("both", "dev")
            assert shop.state(promotion) == "promoted"
            before = verify_image(shop.repository("dev"), image, Depth.DEEP)
        collect_garbage(files)
        with docker_registry(files) as host:
            registry = open_repository(
                parse_repository(f"{host}/shop/dev"), Settings(folder, insecure=frozenset({host}))
            )
            after = verify_image(registry, image, Depth.DEEP)

    assert before.flaws == after.flaws == ()
    assert after.closure == before.closure
    types = {node.effective_artifact_type for node in after.closure.nodes}
    assert {BUNDLE_MEDIA, PROOF_MEDIA} <= types
    assert len(after.closure.platforms) == 2

"""A shop to measure: one that promotes on the fast track, and the proof of an image that people approved."""

from dataclasses import dataclass
from pathlib import Path

from tests.stories.shop import Shop, found_with_images


@dataclass(frozen=True, slots=True)
class Proved:
    """A proof with two people's approvals, and what its verifier trusts."""

    proof: Path
    trust_root: Path


def prove(folder: Path) -> tuple[Shop, Proved]:
    """Found a shop in this folder, take an image to prod by two people, and export the proof."""
    shop = found_with_images(folder)
    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("middling", "prod", actor="person:cai")
    for person in ("person:bea", "person:eve"):
        shop.approve(promotion, person)
    shop.work()
    proof = folder / "proof.json"
    shop.done("proof", "export", promotion, "--out", proof)
    return shop, Proved(proof, shop.trust_root)

"""``pratique proof fetch``: the core proof that was attached to an image, brought to a file."""

import argparse
from pathlib import Path

from pratique.cli.answer import Answer
from pratique.places import open_places
from pratique.service.proof_fetch import Wanted, fetch_proof
from pratique.service.proof_layout import write_file
from pratique.values.reference import parse_reference


def fetch(arguments: argparse.Namespace) -> Answer:
    """Write the proof, as it hangs there."""
    reference = parse_reference(arguments.image)
    wanted = Wanted(arguments.promotion, arguments.environment)
    with open_places(arguments.workspace, plain_http=frozenset(arguments.plain_http)) as places:
        found = fetch_proof(places.open(reference.repository), reference, wanted)
    target = Path(arguments.out or f"{found.promotion}.proof.json")
    write_file(target, (found.content,))
    value = {
        "promotion": found.promotion,
        "image": str(found.image),
        "file": str(target),
        "bytes": len(found.content),
    }
    told = f"not verified yet: pratique proof verify {target} --image {found.image} --trust-root FILE"
    return Answer(value, f"{target}: {len(found.content)} bytes\n{told}")

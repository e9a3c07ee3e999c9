"""Lists of attestations as registries of packages answer; what each of them says is read by itself.

Source: npm's registry, ``/-/npm/v1/attestations/PACKAGE@VERSION``; GitHub's REST API, "List attestations".
"""

from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.model import Parse, Reading

FORMAT = "attestation-list"
LIST = "attestations"


def is_attestation_list(document: Document) -> bool:
    """Tell whether a document is such a list, be it of attestations that are kept elsewhere."""
    listed = json_object(document).get(LIST)
    return isinstance(listed, list) and bool(listed) and all(isinstance(one, dict) for one in listed)


def bundles_of(value: dict[str, Any]) -> tuple[dict[str, Any] | None, ...]:
    """Return each attestation's bundle, nothing where it is not in the list."""
    found = (entry.get("bundle") for entry in value[LIST])
    return tuple(bundle if isinstance(bundle, dict) else None for bundle in found)


def read_attestation_list(document: Document) -> Reading | None:
    """Return that it is a list, or nothing where it is something else."""
    if not is_attestation_list(document):
        return None
    bundles = bundles_of(json_object(document))
    told = f"a list of {len(bundles)} attestations, each of which is a piece of its own"
    absent = bundles.count(None)
    reasons = (f"attestations: {absent} of {len(bundles)} have no bundle in the list",) if absent else ()
    return Reading(FORMAT, None, Parse.PARTIAL if absent else Parse.OK, reasons, (Opaque(told),))

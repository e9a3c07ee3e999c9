"""What the shop's CI does: builds an image and hangs what it knows about it on the image, signed with its key.

A bill of materials by syft, SLSA provenance, who wrote it, and the results of tests that really ran: each is an
in-toto statement in a DSSE envelope, in a Sigstore bundle, attached as a referrer.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from demo.images import Name, bill_of_materials, build_image
from demo.images.build import RECIPES
from demo.unpacked import unit_test
from pratique.attest.bundle import BUNDLE_MEDIA, build_bundle, bundle_annotations
from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.provenance import V1 as PROVENANCE
from pratique.attest.source import SOURCE_FORM, Source
from pratique.attest.statement import Subject, build_statement
from pratique.evidence.predicates.documents import CYCLONEDX_BOM
from pratique.registry.attach import Body, attach_referrer
from pratique.registry.open import Settings, open_repository
from pratique.signing.keyfile import ServiceKey
from pratique.values.canonical import Json, parse_object
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.reference import LayoutRepository
from pratique.values.uris import REPORT, SOURCE

BUILDER = "https://ci.shop.example/builder/v1"
BUILD_TYPE = "https://ci.shop.example/image/v1"
REPOSITORY = "git+https://git.shop.example/shop"

_PIN = re.compile(r"^([a-z0-9-]+)==(\S+) \\\n +--hash=sha256:([0-9a-f]{64})$", re.M)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The CI of one shop: where it puts images, with what it signs, and who wrote what it builds.

    Attributes:
        layout: The OCI layout directory that images are built into.
        key: The key that the directory lists as ``service:ci``.
        author: The ``git:<sha256 of the mail address>`` of who wrote every commit so far.
    """

    layout: Path
    key: ServiceKey
    author: str

    def deliver(self, name: Name) -> Digest:
        """Build one image, attach its evidence, and return its digest."""
        started = datetime.now(UTC)
        image = build_image(name, self.layout)
        self._attach(image, CYCLONEDX_BOM, self._about(image, CYCLONEDX_BOM, self._bill(image)))
        self._attach(image, PROVENANCE, self._about(image, PROVENANCE, _provenance(name, started)))
        self._attach(image, SOURCE, SOURCE_FORM.build(self._source(name, image)))
        self._attach(image, REPORT, self._about(image, REPORT, self._tests(image)))
        return image

    def _bill(self, image: Digest) -> Mapping[str, Json]:
        return parse_object(bill_of_materials(self.layout, image), "bill of materials")

    def _source(self, name: Name, image: Digest) -> Source:
        author = (self.author,)
        return Source((image,), REPOSITORY, None, RECIPES[name].revision, authors=author, committers=author)

    def _tests(self, image: Digest) -> Mapping[str, Json]:
        report = unit_test(self.layout, image)
        return {"mediaType": "application/xml", "content": base64.b64encode(report).decode()}

    def _about(self, image: Digest, kind: str, predicate: Mapping[str, Json]) -> bytes:
        return build_statement((Subject(image, "shop"),), kind, predicate)

    def _attach(self, image: Digest, kind: str, statement: bytes) -> None:
        envelope = parse_envelope(self.key.envelope(IN_TOTO, statement))
        body = Body(BUNDLE_MEDIA, build_bundle(envelope), bundle_annotations(kind, datetime.now(UTC)))
        repository = open_repository(LayoutRepository(str(self.layout)), Settings(base=self.layout.parent))
        attach_referrer(repository, image, body, _alone)


def _provenance(name: Name, started: datetime) -> Mapping[str, Json]:
    commit = RECIPES[name].revision
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"source": {"uri": REPOSITORY, "ref": "refs/heads/main"}, "image": name.value},
            "internalParameters": {},
            "resolvedDependencies": [
                {"uri": f"{REPOSITORY}@refs/heads/main", "digest": {"gitCommit": commit}},
                *_wheels(name),
            ],
        },
        "runDetails": {
            "builder": {"id": BUILDER},
            "metadata": {
                "invocationId": f"https://ci.shop.example/runs/{commit[:8]}",
                "startedOn": render_moment(started),
                "finishedOn": render_moment(datetime.now(UTC)),
            },
        },
    }


def _wheels(name: Name) -> Iterator[Mapping[str, Json]]:
    """Yield every wheel that went into the image, by the hash that its lock demanded."""
    lock = (Path(__file__).parent / "images" / f"{name.value}.lock").read_text()
    for package, version, digest in _PIN.findall(lock):
        yield {"uri": f"pkg:pypi/{package}@{version}", "digest": {"sha256": digest}}


@contextmanager
def _alone(_name: str) -> Iterator[None]:
    """Lock nothing: this process alone writes to the layout."""
    yield

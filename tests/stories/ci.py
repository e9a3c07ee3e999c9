"""What the shop's CI knows about an image, as statements for it to sign."""

import base64
import hashlib

from pratique.attest.source import SOURCE_FORM, Source
from pratique.attest.statement import Subject, build_statement
from pratique.values.canonical import Json
from pratique.values.digest import Digest
from pratique.values.uris import REPORT, SOURCE

BUILDER = "https://ci.example/builder"
GIT = "git+https://git.example/shop/web"
Packages = tuple[tuple[str, str], ...]

CLEAN = (("flask", "3.0.0"), ("jinja2", "3.1.6"))
HIGH = (("flask", "3.0.0"), ("jinja2", "2.10"))
MEDIUM = (("flask", "3.0.0"), ("idna", "3.11"))

SBOM = "https://cyclonedx.org/bom"
PROVENANCE = "https://slsa.dev/provenance/v1"


def statements(image: Digest, packages: Packages, base: Digest | None = None) -> list[tuple[str, bytes]]:
    """Return everything that CI knows about an image: predicate type and statement."""
    subject = (Subject(image),)
    author = (alias_of("dan"),)
    commit = hashlib.sha1(image.hex.encode()).hexdigest()
    return [
        (SBOM, build_statement(subject, SBOM, _bill(packages))),
        (PROVENANCE, build_statement(subject, PROVENANCE, _provenance(commit, base))),
        (SOURCE, SOURCE_FORM.build(Source((image,), GIT, None, commit, author, author))),
        (REPORT, build_statement(subject, REPORT, _report())),
    ]


def alias_of(person: str) -> str:
    return f"git:{hashlib.sha256(f'{person}@shop.example'.encode()).hexdigest()}"


def _bill(packages: Packages) -> dict[str, Json]:
    components: list[Json] = [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "licenses": [{"license": {"id": "BSD-3-Clause"}}],
        }
        for name, version in packages
    ]
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}


def _provenance(commit: str, base: Digest | None) -> dict[str, Json]:
    built_on: list[Json] = [{"uri": "pkg:docker/lower@1", "digest": {"sha256": base.hex}}] if base else []
    return {
        "buildDefinition": {
            "buildType": "https://ci.example/image/v1",
            "externalParameters": {"source": {"uri": GIT}},
            "resolvedDependencies": [{"uri": GIT, "digest": {"gitCommit": commit}}, *built_on],
        },
        "runDetails": {"builder": {"id": BUILDER}},
    }


JUNIT = (
    b'<testsuite name="unit"><testcase name="a box has a price"/><testcase name="so has a letter"/></testsuite>'
)


def _report() -> dict[str, Json]:
    return {"mediaType": "application/xml", "content": base64.b64encode(JUNIT).decode()}

"""What a shop begins with: its policy, its people file with everybody's keys, and a feed of two advisories."""

import json
import subprocess
from pathlib import Path

from pratique.signing.keyfile import Algorithm, create_key

PEOPLE = ("ann", "bea", "cai", "dan", "eve", "fay")

GATE = """\
apiVersion: pratique/v1
kind: GatePolicy
metadata: {name: shop, owner: "group:security", review_by: 2027-05-01}
settings: {on_missing_evidence: fail, on_check_error: hold}
path: [dev, staging, prod]
environments:
  dev:
    checks:
      - {id: sig, check: signature, keys: ["service:ci"]}
      - {id: prov, check: provenance, keys: ["service:ci"], builders: ["https://ci.example/builder"]}
      - {id: sbom, check: sbom, formats: [cyclonedx], keys: ["service:ci"], binds_to_digest: true}
    tracks:
      fast: {when: all_pass, first_arrival: fast}
      slow: {approvals: [{role: release, count: 1}]}
  staging:
    inherits: dev
    checks:
      - {id: high, check: vulnerabilities, where: {severity: [critical, high]}, max: 0}
      - {id: tests, check: tests, required_suites: [unit], keys: ["service:ci"]}
      - {id: licences, check: licences, deny: [AGPL-3.0-only], unknown: review}
      - {id: came, check: promoted_from, environment: dev}
  prod:
    inherits: staging
    checks:
      - {id: came, check: promoted_from, environment: staging, relax: "prod takes what staging held"}
      - {id: medium, check: vulnerabilities, where: {severity: [medium]}, max: 0, outcome: review}
    tracks:
      fast: {when: all_pass, risk_at_most: 60, first_arrival: fast}
      slow:
        approvals: [{role: release, count: 1}, {role: security, count: 1}]
        separation: [requester, author, builder]
        window: 5d
remediation:
  owners:
    - {match: {check: high}, owner: "group:developers"}
  due: {critical: 7d, high: 30d}
"""

APPLICATION = """\
apiVersion: pratique/v1
kind: Application
metadata: {{name: shop, owner: "group:developers", policy: shop}}
images:
  - name: web
    source: {{repository: "git+https://git.example/shop/web"}}
    accept: ["{place}/build"]
    destinations:
      dev: {{repository: "{place}/dev"}}
      staging: {{repository: "{place}/staging"}}
      prod: {{repository: "{place}/prod"}}
"""

DIRECTORY = """\
threshold: 1
root: [person:ann]
people:
  person:ann: {keys: [ann.pub], mails: [ann@shop.example]}
  person:bea: {keys: [bea.pub], mails: [bea@shop.example]}
  person:cai: {keys: [cai.pub], mails: [cai@shop.example]}
  person:dan: {keys: [dan.pub], mails: [dan@shop.example]}
  person:eve: {keys: [eve.pub], mails: [eve@shop.example]}
  person:fay: {keys: [fay.pub], mails: [fay@shop.example]}
groups:
  group:security: [person:bea]
  group:developers: [person:dan]
roles:
  - {role: security, holder: group:security}
  - {role: steward, holder: person:fay}
  - {role: release, holder: person:cai}
  - {role: release, holder: person:eve}
services:
  service:ci:
    keys: [ci.pub.pem]
    uses: [request, evidence, source]
    builders: ["https://ci.example/builder"]
    owner: person:dan
"""

ADVISORIES = (
    ("GHSA-aaaa-aaaa-aaaa", "jinja2", "2.11.3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
    ("GHSA-bbbb-bbbb-bbbb", "idna", "3.15", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"),
)


def write_policy(folder: Path, place: str) -> Path:
    """Write the shop's policy for images at this place, and return its directory."""
    policy = folder / "policy"
    (policy / "applications").mkdir(parents=True)
    (policy / "gate.yaml").write_text(GATE)
    (policy / "applications" / "shop.yaml").write_text(APPLICATION.format(place=place))
    return policy


def write_people(folder: Path) -> Path:
    """Make everybody's keys and the people file; return that file."""
    people = folder / "people"
    people.mkdir(parents=True)
    for person in PEOPLE:
        make_ssh_key(people / person)
    public = create_key(people / "ci.pem", Algorithm.ECDSA_P256).public
    (people / "ci.pub.pem").write_text(public.text)
    (people / "people.yaml").write_text(DIRECTORY)
    return people / "people.yaml"


def make_ssh_key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)], check=True)
    return path


def write_advisories(folder: Path) -> Path:
    """Write a feed of two known vulnerabilities, one high and one medium."""
    feed = folder / "advisories"
    feed.mkdir(parents=True)
    for identifier, package, fixed, vector in ADVISORIES:
        record = {
            "id": identifier,
            "modified": "2026-11-01T00:00:00Z",
            "summary": f"something about {package}",
            "severity": [{"type": "CVSS_V3", "score": vector}],
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": package},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
                }
            ],
        }
        (feed / f"{identifier}.json").write_text(json.dumps(record))
    return feed

"""A finding that does no harm is cleared by a signed statement of whom the policy trusts, and stays in sight."""

import json
from pathlib import Path

from tests.stories.shop import Shop

from pratique.signing.keyfile import Algorithm, create_key
from pratique.values.digest import Digest

FLASK = ("GHSA-cccc-cccc-cccc", "flask", "3.0.1")
RULE = "{id: high, check: vulnerabilities, where: {severity: [critical, high]}, max: 0}"
TRUSTING = RULE.replace("max: 0", 'max: 1, vex: {signers: ["service:vex"]}')
SERVICE = """\
  service:vex:
    keys: [vex.pub.pem]
    uses: [evidence]
    owner: person:bea
"""


def trust(shop: Shop) -> Path:
    """Give a service for statements a key and a place in the directory and the policy; return the key."""
    people, gate = shop.folder / "people", shop.folder / "policy" / "gate.yaml"
    (people / "vex.pub.pem").write_text(create_key(people / "vex.pem", Algorithm.ECDSA_P256).public.text)
    listed = people / "people.yaml"
    listed.write_text(listed.read_text() + SERVICE)
    root = ("--root", f"person:ann={shop.key('person:ann')}")
    shop.done("directory", "publish", listed, *root)
    gate.write_text(gate.read_text().replace(RULE, TRUSTING))
    shop.done("policy", "publish", gate.parent, *root)
    return people / "vex.pem"


def a_second_finding(shop: Shop) -> None:
    """Import an advisory on another package, as severe as the one on jinja2."""
    known = shop.folder / "advisories" / "GHSA-aaaa-aaaa-aaaa.json"
    record = json.loads(known.read_text().replace("jinja2", FLASK[1]).replace("2.11.3", FLASK[2]))
    (known.parent / f"{FLASK[0]}.json").write_text(json.dumps(record | {"id": FLASK[0]}))
    shop.done("watch", "import", known.parent)


def statement(image: Digest, paper: Path) -> Path:
    """Write an OpenVEX document that says that the finding in jinja2 does this image no harm."""
    paper.write_text(
        json.dumps(
            {
                "@context": "https://openvex.dev/ns/v0.2.0",
                "@id": "https://shop.example/vex/1",
                "author": "the shop's security team",
                "timestamp": "2026-01-02T03:04:05Z",
                "version": 1,
                "statements": [
                    {
                        "vulnerability": {"name": "GHSA-aaaa-aaaa-aaaa"},
                        "products": [
                            {
                                "@id": f"pkg:oci/build@{image}",
                                "subcomponents": [{"@id": "pkg:pypi/jinja2@2.10"}],
                            }
                        ],
                        "status": "not_affected",
                        "justification": "vulnerable_code_not_in_execute_path",
                    }
                ],
            }
        )
    )
    return paper


def told(shop: Shop, promotion: str) -> str:
    """What the check of high vulnerabilities says."""
    (check,) = (each for each in shop.show(promotion)["decision"]["checks"] if each["id"] == "high")
    return str(check["message"])


def test_a_signed_statement_clears_one_of_two_findings_and_an_unsigned_one_nothing(
    shop: Shop, tmp_path: Path
) -> None:
    key = trust(shop)
    a_second_finding(shop)
    promotion = shop.bring("stale", "dev", "staging")
    assert shop.state(promotion) == "remediation"
    image = shop.repository("build").resolve("stale")
    assert image
    add = ("evidence", "add", f"oci:registry/build@{image}", statement(image, tmp_path / "vex.json"))
    shop.done(*add)
    shop.work()
    assert shop.state(promotion) == "remediation"
    assert "VEX not applied: not signed by service:vex (1)" in told(shop, promotion)
    shop.done(*add, "--as", "service:ci", "--key", shop.key("service:ci"))
    shop.work()
    assert shop.state(promotion) == "remediation"  # evidence of CI's counts, and this is not CI's to say
    shop.done(*add, "--as", "service:vex", "--key", key)
    shop.work()
    assert shop.state(promotion) == "promoted"
    assert "1 of at most 1" in told(shop, promotion)
    assert "2 = 1 + 1 VEX: GHSA-aaaa-aaaa-aaaa in jinja2 2.10 (not_affected, service:vex" in told(shop, promotion)

"""Scanners that the settings name for an environment look by themselves, while evidence is gathered."""

import json
import time
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from tests.scan.stub import replaying, write_stub
from tests.stories.shop import Shop
from tests.stories.test_layers import change_policy
from tests.stories.test_scan import CLEAN_REPORT, report

FOR_STAGING = 'environments = ["stag*"]\n'
HURRIED = FOR_STAGING + "seconds = 2\n"


def set_up(shop: Shop, lines: str, settings: str = FOR_STAGING) -> Path:
    """Have a stub be the scanner that the policy demands before staging; return where it notes each run."""
    noted = shop.folder / "noted"
    program = write_stub(shop.folder / "bin" / "trivy", f"open({str(noted)!r}, 'a').write('ran ');\n{lines}")
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write(f'\n[scanner.trivy]\nargv = ["{program}", "{{layout}}", "{{output}}"]\n{settings}')
    change_policy(shop, lambda text: text.replace("max: 0}", "max: 0, scanners: [trivy]}", 1))
    return noted


def runs(noted: Path) -> int:
    return len(noted.read_text().split()) if noted.exists() else 0


def high(shop: Shop, promotion: str) -> dict[str, Any]:
    (check,) = (one for one in shop.show(promotion)["decision"]["checks"] if one["id"] == "high")
    return dict(check)


def test_a_scanner_of_the_environment_looks_by_itself_and_once(shop: Shop) -> None:
    noted = set_up(shop, replaying(report(shop)))
    shop.bring("clean", "dev")
    assert runs(noted) == 0
    promotion = shop.bring("clean", "staging")
    assert shop.state(promotion) == "promoted"
    assert runs(noted) == 1
    listed = shop.done("evidence", "list", promotion, "--json").value["evidence"]
    (scan,) = (one for one in listed if one["predicate_type"] == "https://pratique.example/scan/v1")
    assert (scan["bound"], scan["signers"]) == ("statement", ["service:record"])


def test_a_scan_that_ci_signed_is_enough(shop: Shop) -> None:
    noted = set_up(shop, replaying(report(shop, CreatedAt="2026-11-20T00:00:00Z")))
    shop.done(
        "evidence", "scan", "oci:registry/build:clean", "--as", "service:ci", "--key", shop.key("service:ci")
    )
    promotion = shop.bring("clean", "dev", "staging")
    assert shop.state(promotion) == "promoted"
    assert runs(noted) == 1


@pytest.mark.parametrize(
    ("lines", "settings", "words"),
    [
        ("time.sleep(600)", HURRIED, "it took more than 2 s"),
        ("open(sys.argv[-1], 'wb').write(b'x' * (70 << 20))", FOR_STAGING, "more than"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", FOR_STAGING, "signal"),
        ("sys.exit(3)", FOR_STAGING, "it ended with code 3"),
        ("open(sys.argv[-1], 'w').write('[' * 100000)", FOR_STAGING, "cannot be read"),
        (
            f"open(sys.argv[-1], 'w').write({json.dumps(CLEAN_REPORT | {'Results': []})!r})",
            FOR_STAGING,
            "no package",
        ),
    ],
    ids=["hangs", "floods", "crashes", "fails", "writes nonsense", "examined nothing"],
)
def test_a_scanner_that_misbehaves_leaves_evidence_and_no_pass(
    shop: Shop, lines: str, settings: str, words: str
) -> None:
    noted = set_up(shop, lines, settings)
    promotion = shop.bring("clean", "dev", "staging")
    assert shop.state(promotion) == "remediation"
    check = high(shop, promotion)
    assert check["outcome"] == "unknown"
    assert words in check["message"]
    assert runs(noted) == 1


def test_a_scanner_that_is_not_there_is_a_failed_run_and_the_next_attempt_tries_again(shop: Shop) -> None:
    noted = set_up(shop, replaying(report(shop)))
    program = shop.folder / "bin" / "trivy"
    program.rename(shop.folder / "away")
    promotion = shop.bring("clean", "dev", "staging")
    assert high(shop, promotion)["outcome"] == "unknown"
    (shop.folder / "away").rename(program)
    shop.done("retry", promotion)
    shop.work()
    assert shop.state(promotion) == "promoted"
    assert runs(noted) == 1


def test_a_report_that_became_too_old_is_made_anew(shop: Shop) -> None:
    noted = set_up(shop, replaying(report(shop)))
    began = time.monotonic()
    shop.bring("middling", "dev")
    age = 1 + 2 * ceil(
        time.monotonic() - began
    )  # seconds in which a new report is judged, however busy it is here
    change_policy(shop, lambda text: text.replace("settings: {", f"settings: {{max_evidence_age: {age}s, ", 1))
    shop.done("evidence", "scan", "oci:registry/build:clean")
    time.sleep(age)  # the ledger's clock is the database's, which nobody moves
    shop.bring("clean", "dev", "staging")
    assert runs(noted) > 1  # on a slow machine it may be too old again by the second judgement


def test_a_failed_scan_takes_back_what_the_same_tool_said_before(shop: Shop) -> None:
    set_up(shop, replaying(report(shop)), settings="")
    image = "oci:registry/build:clean"
    shop.done("evidence", "scan", image)
    write_stub(shop.folder / "bin" / "trivy", "sys.exit(3)")
    assert shop.pratique("evidence", "scan", image).code == 3
    promotion = shop.bring("clean", "dev", "staging")
    assert shop.state(promotion) == "remediation"
    assert high(shop, promotion)["outcome"] == "unknown"


def test_packages_that_a_scanner_listed_while_gathering_are_found_afterwards(shop: Shop) -> None:
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "components": [
            {
                "type": "library",
                "name": "hidden",
                "version": "1.0",
                "purl": "pkg:pypi/hidden@1.0",
                "licenses": [{"license": {"id": "MIT"}}],
            }
        ],
    }
    lines = f"open(sys.argv[-1], 'w').write({json.dumps(bill)!r})"
    program = write_stub(shop.folder / "bin" / "lister", lines)
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write(f'\n[scanner.lister]\nargv = ["{program}", "{{layout}}", "{{output}}"]\n')
        file.write(f'yields = "packages"\n{FOR_STAGING}')
    shop.bring("clean", "dev")
    where = ("watch", "where", "--package", "pkg:pypi/hidden", "--json")
    assert shop.done(*where).value["places"] == []
    shop.bring("clean", "staging")
    assert {one["environment"] for one in shop.done(*where).value["places"]} == {"dev", "staging"}

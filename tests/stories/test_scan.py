"""A policy that names a scanner is met by a scan that looked, and by nothing else."""

import hashlib
import json
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.surface.pictures import file
from tests.registry.builders import build_platforms, push
from tests.scan.stub import replaying, write_stub
from tests.servers.faulty.server import serve
from tests.servers.faulty.wire import Asked, Reply
from tests.servers.oci_server import oci_server
from tests.stories.shop import Shop, folder_in_memory, found
from tests.stories.test_layers import HONEST, change_policy, deliver

from pratique.registry.manifest import DOCKER_MANIFEST, OCI_MANIFEST

RAW = "application/vnd.scanner.adapter.vuln.report.raw"
CLEAN_REPORT = {
    "SchemaVersion": 2,
    "ArtifactName": "image",
    "Results": [
        {
            "Target": "app",
            "Class": "lang-pkgs",
            "Type": "python-pkg",
            "Packages": [{"Name": "flask", "Version": "3.0.0"}, {"Name": "jinja2", "Version": "3.1.6"}],
        }
    ],
}
IMAGE = "oci:registry/build:clean"


def set_up(shop: Shop, program: Path) -> None:
    """Have this program be the shop's scanner, and the policy demand it before staging."""
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write(f'\n[scanner.trivy]\nargv = ["{program}", "{{layout}}", "{{output}}"]\n')
        file.write(f'version = ["{program}", "--version"]\nseconds = 5\n')
    change_policy(shop, lambda text: text.replace("max: 0}", "max: 0, scanners: [trivy]}", 1))


def report(shop: Shop, **more: object) -> Path:
    path = shop.folder / "trivy.json"
    path.write_text(json.dumps({**CLEAN_REPORT, **more}))
    return path


def test_a_scan_that_looked_lets_the_image_into_staging(shop: Shop) -> None:
    set_up(shop, write_stub(shop.folder / "bin" / "trivy", replaying(report(shop))))
    promotion = shop.bring("clean", "dev", "staging")
    assert shop.state(promotion) == "remediation"
    (scan,) = shop.done("evidence", "scan", IMAGE, "--json").value["scans"]
    assert (scan["outcome"], scan["version"], scan["examined"]) == ("reported", "0.50.1", 2)
    assert scan["database"] == "2026-11-20T06:00:00.000Z"
    shop.work()
    assert shop.state(promotion) == "promoted"
    (listed,) = (
        one
        for one in shop.done("evidence", "list", promotion, "--json").value["evidence"]
        if one["sha256"] == scan["sha256"]
    )
    assert (listed["bound"], listed["signers"]) == ("statement", ["service:record"])


def test_a_scanner_that_fails_lets_nothing_in_and_says_why(shop: Shop) -> None:
    set_up(shop, write_stub(shop.folder / "bin" / "trivy", "sys.stderr.write('no database'); sys.exit(1)"))
    promotion = shop.bring("clean", "dev", "staging")
    said = shop.pratique("evidence", "scan", IMAGE, "--json")
    (scan,) = said.value["scans"]
    assert (said.code, scan["outcome"], scan["reason"]) == (3, "failed", "it ended with code 1: no database")
    shop.work()
    seen = shop.show(promotion)
    assert seen["state"] == "remediation"
    (check,) = (one for one in seen["decision"]["checks"] if one["id"] == "high")
    assert check["outcome"] == "unknown"
    assert "trivy examined no package" in check["message"]
    assert "it ended with code 1: no database" in check["message"]


def test_a_scan_signed_by_ci_is_evidence_of_ci(shop: Shop) -> None:
    set_up(shop, write_stub(shop.folder / "bin" / "trivy", replaying(report(shop))))
    change_policy(shop, lambda text: text.replace("scanners: [trivy]", 'scanners: [trivy], keys: ["service:ci"]'))
    promotion = shop.bring("clean", "dev", "staging")
    shop.done("evidence", "scan", IMAGE)
    shop.work()
    assert shop.state(promotion) == "remediation"
    shop.done("evidence", "scan", IMAGE, "--as", "service:ci", "--key", shop.key("service:ci"))
    shop.work()
    assert shop.state(promotion) == "promoted"


def test_a_report_about_another_image_is_a_failed_scan(shop: Shop) -> None:
    other = f"sha256:{'5' * 64}"
    about = report(shop, Metadata={"ImageID": other})
    set_up(shop, write_stub(shop.folder / "bin" / "trivy", replaying(about)))
    (scan,) = shop.pratique("evidence", "scan", IMAGE, "--json").value["scans"]
    assert scan["outcome"] == "failed"
    assert scan["reason"].endswith(f"found one about {other}")


def test_a_scanner_that_nobody_set_up_is_named_with_those_that_are_ready(shop: Shop) -> None:
    said = shop.pratique("evidence", "scan", IMAGE, "--with", "clair")
    assert said.code == 1
    assert "'clair' is not set up" in said.err
    assert "trivy, grype, syft, osv-scanner" in said.err


def test_the_real_syft_lists_what_the_layers_hold(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    if shutil.which("syft") is None:
        pytest.skip("there is no syft here; install the extra `syft`")
    image = deliver(shop, "listed", *HONEST, file("data/text", b"x"))
    (scan,) = shop.done("evidence", "scan", "oci:registry/build:listed", "--with", "syft", "--json").value["scans"]
    assert (scan["outcome"], scan["digest"], scan["examined"]) == ("reported", str(image), 2)
    (listed,) = (
        one
        for one in shop.done("evidence", "list", "oci:registry/build:listed", "--json").value["evidence"]
        if one["sha256"] == scan["sha256"]
    )
    assert (listed["format"], listed["bound"]) == ("syft-json", "statement")


def test_one_scanner_that_fails_keeps_no_other_from_its_turn(shop: Shop) -> None:
    good = write_stub(shop.folder / "bin" / "good", replaying(report(shop)))
    bad = write_stub(shop.folder / "bin" / "bad", "sys.exit(1)")
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write(f'\n[scanner.bad]\nargv = ["{bad}", "{{layout}}"]\n')
        file.write(f'\n[scanner.trivy]\nargv = ["{good}", "{{layout}}", "{{output}}"]\n')
    said = shop.pratique("evidence", "scan", IMAGE, "--json")
    assert said.code == 3
    assert [(one["scanner"], one["outcome"]) for one in said.value["scans"]] == [
        ("bad", "failed"),
        ("trivy", "reported"),
    ]


def test_each_platform_is_examined_by_itself(shop: Shop) -> None:
    noted = shop.folder / "noted"
    lines = f"open({str(noted)!r}, 'a').write(sys.argv[-2] + chr(10)); {replaying(report(shop))}"
    program = write_stub(shop.folder / "bin" / "trivy", lines)
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write(f'\n[scanner.trivy]\nargv = ["{program}", "{{layout}}", "{{digest}}", "{{output}}"]\n')
    push(shop.repository("build"), build_platforms("both"), tag="both")
    scans = shop.done("evidence", "scan", "oci:registry/build:both", "--json").value["scans"]
    assert noted.read_text().split() == [one["digest"] for one in scans]
    assert len({one["digest"] for one in scans}) == len(scans) == 2


def test_an_adapter_of_harbors_looks_at_an_image_in_a_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def adapter(question: Asked) -> Reply:
        assert question.headers["authorization"] == "Bearer of-the-adapter"
        if question.path.endswith("/metadata"):
            capability = {"consumes_mime_types": [OCI_MANIFEST, DOCKER_MANIFEST], "produces_mime_types": [RAW]}
            said: dict[str, Any] = {"scanner": {"name": "Trivy", "version": "0.50"}, "capabilities": [capability]}
        elif question.method == "POST":
            asked.append(json.loads(question.body()))
            said = {"id": "1"}
        else:
            said = CLEAN_REPORT
        return Reply(200, (), json.dumps(said).encode())

    monkeypatch.setenv("ADAPTER", "Bearer of-the-adapter")
    with oci_server() as registry, serve(adapter) as server, folder_in_memory() as folder:
        settings = (
            f'[registry."{registry.host}"]\ninsecure = true\n'
            f'[scanner.trivy]\nurl = "{server.url}"\ninsecure = true\nauthorization_env = "ADAPTER"\n'
        )
        shop = found(folder, f"{registry.host}/shop", settings)
        image = shop.deliver("clean")
        (scan,) = shop.done("evidence", "scan", f"{shop.place}/build:clean", "--json").value["scans"]
    assert (scan["outcome"], scan["version"], scan["examined"]) == ("reported", "0.50", 2)
    (wish,) = asked
    assert wish["registry"] == {"url": f"http://{registry.host}"}
    assert (wish["artifact"]["repository"], wish["artifact"]["digest"]) == ("shop/build", str(image))


def test_a_scanner_whose_variable_is_not_set_is_said_so(shop: Shop) -> None:
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write('\n[scanner.clair]\nurl = "https://clair.example"\nauthorization_env = "NOT_SET_HERE"\n')
    said = shop.pratique("evidence", "scan", IMAGE)
    assert said.code == 1
    assert "expected an Authorization header in the variable NOT_SET_HERE" in said.err


def test_an_archive_holds_the_image_as_docker_saves_it(shop: Shop) -> None:
    kept = shop.folder / "kept.tar"
    lines = f"import shutil; shutil.copy(sys.argv[1], {str(kept)!r}); {replaying(report(shop))}"
    program = write_stub(shop.folder / "bin" / "trivy", lines)
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write(f'\n[scanner.trivy]\nargv = ["{program}", "{{archive}}", "{{output}}"]\n')
    shop.done("evidence", "scan", IMAGE)
    with tarfile.open(kept) as archive:
        names = archive.getnames()
        (entry,) = json.loads((archive.extractfile("manifest.json") or pytest.fail("no list")).read())
        for name in (entry["Config"], *entry["Layers"]):
            content = (archive.extractfile(name) or pytest.fail(name)).read()
            assert name == f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"
    assert set(names) == {"manifest.json", entry["Config"], *entry["Layers"]}

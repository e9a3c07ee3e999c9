"""The client of Harbor's protocol: an adapter that keeps to it, and several that do not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.scan.targets import MANIFEST, OCI, target
from tests.servers.faulty.server import Server, serve
from tests.servers.faulty.wire import Asked, Reply

from pratique.errors import Refused
from pratique.scan.harbor import Adapter
from pratique.scan.interface import Failed, Limits, Outcome, Reported, Yields
from pratique.scan.settings import AdapterSettings
from pratique.wire import asking

RAW = "application/vnd.scanner.adapter.vuln.report.raw"
REPORT = "application/vnd.security.vulnerability.report; version=1.1"
BILL = "application/vnd.security.sbom.report+json; version=1.0"
FOUND = {
    "generated_at": "2026-11-20T06:00:00Z",
    "artifact": {"repository": "shop/web", "digest": str(MANIFEST)},
    "scanner": {"name": "Trivy", "vendor": "Aqua Security", "version": "0.50.1"},
    "severity": "High",
    "vulnerabilities": [{"id": "CVE-2026-1", "package": "zlib", "version": "1.2", "severity": "High"}],
}
PACKAGES = {"Class": "os-pkgs", "Packages": [{"Name": "zlib"}]}
TRIVY = {"SchemaVersion": 2, "ArtifactName": "shop/web", "Results": [PACKAGES]}


def answered(value: object, status: int = 200, **headers: str) -> Reply:
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Reply(status, named, json.dumps(value).encode())


def metadata(*produces: str, consumes: str = OCI, kind: str | None = "vulnerability") -> Reply:
    capability = {"consumes_mime_types": [consumes], "produces_mime_types": list(produces)}
    return answered(
        {
            "scanner": {"name": "Trivy", "version": "0.50.1"},
            "capabilities": [{**capability, "type": kind} if kind else capability],
            "properties": {"harbor.scanner-adapter/vulnerability-database-updated-at": "2026-11-20T06:00:00Z"},
        }
    )


@dataclass
class Script:
    """What an adapter answers; of several answers about a report each comes once, and the last again and again."""

    metadata: Reply = field(default_factory=lambda: metadata(REPORT))
    accepted: Reply = field(default_factory=lambda: answered({"id": "7/8"}, 202))
    reports: dict[str, list[Reply]] = field(default_factory=lambda: {REPORT: [answered(FOUND)]})

    def answer(self, asked: Asked) -> Reply:
        path = asked.target.partition("?")[0]
        if path == "/api/v1/metadata":
            return self.metadata
        if path == "/api/v1/scan":
            asked.body()
            return self.accepted
        if path != "/api/v1/scan/7%2F8/report":
            return Reply(404)
        waiting = self.reports[asked.headers["accept"]]
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def adapter(script: Script, seconds: float = 10, **more: Any) -> Iterator[tuple[Adapter, Server]]:
    with serve(script.answer) as server:
        usual = {"yields": Yields.VULNERABILITIES, "limits": Limits(seconds=seconds, output=100_000)}
        shared = {"name": "trivy", "producer": "trivy", "url": server.url, "insecure": True}
        settings = AdapterSettings(**{**usual, **shared, **more})
        yield Adapter(settings, asking(settings), lambda host: f"https://{host}", "Basic c2hvcDp4"), server


def scanned(script: Script, **more: Any) -> Outcome:
    with adapter(script, **more) as (scanner, _):
        return scanner.scan(target())


def test_an_adapter_is_asked_by_digest_and_its_report_comes_back_as_it_is() -> None:
    with adapter(Script()) as (scanner, server):
        outcome = scanner.scan(target())
    assert isinstance(outcome, Reported)
    assert json.loads(outcome.content) == FOUND
    assert outcome.tool.version == "0.50.1"
    assert outcome.tool.database_date is not None
    (posted,) = server.asked("POST")
    wish = json.loads(posted.body)
    assert wish["registry"] == {"url": "https://registry.example", "authorization": "Basic c2hvcDp4"}
    assert wish["artifact"] == {"repository": "shop/web", "digest": str(MANIFEST), "mime_type": OCI}
    assert [seen.headers["accept"] for seen in server.asked("GET", "/report")] == [REPORT]
    assert "c2hvcDp4" not in repr(outcome)


@pytest.mark.parametrize("header", ["Refresh_After", "Retry_After"])
def test_while_a_report_is_made_the_adapter_is_asked_again(header: str) -> None:
    waits = [answered({}, 302, **{header: "0"}), answered({}, 302, **{header: "0"}), answered(FOUND)]
    assert isinstance(scanned(Script(reports={REPORT: waits})), Reported)


def test_a_redirect_is_a_wait_and_is_never_followed() -> None:
    with serve(lambda _: answered(FOUND)) as elsewhere:
        wait = Reply(302, (("Location", f"{elsewhere.url}/report"), ("Refresh-After", "0")))
        assert isinstance(scanned(Script(reports={REPORT: [wait]}), seconds=1), Failed)
        assert elsewhere.seen == []


def test_the_scanners_own_report_is_taken_where_it_is_understood() -> None:
    both = metadata(REPORT, RAW)
    own = Script(both, reports={RAW: [answered(TRIVY)], REPORT: [answered(FOUND)]})
    outcome = scanned(own)
    assert isinstance(outcome, Reported)
    assert json.loads(outcome.content) == TRIVY
    for other in (answered({"vendor": 1}), answered({}, 501), Reply(200)):
        outcome = scanned(Script(both, reports={RAW: [other], REPORT: [answered(FOUND)]}))
        assert isinstance(outcome, Reported)
        assert json.loads(outcome.content) == FOUND


def test_an_adapter_of_the_first_version_names_no_kind_of_capability() -> None:
    assert isinstance(
        scanned(Script(metadata("application/vnd.security.vulnerability.report;version=1.1", kind=None))), Reported
    )


def test_a_bill_of_materials_is_asked_for_in_its_own_way() -> None:
    bill = {**FOUND, "sbom": {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}}
    script = Script(metadata(BILL, kind="sbom"), reports={BILL: [answered(bill)]})
    with adapter(script, yields=Yields.PACKAGES) as (scanner, server):
        assert isinstance(scanner.scan(target()), Reported)
        (posted,) = server.asked("POST")
        (fetched,) = server.asked("GET", "/report")
    assert json.loads(posted.body)["enabled_capabilities"][0]["type"] == "sbom"
    assert fetched.target.endswith("?sbom_media_type=application%2Fvnd.cyclonedx%2Bjson")


def test_an_image_in_a_layout_is_nowhere_an_adapter_could_pull_it() -> None:
    with adapter(Script()) as (scanner, server), pytest.raises(Refused, match="copy it to a registry"):
        scanner.scan(target(registry=None))
    assert server.seen == []


ERROR = {"error": {"message": "no such\nimage"}}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (Script(Reply(500)), "does not say what it is: status 500"),
        (Script(Reply(200, (), b"<html>")), "no metadata that can be read"),
        (Script(metadata("text/html")), "makes no report of vulnerabilities"),
        (Script(metadata(REPORT, consumes="text/plain")), "makes no report of vulnerabilities"),
        (Script(metadata(REPORT, kind="sbom")), "makes no report of vulnerabilities"),
        (Script(accepted=answered(ERROR, 422)), "does not accept the scan: status 422, no such image"),
        (Script(accepted=answered({}, 202)), "named no id"),
        (Script(accepted=answered({"id": 7}, 202)), "named no id"),
        (Script(accepted=Reply(202)), "no answer that can be read"),
        (Script(accepted=Reply(302, (("Location", "/"),))), "does not accept the scan: status 302"),
        (Script(reports={REPORT: [answered(ERROR, 500)]}), "has no report: status 500, no such image"),
        (Script(reports={REPORT: [Reply(404)]}), "has no report: status 404"),
        (Script(reports={REPORT: [Reply(200)]}), "sent an empty report"),
        (Script(reports={REPORT: [Reply(200, (), b" " * 200_000)]}), "expected at most 100000 bytes"),
        (Script(reports={REPORT: [Reply(302)]}), "made no report within 1 s"),
        (Script(reports={REPORT: [answered({}, 302, Refresh_After="9999")]}), "made no report within 1 s"),
        (Script(reports={REPORT: [Reply(503, (("Retry-After", "0"),))]}), "has no report: status 503"),
        (Script(Reply(0)), "its adapter failed"),
        (Script(Reply(200, (), b"{}", cut=1)), "its adapter failed"),
        (Script(Reply(raw=b"garbage\r\n\r\n")), "its adapter failed"),
    ],
)
def test_an_adapter_that_misbehaves_has_failed_and_it_is_said_how(script: Script, said: str) -> None:
    outcome = scanned(script, seconds=1 if "within" in said else 10)
    assert isinstance(outcome, Failed)
    assert said in outcome.reason
    assert "\n" not in outcome.reason


def test_an_adapter_at_a_private_address_must_be_meant() -> None:
    outcome = scanned(Script(), private=False)
    assert isinstance(outcome, Failed)
    assert "not a public address" in outcome.reason


def test_an_adapter_that_nobody_runs_has_failed() -> None:
    with adapter(Script()) as (scanner, _):
        pass
    outcome = scanner.scan(target())
    assert isinstance(outcome, Failed)
    assert "cannot connect" in outcome.reason

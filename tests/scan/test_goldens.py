"""Real reports of real scanners, replayed by a stub with the tool's exit codes: none counts for an image that it does
not name, and none that examined nothing counts at all."""

from pathlib import Path

import pytest
from tests.scan.stub import replaying, write_stub
from tests.scan.targets import CONFIG, target

from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan
from pratique.evidence.model import Parse
from pratique.evidence.read import read
from pratique.scan.executable import Program
from pratique.scan.interface import Failed, Limits, Reported, Yields
from pratique.scan.settings import ProgramSettings
from pratique.service.scan import vet

_MANY = 8  # of each kind; the walk over the whole corpus is another test's


def replayed(golden: Path, folder: Path, producer: str, yields: Yields, code: int) -> Reported | Failed:
    program = write_stub(folder / "bin" / producer, replaying(golden, code))
    settings = ProgramSettings(
        name=producer,
        producer=producer,
        yields=yields,
        limits=Limits(seconds=20),
        argv=(str(program), "{layout}", "{output}"),
        exit_codes=(code,),
    )
    scanner = Program(settings, {})
    _, outcome = vet(scanner.scan(target()), scanner, target())
    return outcome


@pytest.mark.parametrize(
    ("kind", "producer", "yields", "code"),
    [
        ("trivy-json", "trivy", Yields.VULNERABILITIES, 0),
        ("grype-json", "grype", Yields.VULNERABILITIES, 0),
        ("osv-scanner-json", "osv-scanner", Yields.VULNERABILITIES, 1),
        ("syft-json", "syft", Yields.PACKAGES, 0),
    ],
)
def test_a_golden_counts_where_it_looked_and_names_no_other_image(
    corpus: Path, tmp_path: Path, kind: str, producer: str, yields: Yields, code: int
) -> None:
    goldens = sorted(filter(Path.is_file, (corpus / kind).rglob("*")), key=lambda file: file.stat().st_size)
    goldens = [*goldens[: _MANY // 2], *goldens[len(goldens) // 2 :][: _MANY // 2]]
    assert goldens
    for golden in goldens:
        reading = read(golden.read_bytes(), "application/json")
        outcome = replayed(golden, tmp_path, producer, yields, code)
        wanted = reading.of(Scan if yields is Yields.VULNERABILITIES else Sbom)
        if reading.parse is Parse.REFUSED or not wanted or (reading.about and CONFIG not in reading.about):
            assert isinstance(outcome, Failed), golden
        if isinstance(outcome, Reported):
            assert outcome.content == golden.read_bytes()
            assert any(fact.findings or fact.packages_examined != 0 for fact in reading.of(Scan)) or reading.of(
                Sbom
            )

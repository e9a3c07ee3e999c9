"""Somebody writes a policy, and the situations that it must tell apart."""

from pathlib import Path

from tests.stories.documents import write_policy
from tests.stories.shop import run_pratique

CASES = """\
apiVersion: pratique/v1
kind: PolicyTest
defaults:
  environment: staging
  evidence:
    provenance: {says: {builder_id: https://ci.example/builder}}
cases:
  - name: a good image needs nobody
    expect: {outcome: pass, track: fast}
  - name: without tests nobody knows
    evidence: {tests: null}
    expect: {track: remediation, checks: {tests: {outcome: unknown}}}
"""


def written(folder: Path, cases: str = CASES) -> Path:
    policy = write_policy(folder, "oci:registry")
    (policy / "tests").mkdir()
    (policy / "tests" / "staging.yaml").write_text(cases)
    return policy


def test_a_policy_that_does_what_its_cases_say_is_told_so(tmp_path: Path) -> None:
    said = run_pratique("policy", "test", written(tmp_path))
    assert said.code == 0, said
    assert "2 of 2 cases as expected" in said.out
    assert "not seen failing: staging, check tests" in said.out


def test_a_case_that_comes_out_otherwise_fails_the_run(tmp_path: Path) -> None:
    said = run_pratique("policy", "test", written(tmp_path, CASES.replace("track: fast", "track: slow")), "--json")
    assert said.code == 1
    assert said.value["cases"][0]["problems"][0].startswith("expected the track slow, found fast")


def test_coverage_can_be_required(tmp_path: Path) -> None:
    assert run_pratique("policy", "test", written(tmp_path), "--require-coverage").code == 1


def test_a_mistake_in_a_case_is_told_with_its_place(tmp_path: Path) -> None:
    said = run_pratique("policy", "test", written(tmp_path, CASES.replace("outcome: unknown", "outcome: unknwon")))
    assert said.code == 2
    assert "tests/staging.yaml:12:" in said.err
    assert "did you mean 'unknown'?" in said.err


def test_a_policy_without_cases_is_not_called_tested(tmp_path: Path) -> None:
    said = run_pratique("policy", "test", write_policy(tmp_path, "oci:registry"))
    assert said.code == 1
    assert "has no tests/*.yaml" in said.err

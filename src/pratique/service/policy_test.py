"""Running the tests that stand beside a policy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pratique.errors import Absent
from pratique.policy.marked import parse_marked
from pratique.policy.policy_test import read_tests
from pratique.promotion.golden import GOLDEN
from pratique.promotion.mutation import Improved, mutate
from pratique.promotion.policy_test import Court, Ran, run_case, tried
from pratique.promotion.policy_test_coverage import Coverage, coverage
from pratique.service.calendar import calendar_of
from pratique.service.policy import Read, read_bundle


@dataclass(frozen=True, slots=True)
class Report:
    """What came of every case, what the cases saw of the policy, and what came out better for being missing."""

    policy: str
    digest: str
    ran: tuple[Ran, ...]
    coverage: Coverage
    tried: int
    improved: tuple[Improved, ...]

    @property
    def failed(self) -> tuple[Ran, ...]:
        """The cases that came out otherwise than expected."""
        return tuple(one for one in self.ran if one.problems)


def golden() -> dict[str, Any]:
    """Return the facts of the golden image, as a test would write them."""
    value: dict[str, Any] = parse_marked(GOLDEN, "the golden image").value
    return value


def run_tests(path: Path) -> Report:
    """Run every case of ``tests/*.yaml`` in a policy's folder, and take every fact of each away in turn.

    Raises:
        Absent: There is no policy, or no test beside it.
        Malformed: The policy or a test breaks its form; the message begins with ``file:line:column``.
    """
    report = run_tests_of(read_bundle(path))
    if not report.ran:
        raise Absent(f"policy {path}: has no tests/*.yaml; write one for each check, or see docs/policy-tests.md")
    return report


def run_tests_of(read: Read) -> Report:
    """Run the cases of a policy that was read; where there are none, nothing ran. Raises as :func:`run_tests`."""
    files = {name: text for name, text in read.sources.items() if name.startswith("tests/")}
    cases = [case for name, text in sorted(files.items()) for case in read_tests(text, name)]
    policy, facts, court = tried(read.bundle), golden(), Court(calendar_of)
    ran = tuple(run_case(case, policy, facts, court) for case in cases)
    mutated = [mutate(one, policy) for one in ran]
    return Report(
        policy=read.bundle.metadata.name,
        digest=str(read.bundle.digest),
        ran=ran,
        coverage=coverage(read.bundle, ran),
        tried=sum(taken for taken, _ in mutated),
        improved=tuple(one for _, found in mutated for one in found),
    )

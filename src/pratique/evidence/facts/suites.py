"""Test results, counted case by case."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TestRun:
    """The result of one suite's own cases, counted case by case; its declared totals are not believed.

    A case counts once. Cases of an inner suite count in that suite's own run, which names this one in ``within``.
    """

    suite: str
    total: int
    passed: int
    failed: int
    errored: int
    skipped: int
    within: tuple[str, ...] = ()
    """The names of the suites around it, outermost first."""


@dataclass(frozen=True, slots=True)
class Suites:
    """Every suite of one report, in its order; a report may hold none, which is a fact and no success."""

    runs: tuple[TestRun, ...]

"""One result for an image of several platforms: an index is as good as its worst platform."""

from dataclasses import replace

from pratique.policy.check import Rule
from pratique.policy.checks.rule import answer
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.settings import Settings

_BUILD = "build the image for a platform, such as linux/amd64; its index names none that runs"
ByPlatform = tuple[tuple[str, CheckResult], ...]
"""Each platform's name, for example ``linux/arm64``, and its result."""


def combine(rule: Rule, by_platform: ByPlatform, settings: Settings) -> CheckResult:
    """Return the worst platform's result with every platform's findings.

    Which is worst depends on what ``unknown`` and ``error`` count as. A count is the largest of the platforms'
    counts. Where the platforms' messages differ, the message names each. Without any platform the outcome is
    ``unknown``: nothing was judged.
    """
    if not by_platform:
        return answer(rule, Outcome.UNKNOWN, "no platform of this image can be judged", remedy=_BUILD)
    if len(by_platform) == 1:
        return by_platform[0][1]
    results = tuple(result for _, result in by_platform)
    leading = max(results, key=lambda result: _badness(result.outcome, settings))
    return replace(
        leading,
        message=_message(by_platform),
        remedy="; ".join(dict.fromkeys(result.remedy for result in results if result.remedy)) or None,
        findings=tuple({finding.term: finding for result in results for finding in result.findings}.values()),
        counts=_largest(results),
        evidence=tuple(sorted({digest for result in results for digest in result.evidence})),
        holds_until=min((result.holds_until for result in results if result.holds_until), default=None),
    )


def _badness(outcome: Outcome, settings: Settings) -> tuple[int, int]:
    order = (Outcome.PASS, Outcome.WARN, Outcome.REVIEW, Outcome.BLOCK)
    # Of two that count the same, the one that is no judgement is named: it must not hide behind the other.
    return order.index(settings.counts_as(outcome)), int(outcome not in order)


def _message(by_platform: ByPlatform) -> str:
    messages = {result.message for _, result in by_platform}
    if len(messages) == 1:
        return messages.pop()
    return "; ".join(f"{platform}: {result.message}" for platform, result in by_platform)


def _largest(results: tuple[CheckResult, ...]) -> tuple[tuple[str, int], ...]:
    largest: dict[str, int] = {}
    for result in results:
        for name, count in result.counts:
            largest[name] = max(count, largest.get(name, count))
    return tuple(sorted(largest.items()))

"""A thousand recorded decisions judged again, against judging the same inputs once from memory."""

from tests.promotion.builders import directory
from tests.promotion.cases import CLEAN, HIGH, MEDIUM, advisories, bundle, case, evidence

from bench.figure import AtMost, Figure, in_words, interleaved
from pratique.promotion.case import case_of
from pratique.promotion.engines import Materials, reproduce
from pratique.promotion.judge import judge
from pratique.values.digest import Digest

DECISIONS = 1000
ROUNDS = 3


def recorded_decisions() -> Figure:
    """Measure reading, judging again and comparing each record, as `pratique judge` does."""
    policy, people = bundle(), directory()
    pieces = tuple(evidence(packages) for packages in (CLEAN, MEDIUM, HIGH))
    bodies = {Digest.of(one): one for contents in pieces for one in (*contents, advisories())}
    records = tuple(judge(case(contents, policy=policy, people=people)) for contents in pieces)
    every = tuple(records[number % len(records)] for number in range(DECISIONS))
    materials = Materials(policy, people, bodies)

    def once() -> None:
        for record in every:
            judge(case_of(record, bundle=policy, directory=people, bodies=bodies))

    def again() -> None:
        for record in every:
            assert reproduce(record.content, lambda _: materials) == record

    alone, replayed = interleaved(ROUNDS, once, again)
    return Figure(
        f"{DECISIONS:,} recorded decisions judged again",
        in_words(replayed),
        f"judging them once from memory, {in_words(alone)}",
        replayed / alone,
        AtMost(1.5),
    )

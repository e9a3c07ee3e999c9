"""Whether the lists of exploited and of likely vulnerabilities that a rule asks for are there.

Without a list nobody can say what is on it, and that is no good news.
"""

from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding
from pratique.policy.words import AtLeast


def find_list_gaps(kev: bool | None, epss: AtLeast | None, facts: Facts) -> tuple[CheckFinding, ...]:
    """Return a finding for every list that is asked for and cannot answer; an empty answer means that all do.

    Args:
        kev: What the rule asks of CISA's catalogue, if anything.
        epss: What it asks of FIRST's list, if anything.
        facts: What is known.
    """
    asked = (
        (
            "kev",
            kev is not None and facts.lists.exploited is None,
            "are known to be exploited",
            "CISA's catalogue",
        ),
        (
            "epss",
            epss is not None and facts.lists.likelihoods is None,
            "are likely to be exploited",
            "FIRST's list",
        ),
    )
    found = len(facts.vulnerabilities)
    return tuple(
        CheckFinding(
            f"list:{name}",
            f"nobody can say which of {found} vulnerabilities {what}: {whose} was not imported",
            fix=f"import {whose} with `pratique watch import`",
        )
        for name, missing, what, whose in asked
        if missing and found
    )

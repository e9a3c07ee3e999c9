"""A policy in plain words: how an image gets in, what is checked, who signs, when all stands still, what is waived.

Every word of the policy is said. The same policy is always told in the same words.
"""

from collections.abc import Iterator
from dataclasses import replace

from pratique.evidence.match import PRODUCER
from pratique.policy.application import Application
from pratique.policy.approval import Separation
from pratique.policy.check import Rule, is_known_exploited
from pratique.policy.checks.expr import ExprRule
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule
from pratique.policy.document import Bundle
from pratique.policy.environment import Enforcement, EnvironmentRules
from pratique.policy.explain_phrases import KINDS
from pratique.policy.explain_words import listing, phrase, phrases, words
from pratique.policy.freeze import Freeze, TrackName
from pratique.policy.freshness import GRACE
from pratique.policy.result import OnFailure, OnUnknown
from pratique.policy.tracks import AdoptTrack, Change, EmergencyTrack, SlowTrack, When

Lines = Iterator[str]

_ROUTINE = (
    "routine: nothing new of high, critical or unknown severity, the same base images or newer ones, no other major "
    "version, no licence of a new category, no larger attack surface where that was measured; what is not known is not"
)


def explain(bundle: Bundle, environment: str | None = None) -> str:
    """Return the whole policy, or what concerns one environment, as text of several lines.

    Raises:
        Absent: The policy has no such environment.
    """
    chosen = bundle.in_order if environment is None else (bundle.rules(environment).name,)
    parts = [list(_head(bundle))]
    parts += [list(_environment(bundle.rules(name))) for name in chosen]
    if environment is None:
        parts += [list(_owners(bundle)), *(list(_application(each)) for each in bundle.applications)]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _head(bundle: Bundle) -> Lines:
    about = bundle.metadata
    version = f", version {about.version}" if about.version else ""
    yield f"Policy {about.name}{version}, of {about.owner}"
    yield f"- looked at again by {words(about.review_by)}; after that, every decision carries a warning"
    yield f"- {words(GRACE)} after that, nothing goes through without people"
    if bundle.changes:
        yield f"- changed by one of {about.owner} and {words(bundle.changes.approvals)}, none of them its author"
        yield "- who may change it, and whose it is, is changed by those who hold root keys"
    else:
        yield "- changed by those who hold root keys"
    yield f"- images go: {listing(tuple(_ways(bundle)))}"


def _ways(bundle: Bundle) -> Lines:
    for name in bundle.in_order:
        rules = bundle.rules(name)
        yield f"from {listing(rules.predecessors)} to {name}" if rules.predecessors else f"from outside to {name}"


def _environment(rules: EnvironmentRules) -> Lines:
    yield from (rules.name, "=" * len(rules.name))
    yield from _under("How an image gets in", _entry(rules))
    yield from _under(f"Checks ({len(rules.checks)})", _checks(rules))
    yield from _under("Without anybody (fast)", _fast(rules))
    yield from _under("With people (slow)", _slow(rules))
    yield from _under("Back to an earlier image (rollback)", _rollback(rules))
    yield from _under("In an emergency", _emergency(rules))
    yield from _under("What stood there before the gate (adopt)", _adopt(rules))
    yield from _under("When it stands still", _freezes(rules.freeze))
    yield from _under("What can be waived", _waivers(rules))
    yield from _under("Evidence", _evidence(rules))
    yield from _under("Risk", phrases(rules.risk))
    yield from _under("Roles", (f"{role.name}: {'; '.join(phrases(role, 'name'))}" for role in rules.roles))


def _under(title: str, lines: Lines) -> Lines:
    """Yield a heading and what stands under it; nothing where nothing does."""
    found = list(lines)
    if found:
        yield from (f"{title}:", *(line if line.startswith("    ") else f"- {line}" for line in found))


def _entry(rules: EnvironmentRules) -> Lines:
    if rules.predecessors:
        yield f"it comes from {' or '.join(rules.predecessors)}"
    else:
        yield "it comes from outside, from a repository that its application accepts"
    if rules.enforcement is Enforcement.BLOCK:
        yield "one that does not pass is kept out"
    else:
        yield "one that does not pass is let in all the same, and marked as admitted; it never counts as promoted"
    if rules.relax:
        yield f"this gate is looser than the one it was made from, because: {rules.relax}"
    if rules.require_witnesses:
        yield f"nothing is sealed before {rules.require_witnesses} witnesses have cosigned the ledger"
    if rules.effective_on:
        yield f"the policy comes into force not before {words(rules.effective_on)}; until then, the one before holds"


def _checks(rules: EnvironmentRules) -> Lines:
    if not rules.checks:
        yield "nothing is checked"
    for rule in rules.checks:
        yield f"{rule.id} ({rule.check}): {_demand(rule)}"
        asked = phrases(rule, "id", "check", "outcome", "relax", *_not_asked(rule))
        yield from (
            f"    - {each}"
            for each in (*asked, *_besides(rule), _failure(rules, rule), phrase(rule, "relax"))
            if each
        )


def _demand(rule: Rule) -> str:
    return KINDS.get(rule.check, rule.check.replace("_", " "))


def _not_asked(rule: Rule) -> tuple[str, ...]:
    """Return fields that mean nothing in this rule, so that nobody wonders about them."""
    if isinstance(rule, ExprRule) and rule.for_each is None:
        return ("max",)
    if isinstance(rule, VulnerabilitiesRule) and rule.unknown_severity is None and not rule.where.severity:
        return ("unknown_severity",)
    return ()


def _besides(rule: Rule) -> Lines:
    if isinstance(rule, VulnerabilitiesRule) and rule.scanners and PRODUCER not in rule.scanners:
        yield "what only the built-in matcher finds is not counted"


def _failure(rules: EnvironmentRules, rule: Rule) -> str | None:
    if rules.enforcement is Enforcement.WARN and rule.outcome is OnFailure.BLOCK:
        return "where it fails, the image does not pass, and is let in as admitted"
    return phrase(rule, "outcome")


def _evidence(rules: EnvironmentRules) -> Lines:
    if rules.enforcement is Enforcement.BLOCK:
        yield from phrases(rules.settings)
        return
    yield from phrases(rules.settings, "on_missing_evidence", "on_check_error")
    if OnUnknown.FAIL in (rules.settings.on_missing_evidence, rules.settings.on_check_error):
        yield "what nobody knows, or cannot be judged, is no pass; the image is let in as admitted"


def _track(track: object) -> Lines:
    if track is None:
        yield "not possible"
    else:
        yield from phrases(track)


def _fast(rules: EnvironmentRules) -> Lines:
    fast = rules.tracks.fast
    if fast and fast.when is When.ALWAYS and rules.enforcement is Enforcement.BLOCK:
        yield "every check passes, or only warns; this gate lets in nothing else without people"
        yield from phrases(fast, "when")
    else:
        yield from _track(fast)
    if fast and fast.also and fast.also.change is Change.ROUTINE:
        yield _ROUTINE
    if fast:
        yield "what was first asked for before the image that runs there goes to people"


def _slow(rules: EnvironmentRules) -> Lines:
    yield from _track(rules.tracks.slow)
    yield from _unknown_author(rules.tracks.slow)


def _unknown_author(track: SlowTrack | EmergencyTrack | AdoptTrack | None) -> Lines:
    if track and Separation.AUTHOR in track.separation:
        yield "where it is not known who wrote it, one more person signs, from outside the group that owns it"


def _rollback(rules: EnvironmentRules) -> Lines:
    yield from _track(rules.tracks.rollback)
    if rules.tracks.rollback:
        yield "what the checks find is shown, and does not stop it; nor does a freeze"


def _adopt(rules: EnvironmentRules) -> Lines:
    adopt = rules.tracks.adopt
    yield from _track(adopt)
    yield from _unknown_author(adopt)
    if adopt and adopt.never:
        yield "what all other checks find is shown, and does not stop it"


def _emergency(rules: EnvironmentRules) -> Lines:
    emergency = rules.tracks.emergency
    if emergency is None:
        yield from _track(emergency)
        return
    exploited = tuple(
        rule.id for rule in rules.checks if is_known_exploited(rule) and rule.id not in emergency.skippable
    )
    never = tuple(name for name in emergency.never if name not in exploited)
    yield from phrases(replace(emergency, never=never))
    yield from _unknown_author(emergency)
    if exploited:
        yield f"{listing(exploited)} must pass, too, but for what the image that runs there has as well"
    others = tuple(rule.id for rule in rules.checks if rule.id not in {*emergency.skippable, *never, *exploited})
    if others:
        yield f"what would keep an image out keeps it out here, too, of {listing(others)}"


def _freezes(freezes: tuple[Freeze, ...]) -> Lines:
    if not freezes:
        yield "never"
    for freeze in freezes:
        span = f"from {words(freeze.begin)} until {words(freeze.end)}" if freeze.begin else ""
        allowed = replace(freeze, allow=tuple(each for each in freeze.allow if each is not TrackName.ROLLBACK))
        yield f"{freeze.name}: {'; '.join(filter(None, (span, *phrases(allowed, 'name', 'begin', 'end'))))}"


def _waivers(rules: EnvironmentRules) -> Lines:
    if rules.waivers is None:
        yield "nothing"
        return
    can = tuple(rule.id for rule in rules.checks if rule.id not in rules.waivers.never)
    yield f"findings of {listing(can)}" if can else "nothing"
    yield "never what is missing, or could not be judged"
    yield from phrases(rules.waivers)


def _owners(bundle: Bundle) -> Lines:
    remediation = bundle.remediation
    due = phrases(remediation.due)
    yield from _under(
        "Who repairs what is found",
        iter((*map(words, remediation.owners), "everything else: the group that owns the application")),
    )
    yield from _under("By when, by severity", iter(due))


def _application(application: Application) -> Lines:
    yield f"Application {application.name}, of {application.owner}; its images move together or not at all:"
    if application.tags:
        yield f"- it bears the tags {listing(application.tags)}"
    for image in application.images:
        yield f"- image {image.name}: {'; '.join(phrases(image, 'name', 'source', 'destinations'))}"
        yield f"    - its source is {', '.join(phrases(image.source))}"
        for destination in image.destinations:
            yield f"    - {destination.environment}: {', '.join(phrases(destination, 'environment'))}"

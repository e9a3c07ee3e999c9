"""How each word of a policy is said in plain words.

One phrase for a field, by the field's name, or by its class and name where the name alone could mean two things.
``{}`` stands for the value. A field that has no phrase is told by its own name, so that none is left out.
"""

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "signature": "services that are trusted signed it",
    "provenance": "a signed statement says where, by whom and from what it was built",
    "sbom": "a bill of materials lists what is in it",
    "vulnerabilities": "it does not have too many vulnerabilities of a kind",
    "vulnerability_budget": "its vulnerabilities together do not cost too much",
    "licences": "its licences are acceptable",
    "tests": "its tests ran and passed",
    "reproducible": "others built it again and got the same bytes",
    "base_image": "it stands on a base image that is allowed and not too old",
    "attack_surface": "it does not offer too much to an attacker",
    "secrets": "it holds no passwords or keys",
    "runtime": "it behaved well where it ran",
    "promoted_from": "it was in another environment first",
    "freshness": "the evidence about it is not too old",
    "churn": "not too much in it is new",
    "expr": "a condition holds",
    "exec": "a program of yours agrees",
    "http": "a service of yours agrees",
    "plugin": "a check of your own agrees",
}
"""What each kind of check demands."""

PHRASES: Final[Mapping[str, str]] = {
    # what rules have in common
    "outcome": "where it fails, {}",
    "relax": "it is looser than what it was made from, because: {}",
    "keys": "what counts is signed by {}",
    "max": "at most {}",
    "min": "at least {}",
    "max_age": "at most {} old",
    "within": "no longer than {} ago",
    "scanners": "each of these looked: {}",
    "unknown_severity": "a vulnerability of unknown severity counts as {}",
    "grace": "those that are new are left out: {}",
    "vex": "statements about exploitability: {}",
    "signers": "what {} says counts",
    # signature, provenance
    "identities": "certificates of {} count",
    "transparency_log": "an entry in a public log, verified here, is {}",
    "slsa_level": "at SLSA build level {} or higher",
    "builders": "it was built by {}",
    "sources": "from the source {}",
    "build_types": "in a build of type {}",
    "parameters": "with no other parameters than {}",
    # sbom
    "required": "it must be there: {}",
    "formats": "in the format {}",
    "min_ratio": "at least these parts of the components have them: {}",
    "must_say": "it says {}",
    "binds_to_digest": "it is about exactly this image: {}",
    "cross_check": "it lists every package that the layers hold: {}",
    # vulnerabilities
    "where": "those are counted that fit all of: {}",
    "severity": "severity {}",
    "fixable": "has a fix: {}",
    "ids": "is called {}",
    "kev": "is known to be exploited: {}",
    "epss": "will be exploited within 30 days with a probability of {}",
    "age": "has been known for {}",
    "new_only": "those that the image there has already are left out: {}",
    "points": "one costs {}",
    "Grace.days": "for {} days",
    "clock": "counted from {}",
    # licences, tests
    "allow": "these and no others: {}",
    "deny": "none of {}",
    "review": "people look at {}",
    "LicencesRule.unknown": "where a licence is not known: {}",
    "required_suites": "these suites ran: {}",
    "max_failed": "at most {} tests failed",
    "min_coverage": "they covered at least {} percent",
    # reproducible, base image, surface, secrets
    "rebuilders": "by at least {}",
    "independent": "who are not whoever built it first: {}",
    "allowed": "one of {}",
    "max_added": "added at most {}",
    "max_removed": "removed at most {}",
    "max_changed": "changed at most {}",
    "max_major_bumps": "at most {} got another major version",
    "max_new_maintainers": "at most {} have a new maintainer",
    "no_larger": "it offers nothing that the image there does not: {}",
    "root": "it may run as root: {}",
    "AttackSurfaceRule.ports": "it may listen on {}",
    "variables": "environment variables are looked at: {}",
    # runtime, promoted from
    "environment": "namely in {}",
    "RuntimeRule.window": "watched for {}",
    "max_critical_alerts": "at most {} critical alerts",
    "max_high_alerts": "at most {} high alerts",
    "max_medium_alerts": "at most {} medium alerts",
    "max_restarts": "at most {} restarts",
    "min_soak": "it has been there for at least {}",
    "min_current": "it was what that environment held for at least {}",
    "levels": "it came in as {}",
    "uses": "namely {}",
    "expr": "the condition is: {}",
    "for_each": "asked of each {}",
    "message": "where it fails, it says: {}",
    # tracks
    "risk_at_most": "the risk is at most {}",
    "also": "and {}",
    "change": "the change from what runs there is {}",
    "Also.expr": "this holds: {}",
    "first_arrival": "the first image of its name goes {}",
    "route": "the way is {}",
    "approvals": "these sign: {}",
    "separation": "whatever their role, these do not count: {}",
    "distinct_people": "one person fills one place: {}",
    "reason": "whoever approves gives a reason as {}",
    "SlowTrack.window": "people have {}",
    "RollbackTrack.window": "people have {}",
    "EmergencyTrack.window": "people have {}",
    "AdoptTrack.window": "people have {}",
    "hours": "that time runs only {}",
    "escalate": "where nobody answers: {}",
    "on_timeout": "after that it will {}",
    "keep": "back to any digest that was there within {}",
    "post_mortem": "looking back at it afterwards is {}",
    "skippable": "these checks may fail: {}",
    "EmergencyTrack.never": "these must pass: {}",
    "AdoptTrack.never": "these must pass: {}",
    "expires": "its seal holds for {}",
    # freezes, waivers
    "weekly": "every week on {}",
    "Freeze.allow": "all the same there moves: rollback, {}",
    "who": "these agree: {}",
    "max_days": "for at most so many days: {}",
    "max_renewals": "renewals: at most {}",
    "require": "it comes with {}",
    "WaiverRules.never": "never waived are findings of {}",
    # evidence, risk, roles
    "timezone": "clocks on the wall are those of {}",
    "on_missing_evidence": "where evidence is missing, it will {}",
    "on_check_error": "where a check cannot be judged, it will {}",
    "evidence_wait": "evidence that is missing is waited for {}",
    "max_evidence_age": "reports that are older than {} count as missing",
    "model": "the score is that of {}",
    "exposure": "the exposure of what runs there is {}",
    "mission": "what depends on it is {}",
    "members": "only {} can hold it",
    "min_size": "at least {} people must be able to fill it",
    # applications, owners
    "repository": "in {}",
    "path": "under {}",
    "accept": "it may come in from {}",
    "tag": "its tag there: {}",
    "on_conflict": "where that tag names something else: {}",
    "Match.check": "by the check {}",
    "MinRatio.purl": "package URL {}",
    "due": "{}",
    "purl": "in packages like {}",
    "Match.path": "in files like {}",
    "team": "in applications of {}",
}
"""How a field is said; a class's own phrase, written ``Class.field``, goes before the common one."""

SAID: Final[Mapping[str, Mapping[str, str]]] = {
    "outcome": {
        "block": "where it fails, the image is kept out",
        "review": "where it fails, people look at it",
        "warn": "where it fails, that is shown and stops nothing",
    },
    "when": {
        "all_pass": "every check passes, or only warns",
        "always": "whatever the checks find, where it only warns",
    },
    "first_arrival": {
        "slow": "the first image of its name goes to people",
        "fast": "the first image of its name, which can be compared with nothing, goes this way too",
    },
    "route": {"review": "people look at it and sign"},
    "distinct_people": {"True": "one person fills one place, whatever roles they hold"},
    "reason": {"code": "whoever approves names a reason", "text": "whoever approves writes a reason"},
    "on_timeout": {"expire": "after that the promotion ends"},
    "on_missing_evidence": {
        "fail": "where evidence is missing, the image is kept out",
        "hold": "where evidence is missing, people look at it",
    },
    "on_check_error": {
        "fail": "where a check cannot be judged, the image is kept out",
        "hold": "where a check cannot be judged, people look at it",
    },
    "post_mortem": {
        "required": "people look back at it afterwards",
        "optional": "nobody has to look back at it afterwards",
    },
    "tag": {"keep": "with the tag that it came with", "none": "without a tag"},
    "on_conflict": {"refuse": "a tag that names something else is left alone"},
}
"""What is said of a field that holds exactly this."""

EITHER: Final = frozenset(
    {"keys", "builders", "sources", "build_types", "formats", "severity", "ids", "allowed", "accept", "levels"}
    | {"identities", "signers"}
)
"""Fields that list alternatives: one of them is enough."""

UNSAID: Final[Mapping[str, str]] = {
    "RollbackTrack.separation": "whoever asks may also sign",
    "EmergencyTrack.skippable": "no check may fail",
    "AdoptTrack.never": "no check stops it; all are shown",
    "WaiverRules.never": "findings of every check can be waived",
    "Freeze.allow": "all the same there moves: rollback",
}
"""What is said where a field holds nothing and that means something."""

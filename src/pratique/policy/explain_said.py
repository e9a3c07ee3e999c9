"""What is said in plain words where a field holds exactly this, or nothing.

Beside ``explain_phrases``: there one phrase takes whatever a field holds, here each says one thing. Silence is said,
too, where it means something: a rule that names no ``keys`` believes whoever speaks.
"""

from collections.abc import Mapping
from typing import Final

_ANYBODY = "whoever says so, signed or not"
_ANY_REPORT = "any report that names the image, signed or not, shows that somebody looked"
_ANY_LIST = "any bill of materials, signed or not, says what is in it"
_RUN_HERE = "the answer is what this installation got itself"

SAID: Final[Mapping[str, Mapping[str, str]]] = {
    "outcome": {
        "block": "where it fails, the image is kept out",
        "review": "where it fails, people look at it",
        "warn": "where it fails, that is shown and stops nothing",
    },
    "transparency_log": {
        "optional": "nobody asks for an entry in a public log",
        "required": "only certificates count whose entry in a public log was verified here",
    },
    # sbom
    "required": {"True": "it must be there", "False": "where it is missing, that is shown and stops nothing"},
    "binds_to_digest": {"True": "it is about exactly this image"},
    "cross_check": {"True": "it lists every package that the layers hold"},
    # vulnerabilities
    "fixable": {"True": "has a fix (or nobody says)", "False": "has no fix (or nobody says)"},
    "kev": {"True": "is known to be exploited", "False": "is not known to be exploited"},
    "new_only": {"True": "those that the image there has already are left out"},
    "VulnerabilitiesRule.max": {"0": "there must be none of them"},
    "clock": {
        "fix_available": "from when a fix was there",
        "first_seen": "from when it was first seen in any image of this name",
        "published": "from when it was published",
    },
    # licences, tests
    "LicencesRule.unknown": {
        "review": "where a licence is not stated or not known, people look at it",
        "block": "where a licence is not stated or not known, the image is kept out",
    },
    "max_failed": {"0": "none of their tests failed"},
    # reproducible, surface, secrets
    "independent": {"True": "who are not whoever built it first"},
    "no_larger": {"True": "it offers nothing that the image there does not"},
    "root": {"True": "it may run as root", "False": "it does not run as root"},
    "variables": {
        "True": "variables are looked at, too, by their names",
        "False": "variables are not looked at",
    },
    "SecretsRule.max": {"0": "there must be none of them"},
    "ExprRule.max": {"0": "it may hold for none of them"},
    # tracks
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
    "post_mortem": {
        "required": "people look back at it afterwards",
        "optional": "nobody has to look back at it afterwards",
    },
    # evidence, roles, applications
    "on_missing_evidence": {
        "fail": "where evidence is missing, the image is kept out",
        "hold": "where evidence is missing, people look at it",
    },
    "on_check_error": {
        "fail": "where a check cannot be judged, the image is kept out",
        "hold": "where a check cannot be judged, people look at it",
    },
    "min_size": {"1": "at least 1 person must be able to fill it"},
    "tag": {"keep": "with the tag that it came with", "none": "without a tag"},
    "on_conflict": {"refuse": "a tag that names something nobody promoted is left alone"},
}
"""What is said of a field that holds exactly this; a class's own words, written ``Class.field``, go first."""

EITHER: Final = frozenset(
    {"keys", "builders", "sources", "build_types", "formats", "severity", "ids", "allowed", "accept", "levels"}
    | {"identities", "signers", "deny"}
)
"""Fields that list alternatives: one of them is enough."""

UNSAID: Final[Mapping[str, str]] = {
    "SbomRule.keys": "it counts whoever made it, signed or not",
    "VulnerabilitiesRule.keys": _ANY_REPORT,
    "VulnerabilitiesRule.where": "every vulnerability is counted",
    "VulnerabilitiesRule.scanners": "some scanner, or the built-in matcher, must have looked",
    "VulnerabilitiesRule.unknown_severity": "one of unknown severity is counted as if it had the severity asked for",
    "VulnerabilitiesRule.vex": "no statement (VEX) takes one out of the count",
    "VulnerabilityBudgetRule.keys": _ANY_REPORT,
    "VulnerabilityBudgetRule.scanners": "some scanner, or the built-in matcher, must have looked",
    "VulnerabilityBudgetRule.unknown_severity": "one of unknown severity costs as much as the dearest",
    "VulnerabilityBudgetRule.vex": "no statement (VEX) takes one out of the count",
    "SecretsRule.keys": _ANY_REPORT,
    "LicencesRule.keys": _ANY_LIST,
    "LicencesRule.unknown": "a licence that is not stated or not known counts as one that is not acceptable",
    "ChurnRule.keys": _ANY_LIST,
    "TestsRule.keys": f"that they ran counts {_ANYBODY}",
    "RuntimeRule.keys": f"that it was watched counts {_ANYBODY}",
    "FreshnessRule.keys": f"its date counts {_ANYBODY}",
    "BaseImageRule.keys": "provenance that any service in the directory signed names it",
    "ReproducibleRule.keys": "any service in the directory may have",
    "ProvenanceRule.parameters": "with whatever parameters",
    "ExecRule.keys": _RUN_HERE,
    "HttpRule.keys": _RUN_HERE,
    "PluginRule.keys": _RUN_HERE,
    "RollbackTrack.separation": "whoever asks may also sign",
    "EmergencyTrack.skippable": "no check may fail",
    "AdoptTrack.never": "no check stops it; all are shown",
    "WaiverRules.never": "findings of every check can be waived",
    "Freeze.allow": "nothing moves but going back",
}
"""What is said where a field holds nothing and that means something."""

NONE_AT_ALL: Final[Mapping[str, str]] = {"ProvenanceRule.parameters": "with no parameters"}
"""What an empty list says in a field that may also be left out."""

"""A policy's folder becomes one bundle, or one line that says what is wrong and where."""

import re

import pytest
from tests.policy.builders import files

from pratique.errors import Malformed
from pratique.policy.checks.licences import LicencesRule
from pratique.policy.checks.provenance import ProvenanceRule
from pratique.policy.document import Bundle
from pratique.policy.source import load


def changed(old: str, new: str, name: str = "gate.yaml") -> dict[str, str]:
    texts = files()
    assert old in texts[name]
    return texts | {name: texts[name].replace(old, new, 1)}


def refusal(texts: dict[str, str]) -> str:
    with pytest.raises(Malformed) as caught:
        load(texts)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def shop() -> Bundle:
    return load(files())


def test_the_shop_has_three_environments_in_a_row(shop: Bundle) -> None:
    assert {rules.name: rules.predecessors for rules in shop.environments} == {
        "dev": (),
        "staging": ("dev",),
        "prod": ("staging",),
    }


def test_a_list_is_written_out_wherever_it_is_named(shop: Bundle) -> None:
    rules = {str(rule.id): rule for rule in shop.rules("staging").checks}
    provenance, licences = rules["prov"], rules["licences"]
    assert isinstance(provenance, ProvenanceRule)
    assert isinstance(licences, LicencesRule)
    assert [str(builder) for builder in provenance.builders] == ["https://ci.shop.example/builder/*"]
    assert licences.deny == ("AGPL-3.0-only OR AGPL-3.0-or-later", "BUSL-1.1")


def test_a_list_can_stand_inside_a_list() -> None:
    texts = changed("builders: $builders", "builders: [$builders, https://other.example]")
    (rule,) = (rule for rule in load(texts).rules("staging").checks if isinstance(rule, ProvenanceRule))
    assert [str(builder) for builder in rule.builders] == [
        "https://ci.shop.example/builder/*",
        "https://other.example",
    ]


def test_prod_inherits_every_check_of_staging_in_its_order(shop: Bundle) -> None:
    assert [rule.id for rule in shop.rules("prod").checks] == [rule.id for rule in shop.rules("staging").checks]


def test_a_misspelt_key_is_told_with_line_column_and_the_likely_word() -> None:
    assert refusal(changed("fixable: true", "fixible: true")) == (
        "gate.yaml:39:80: environments.staging.checks.3.where.fixible: "
        "unknown key 'fixible'; did you mean 'fixable'?"
    )


def expect(name: str, old: str, new: str, words: str) -> None:
    """Change one place; « in ``new`` marks where the mistake must be told."""
    texts = changed(old, new, name)
    before, mark, after = texts[name].partition("«")
    assert mark
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    message = refusal(texts | {name: before + after})
    assert message.startswith(f"{name}:{line}:{column}: "), message
    assert words in message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: GatePolicy", "kind: «GatePolcy", "did you mean 'GatePolicy'?"),
        ("apiVersion: pratique/v1\n", "«", "the key 'apiVersion' is missing"),
        ("review_by: 2027-05-01", "review_by: «1.5.2027", "expected an ISO date such as 2027-05-01"),
        ("review_by: 2027-05-01", "review_by: «2027-02-30", "the day 2027-02-30 does not exist"),
        ("review_by: 2027-05-01", "review_by: «20270501", "expected an ISO date, found the number 20270501"),
        ("owner: group:security", "owner: «security", "expected group:<slug>"),
        ("on_missing_evidence: fail", "on_missing_evidence: «pass", "expected one of: fail, hold"),
        ("evidence_wait: 30m", "evidence_wait: «30 minutes", "expected a number and one of ms, s, m, h, d"),
        ("path: [dev, staging, prod]", "path: [dev, «stagin, prod]", "did you mean 'staging'?"),
        ("path: [dev, staging, prod]", "path: [dev, «dev, prod]", "stands on the path twice"),
        ("builders: $builders", "builders: «$bilders", "there is no list 'bilders'; did you mean 'builders'?"),
        ("inherits: staging", "inherits: «stagign", "did you mean 'staging'?"),
        ("inherits: staging", "inherits: «prod", "these environments inherit from each other: prod ← prod"),
        ("environment: dev,", "environment: «dve,", "there is no environment 'dve'; did you mean 'dev'?"),
        (
            '{id: sig, check: signature, keys: ["service:ci"]}',
            "«{id: sig, check: signature}",
            "at least one service or identity",
        ),
        ("{id: tests,", "{id: «licences,", "'licences' stands twice"),
        ("max: 0}", "max: «many}", "expected a whole number, found the text 'many'"),
        ("max: 0}", "max: «-1}", "expected a whole number from 0"),
        ("check: tests", "check: «test", "did you mean 'tests'?"),
        ("check: tests", "«chekc: tests", "unknown key 'chekc'; did you mean 'check'?"),
        ("required_suites: [unit, integration]", "required_suites: «[]", "no tests are no pass"),
        ("count: 1}", "count: «0}", "expected a whole number from 1"),
        ("approvals: [{role: release-manager, count: 1}]", "approvals: «[]", "it is no review"),
        ("window: 5d", "window: 5d\n        distinct_people: «false", "one person fills at most one place"),
        ("timezone: UTC", "timezone: «Mars Time", "expected a time zone such as UTC or Europe/Berlin"),
        ("fast: {when: always}", "fast: {when: «alwys}", "did you mean 'always'?"),
        ("enforcement: warn", "enforcement: «wran", "did you mean 'warn'?"),
        ("levels: [promoted, admitted]", "levels: [«promotd]", "did you mean 'promoted'?"),
        (
            "{id: came, check: promoted_from, environment: dev, within: 30d",
            "«{id: came, check: promoted_from, environment: dev, min_soak: 31d, within: 30d",
            "within is shorter than min_soak",
        ),
        ("match: {check: crit,", "match: {check: «crti,", "did you mean 'crit'?"),
        ("match: {check: licences}", "match: «{}", "expected one of 'check', 'purl', 'path' and 'team'"),
        ('owner: "person:lena"', "owner: «lena", "person:<slug> or group:<slug>"),
        ("due: {critical: 7d", "due: {«ciritcal: 7d", "did you mean 'critical'?"),
        ("version: 0.98, purl", "version: «98, purl", "expected a share from 0 to 1"),
        ("formats: [cyclonedx]", "formats: [«cyclondx]", "did you mean 'cyclonedx'?"),
        ("  name: shop", "  name: shop\n  «colour: red", "unknown key 'colour'"),
        ("  builders:\n", "  builders: «3\n  others:\n", "expected a list for 'builders'"),
        ("lists:\n  builders:\n", "lists: «[]\nothers:\n  builders:\n", "expected a mapping from names to lists"),
    ],
)
def test_every_mistake_is_told_with_its_place(old: str, new: str, words: str) -> None:
    expect("gate.yaml", old, new, words)


def test_a_check_of_an_environment_that_comes_later_is_refused() -> None:
    expect(
        "gate.yaml",
        "environment: staging, min_soak: 24h",
        "environment: «prod, min_soak: 24h",
        "no image is in prod before it is in prod, so none could ever pass",
    )
    expect("gate.yaml", "environment: dev,", "environment: «prod,", "no image is in prod before it is in staging")


def test_an_environment_that_nothing_leads_to_is_refused() -> None:
    message = refusal(changed("path: [dev, staging, prod]", "path: [dev, staging]"))
    assert "prod is not on the path; add it, or say 'from: []' if images enter here" in message


def test_an_environment_without_a_track_is_refused() -> None:
    message = refusal(changed("    tracks:\n      fast: {when: always}\n", ""))
    assert "environments.dev: environment dev: has no track, so nothing could ever enter; add 'tracks'" in message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("policy: shop}", "policy: «store}", "expected 'shop', the policy beside it"),
        ("registry.shop.example/dev/api}", "«registry.shop.example/dev/API}", "is no repository name"),
        ("registry.shop.example/dev/api}", "«registry.shop.example/dev/api:v1}", "expected no tag"),
        ('accept: ["registry.shop.example/build/*"]', "accept: «[]", "at least one repository"),
        ('"registry.shop.example/build/*"', '«"a b"', "pattern: expected"),
        ("prod: {", "prd: «{", "there is no environment 'prd'; did you mean 'prod'?"),
        ('tag: "{tag}-{digest}"', 'tag: «"{version}"', "{tag} and {digest} may stand"),
        ("on_conflict: refuse", "on_conflict: «overwrite", "expected one of: refuse"),
        ("images:\n", "images:\n  - «name: api\n", "the key 'source' is missing"),
    ],
)
def test_a_mistake_in_an_application_is_told_with_its_own_file(old: str, new: str, words: str) -> None:
    expect("applications/shop.yaml", old, new, words)


def test_two_images_of_one_name_are_refused() -> None:
    assert "the name 'api' stands twice" in refusal(changed("name: worker", "name: api", "applications/shop.yaml"))


def test_two_images_that_would_take_each_others_tags_are_refused() -> None:
    old, new = '"oci:environments/dev", tag: none', "registry.shop.example/dev/api"
    message = refusal(changed(old, new, "applications/shop.yaml"))
    assert "image api gets the same tags in registry.shop.example/dev/api; give one another" in message


def test_two_files_that_describe_one_application_are_refused() -> None:
    texts = files()
    message = refusal(texts | {"applications/again.yaml": texts["applications/shop.yaml"]})
    assert re.match(r"applications/(shop|again)\.yaml:3:18: .*another file describes", message)


def test_a_file_that_nothing_reads_is_refused() -> None:
    assert refusal(files() | {"gates.yaml": "a: 1"}).startswith("gates.yaml: expected gate.yaml, ")


def test_a_folder_without_a_gate_says_which_file_is_missing() -> None:
    assert refusal({"gate.yml": "a: 1"}) == (
        "gate.yaml: the file is missing; a policy's folder needs one; did you mean 'gate.yml'?"
    )


def test_remarks_and_tests_beside_the_policy_change_nothing(shop: Bundle) -> None:
    assert load(files() | {"tests/fast.yaml": "{", "docs/why.md": "x"}) == shop


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("lists/builders.yaml", "- a", "gate.yaml has a list 'builders' too"),
        ("lists/Other.yaml", "- a", "expected a list's name of lower-case letters"),
        ("lists/other.yaml", "a: b", "expected a list for 'other'"),
        ("lists/other.yaml", "- $bilders", "there is no list 'bilders'; did you mean 'builders'?"),
        ("lists/other.yaml", "- $other", "the list 'other' holds itself"),
    ],
)
def test_a_broken_list_is_refused_with_its_own_file(path: str, text: str, words: str) -> None:
    message = refusal(files() | {path: text})
    assert message.startswith(f"{path}:1:")
    assert words in message


def test_a_list_may_hold_other_lists_and_whole_checks() -> None:
    texts = changed("      - {id: sbom, check: sbom, formats: [cyclonedx]}\n", "      - $common\n")
    texts |= {"lists/common.yaml": "- {id: one, check: sbom, formats: $formats}\n- $more\n"}
    texts |= {"lists/more.yaml": "- {id: two, check: sbom}\n", "lists/formats.yaml": "- spdx\n"}
    assert [rule.id for rule in load(texts).rules("dev").checks] == ["sig", "one", "two"]


def test_a_mistake_inside_a_list_is_told_where_the_list_is_written() -> None:
    texts = changed("      - {id: sbom, check: sbom, formats: [cyclonedx]}\n", "      - $common\n")
    list_text = "- {id: one, check: sbom}\n- {id: two, check: sbom, requird: true}\n"
    message = refusal(texts | {"lists/common.yaml": list_text})
    assert message.startswith("lists/common.yaml:2:26: environments.dev.checks.2.requird: unknown key 'requird'")


def test_what_follows_a_list_inside_a_list_is_told_at_its_own_place() -> None:
    expect("gate.yaml", "builders: $builders", 'builders: [$builders, «"a b"]', "pattern: expected")


def test_lists_that_grow_out_of_all_bounds_are_refused() -> None:
    grown = {f"lists/l{level}.yaml": f"[{', '.join([f'$l{level + 1}'] * 10)}]" for level in range(8)}
    message = refusal(files() | grown | {"lists/l8.yaml": "[a, b]"})
    assert "lists inside lists make more than 100000 values" in message


def test_lists_that_are_nested_too_deeply_are_refused() -> None:
    chain = {f"lists/l{level}.yaml": f"[$l{level + 1}]" for level in range(900)}
    assert "lists inside lists, deeper than 16 levels" in refusal(files() | chain | {"lists/l900.yaml": "[a]"})


def test_lists_that_hold_each_other_are_refused() -> None:
    message = refusal(files() | {"lists/a.yaml": "- $b", "lists/b.yaml": "- $a"})
    assert message.startswith("lists/b.yaml:1:3: 0: the list 'a' holds itself, by way of 'b'")


GRAPH = """\
apiVersion: pratique/v1
kind: GatePolicy
metadata: {name: graph, owner: group:g, review_by: 2027-05-01}
environments:
  dev: {tracks: {fast: {when: always}}}
  hotfix: {from: [dev], tracks: {fast: {when: always}}}
  prod: {from: [dev, hotfix], tracks: {fast: {when: always}}}
"""


def test_an_environment_may_have_several_predecessors() -> None:
    bundle = load({"gate.yaml": GRAPH})
    assert bundle.rules("prod").predecessors == ("dev", "hotfix")
    assert bundle.rules("dev").predecessors == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "dev: {",
            "dev: {from: [prod], ",
            "5:16: environments.dev.from.0: these environments come from each other: dev ← prod ← dev (and",
        ),
        ("dev: {", "dev: {from: [prod], ", "dev ← prod ← dev (and gate.yaml:7:17)"),
        ("from: [dev],", "from: [hotfix],", "environment hotfix: comes from itself"),
        (
            "from: [dev],",
            "from: [dve],",
            "6:19: environments.hotfix.from.0: there is no environment 'dve'; did you mean 'dev'?",
        ),
        ("environments:", "path: [dev, prod]\nenvironments:", "prod is on the path too; keep one of the two"),
    ],
)
def test_a_graph_of_environments_that_leads_nowhere_is_refused(old: str, new: str, words: str) -> None:
    assert words in refusal({"gate.yaml": GRAPH.replace(old, new, 1)})

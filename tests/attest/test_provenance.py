"""SLSA provenance: what a builder claims, and a source only where its claims agree."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.attest.dsse import parse_envelope
from pratique.attest.git_source import MAX_URI, GitSource, NoSource, parse_git_uri
from pratique.attest.provenance import V1, Provenance, parse_provenance
from pratique.attest.statement import Subject, build_statement, parse_statement
from pratique.errors import Malformed
from pratique.values.digest import Digest

ONE, TWO = "1" * 40, "2" * 40
REPOSITORY = "https://git.example/shop/api"
URI = f"git+{REPOSITORY}"


def predicate(**changes: Any) -> dict[str, Any]:
    return {
        "buildDefinition": {
            "buildType": "https://ci.example/build/v1",
            "externalParameters": changes.get(
                "parameters", {"source": {"uri": URI, "digest": {"gitCommit": ONE}}}
            ),
            "resolvedDependencies": changes.get("dependencies", []),
        },
        "runDetails": {
            "builder": {"id": changes.get("builder", "https://ci.example/builder@v2")},
            "metadata": changes.get("metadata", {}),
        },
    }


def read(**changes: Any) -> Provenance:
    return parse(predicate(**changes))


def parse(value: dict[str, Any], predicate_type: str = V1) -> Provenance:
    return parse_provenance(parse_statement(build_statement((Subject(Digest("a" * 64)),), predicate_type, value)))


def git(uri: str, commit: str = ONE) -> dict[str, Any]:
    return {"uri": uri, "digest": {"gitCommit": commit}}


def test_a_whole_build_is_read() -> None:
    base = {"uri": "pkg:docker/python@3.11", "name": "base", "digest": {"sha256": "b" * 64, "sha1": ONE}}
    found = read(
        parameters={"configSource": {"uri": f"{REPOSITORY}.git#refs/heads/main", "path": "Dockerfile.prod"}},
        dependencies=[git(f"{URI}@refs/heads/main"), base, {"uri": "https://files.example/x.tgz"}],
        metadata={"invocationId": "run/7", "startedOn": "2026-11-24T10:30:00.123456789+01:00"},
    )
    assert found.source == GitSource(URI, ONE, "refs/heads/main")
    assert (found.builder, found.builder_ref) == ("https://ci.example/builder", "v2")
    assert found.dockerfile == "Dockerfile.prod"
    assert found.invocation == "run/7"
    assert found.started == datetime(2026, 11, 24, 9, 30, 0, 123456, UTC)
    assert found.finished is None
    assert [(image.name, image.sha256) for image in found.base_images] == [("base", Digest("b" * 64))]
    assert [item.sha256 for item in found.dependencies][2] is None


@pytest.mark.parametrize(
    "parameters",
    [
        {"workflow": {"repository": REPOSITORY, "ref": "refs/heads/main", "path": ".github/ci.yml"}},
        {"source": f"{URI}@refs/heads/main"},
        {"source": {"uri": f"{URI}@refs/heads/main", "digest": {"sha1": ONE}}},
        {"sourceToBuild": {"repository": f"{REPOSITORY}.git", "ref": "refs/heads/main"}},
        {"buildConfigSource": {"repository": REPOSITORY, "ref": "main", "path": "cloudbuild.yaml"}},
        {"configSource": {"uri": f"{REPOSITORY}.git#refs/heads/main:services/api"}},
        {"inputs": {"directory": "."}},
    ],
)
def test_every_builders_way_to_name_its_source_is_understood(parameters: dict[str, Any]) -> None:
    assert read(parameters=parameters, dependencies=[git(f"{URI}@refs/heads/main")]).source == GitSource(
        URI, ONE, "refs/heads/main"
    )


@pytest.mark.parametrize(
    ("parameters", "dependencies", "why"),
    [
        ({}, [], "neither"),
        ({}, [git(URI), git("git+https://git.example/other")], "nothing says which"),
        ({"source": URI, "workflow": {"repository": "https://git.example/evil"}}, [], "nothing says which"),
        ({"source": URI}, [git("git+https://git.example/evil")], "not among the resolved dependencies"),
        ({"source": git(URI)}, [git(URI, TWO)], "two commits"),
        ({"source": f"{URI}@refs/heads/main"}, [git(f"{URI}@refs/tags/main")], "two commits or refs"),
        ({"source": ["x"]}, [{"uri": "https://git.example/shop/api.tgz"}], "neither"),
    ],
)
def test_where_the_claims_disagree_there_is_no_source(
    parameters: dict[str, Any], dependencies: list[Any], why: str
) -> None:
    source = read(parameters=parameters, dependencies=dependencies).source
    assert isinstance(source, NoSource)
    assert why in source.why


def test_another_dependency_beside_the_source_does_not_matter() -> None:
    tool = git("git+https://git.example/tools/builder@refs/tags/v1", TWO)
    assert read(dependencies=[tool, git(URI)]).source == GitSource(URI, ONE, None)


def test_a_ref_that_is_a_commit_is_read_as_one() -> None:
    parameters = {"workflow": {"repository": REPOSITORY, "ref": ONE}}
    assert read(parameters=parameters).source == GitSource(URI, ONE, None)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("https://token:secret@Git.Example/a/b.git@main", GitSource("git+https://git.example/a/b", None, "main")),
        ("git+ssh://git@git.example/a/b/#v1:dir", GitSource("git+ssh://git.example/a/b", None, "v1")),
        (f"git://git.example/a@{TWO}", GitSource("git+git://git.example/a", TWO, None)),
        ("git@git.example:a/b", None),
        ("pkg:docker/alpine@3", None),
        ("", None),
    ],
)
def test_a_git_uri_has_one_spelling_and_no_secret(text: str, source: GitSource | None) -> None:
    assert parse_git_uri(text) == source


def without(path: tuple[str, ...]) -> dict[str, Any]:
    whole = predicate()
    inner: Any = whole
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return whole


@pytest.mark.parametrize(
    "path",
    [
        ("buildDefinition",),
        ("buildDefinition", "buildType"),
        ("runDetails",),
        ("runDetails", "builder"),
        ("runDetails", "builder", "id"),
    ],
)
def test_what_the_specification_requires_must_be_there(path: tuple[str, ...]) -> None:
    with pytest.raises(Malformed, match=path[-1]):
        parse(without(path))


@pytest.mark.parametrize(
    "changes",
    [
        {"builder": 5},
        {"parameters": []},
        {"dependencies": {}},
        {"dependencies": [{"uri": "x", "digest": {"sha1": 5}}]},
        {"dependencies": [{"uri": "x"}] * 20_001},
        {"metadata": {"startedOn": "yesterday"}},
        {"metadata": {"startedOn": "2026-11-24T10:30:00"}},
        {"metadata": {"finishedOn": "0001-01-01T00:00:00+23:59"}},
    ],
)
def test_broken_provenance_is_malformed(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match=r"predicate\.|provenance"):
        read(**changes)


def test_an_older_version_is_named_in_the_complaint() -> None:
    with pytest.raises(Malformed, match=r"found 'https://slsa.dev/provenance/v0\.2'"):
        parse(predicate(), "https://slsa.dev/provenance/v0.2")


texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from([URI, ONE, "sha256", "uri"])
names = st.sampled_from(["uri", "digest", "gitCommit", "source", "repository", "ref", "workflow", "sha256"])
plain = st.recursive(
    texts | st.none(), lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=8
)


@given(st.fixed_dictionaries({"parameters": plain, "dependencies": plain, "builder": plain, "metadata": plain}))
def test_nothing_but_malformed_escapes_the_reader(changes: dict[str, Any]) -> None:
    with contextlib.suppress(Malformed):
        read(**changes)


def payloads(value: Any) -> list[bytes]:
    if isinstance(value, dict) and isinstance(value.get("payload"), str) and "payloadType" in value:
        return [parse_envelope(json.dumps(value).encode()).payload]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [payload for item in inner for payload in payloads(item)]


def test_every_build_of_the_corpus_names_its_source(corpus: Path) -> None:
    found = 0
    for path in sorted((corpus / "slsa-provenance").rglob("*.slsa")):
        for payload in payloads(json.loads(path.read_bytes())):
            built = parse_provenance(parse_statement(payload))
            assert isinstance(built.source, GitSource)
            assert built.source.uri == "git+https://github.com/slsa-framework/example-package"
            assert built.source.commit
            assert built.builder_ref
            found += 1
    assert found > 20


def test_a_uri_is_read_up_to_its_longest_length_only() -> None:
    longest = URI + "/a" * ((MAX_URI - len(URI)) // 2)
    assert parse_git_uri(longest) == GitSource(longest, None, None)
    assert parse_git_uri(longest + "/aa") is None


@pytest.mark.parametrize("filler", ["a", "/", "@", "#", "a/", "a@", " "])
def test_a_megabyte_in_place_of_a_uri_names_no_source(filler: str) -> None:
    hostile = "https://" + filler * (1024 * 1024 // len(filler)) + " "
    assert parse_git_uri(hostile) is None
    source = read(parameters={"source": {"uri": hostile}}, dependencies=[git(hostile)]).source
    assert isinstance(source, NoSource)


@given(st.text(alphabet="ab/@#: ", max_size=12))
def test_host_and_path_of_a_uri_part_at_the_first_slash(rest: str) -> None:
    found = parse_git_uri(f"https://{rest}")
    if found:
        host, slash, path = found.uri.removeprefix("git+https://").partition("/")
        assert not set(host) & set("/@# ")
        assert not set(path) & set("@# ")
        assert slash or not path


def test_twenty_thousand_refs_of_one_repository_are_no_source() -> None:
    many = read(dependencies=[git(f"{URI}@refs/tags/v{number}") for number in range(20_000)]).source
    assert isinstance(many, NoSource)
    assert many.why.startswith(f"two commits or refs of {URI} are named")

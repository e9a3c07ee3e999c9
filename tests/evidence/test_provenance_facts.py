"""What provenance says about source, Dockerfile, context and base images, in the builders' own shapes."""

import base64
from typing import Any

import pytest
from tests.evidence.statements import said

from pratique.evidence.facts.build import Claimed, Material, Provenance
from pratique.evidence.summary import summarise
from pratique.values.digest import Digest

V0_1, V0_2, V1 = (f"https://slsa.dev/provenance/{version}" for version in ("v0.1", "v0.2", "v1"))
COMMIT = "c" * 40
REPOSITORY = "https://git.example/shop.git"
DOCKERFILE = b"FROM alpine:3.17\nCOPY . /\n"
ALPINE = {"uri": "pkg:docker/alpine@3.17?platform=linux%2Famd64", "digest": {"sha256": "1" * 64}}
FRONTEND = {"uri": "pkg:docker/docker/dockerfile@1.6", "digest": {"sha256": "2" * 64}}
GIT = {"uri": f"{REPOSITORY}#refs/tags/v1", "digest": {"sha1": COMMIT}}
ARGS = {"source": "docker.io/docker/dockerfile:1.6", "build-arg:MODE": "fast"}
SOURCE = {
    "infos": [
        {"filename": "docker/Dockerfile", "language": "Dockerfile", "data": base64.b64encode(DOCKERFILE).decode()}
    ]
}


def built(predicate_type: str, predicate: dict[str, Any]) -> Provenance:
    (found,) = said(predicate_type, predicate).of(Provenance)
    return found


def buildkit_v1(config: dict[str, Any], metadata: dict[str, Any], *dependencies: dict[str, Any]) -> Provenance:
    return built(
        V1,
        {
            "buildDefinition": {
                "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
                "externalParameters": {
                    "configSource": config,
                    "request": {"frontend": "gateway.v0", "args": ARGS},
                },
                "internalParameters": {"builderPlatform": "linux/amd64"},
                "resolvedDependencies": list(dependencies),
            },
            "runDetails": {"builder": {"id": ""}, "metadata": metadata},
        },
    )


def buildkit_v0_2(config: dict[str, Any], metadata: dict[str, Any], *materials: dict[str, Any]) -> Provenance:
    return built(
        V0_2,
        {
            "builder": {"id": ""},
            "buildType": "https://mobyproject.org/buildkit@v1",
            "invocation": {
                "configSource": config,
                "parameters": {"frontend": "gateway.v0", "args": ARGS},
                "environment": {"platform": "linux/amd64"},
            },
            "materials": list(materials),
            "metadata": metadata,
        },
    )


ADDED = {"source": SOURCE, "vcs": {"source": REPOSITORY, "revision": COMMIT}}


@pytest.mark.parametrize(
    "found",
    [
        buildkit_v1(
            {"path": "docker/Dockerfile"},
            {"buildkit_metadata": ADDED, "buildkit_hermetic": True},
            ALPINE,
            FRONTEND,
        ),
        buildkit_v0_2(
            {"entryPoint": "docker/Dockerfile"},
            {
                "https://mobyproject.org/buildkit@v1#metadata": ADDED,
                "https://mobyproject.org/buildkit@v1#hermetic": True,
            },
            ALPINE,
            FRONTEND,
        ),
    ],
    ids=["v1", "v0.2"],
)
def test_buildkit_keeps_the_dockerfile_and_only_passes_on_where_a_local_folder_came_from(
    found: Provenance,
) -> None:
    assert (found.dockerfile, found.dockerfile_digest) == ("docker/Dockerfile", str(Digest.of(DOCKERFILE)))
    assert [item.uri for item in found.base_images] == [ALPINE["uri"]]
    assert len(found.materials) == 2
    assert (found.source_uri, found.source_commit) == (None, None)
    assert found.claimed == Claimed(REPOSITORY, COMMIT)
    assert (found.context_digest, found.hermetic) == (None, True)


@pytest.mark.parametrize(
    "found",
    [
        buildkit_v1({**GIT, "path": "Dockerfile"}, {}, ALPINE, GIT),
        buildkit_v0_2({**GIT, "entryPoint": "Dockerfile"}, {}, ALPINE, GIT),
    ],
    ids=["v1", "v0.2"],
)
def test_a_remote_context_is_the_source_and_has_a_digest(found: Provenance) -> None:
    assert (found.source_uri, found.source_commit) == ("git+https://git.example/shop", COMMIT)
    assert (found.context_digest, found.dockerfile) == (f"sha1:{COMMIT}", "Dockerfile")
    assert found.config == Material(f"{REPOSITORY}#refs/tags/v1", (("sha1", COMMIT),))


def test_what_a_builder_did_not_list_in_full_is_said() -> None:
    found = buildkit_v0_2({}, {"completeness": {"parameters": True, "environment": True, "materials": False}})
    assert found.incomplete == ("materials",)
    assert found.config is None


def test_a_dockerfile_whose_copy_is_broken_has_no_digest() -> None:
    broken = {"infos": [{"filename": "Dockerfile", "data": "%"}, {"filename": "other", "data": "e30="}]}
    assert buildkit_v1({"path": "Dockerfile"}, {"buildkit_metadata": {"source": broken}}).dockerfile_digest is None


@pytest.mark.parametrize(
    "parameters",
    [
        {"DOCKERFILE": "./Dockerfile", "CONTEXT": "git+https://git.example/shop"},
        {"inputs": {"dockerfile": "./Dockerfile", "context": "git+https://git.example/shop"}},
        {
            "runSpec": {
                "params": [
                    {"name": "DOCKERFILE", "value": "./Dockerfile"},
                    {"name": "CONTEXT", "value": "git+https://git.example/shop"},
                ]
            }
        },
    ],
    ids=["plain", "inputs", "params"],
)
def test_dockerfile_and_context_are_found_where_other_builders_put_them(parameters: dict[str, Any]) -> None:
    dependencies = [
        {"uri": "git+https://git.example/shop", "digest": {"gitCommit": COMMIT}},
        {"uri": "file:///src/Dockerfile", "digest": {"sha256": "3" * 64}},
    ]
    found = built(
        V1,
        {
            "buildDefinition": {
                "buildType": "https://build.example/v1",
                "externalParameters": parameters,
                "resolvedDependencies": dependencies,
            },
            "runDetails": {"builder": {"id": "https://build.example/b"}},
        },
    )
    assert (found.dockerfile, found.dockerfile_digest) == ("./Dockerfile", f"sha256:{'3' * 64}")
    assert found.context_digest == f"gitCommit:{COMMIT}"


def test_the_images_in_which_steps_ran_are_no_base_images() -> None:
    step = {"uri": "oci://registry.example/kaniko", "digest": {"sha256": "4" * 64}}
    found = built(V0_2, {"builder": {"id": "x"}, "buildType": "tekton.dev/v1/TaskRun", "materials": [step]})
    assert (found.base_images, len(found.materials)) == ((), 1)


# Version 0.1


def cloud_build(**changes: Any) -> Provenance:
    return built(
        V0_1,
        {
            "builder": {"id": "https://cloudbuild.googleapis.com/GoogleHostedWorker@v0.2"},
            "recipe": {
                "type": "https://cloudbuild.googleapis.com/CloudBuildSteps@v0.1",
                "entryPoint": "cloudbuild.yaml",
                "arguments": {"steps": []},
                **changes.pop("recipe", {}),
            },
            "materials": [{"uri": f"https://github.com/shop/api/commit/{COMMIT}"}],
            "metadata": {"buildInvocationId": "7", "buildStartedOn": "2022-08-15T22:43:18.700638187Z"},
            **changes,
        },
    )


def test_cloud_build_names_its_commit_by_the_page_that_shows_it() -> None:
    found = cloud_build()
    assert (found.source_uri, found.source_commit) == ("git+https://github.com/shop/api", COMMIT)
    assert found.materials == (Material(f"https://github.com/shop/api/commit/{COMMIT}", ()),)
    assert (found.builder_version, found.entry_point, found.invocation) == ("v0.2", "cloudbuild.yaml", "7")
    assert found.parameters == (("steps", "[]"),)
    assert found.started is not None


def test_a_page_and_a_digest_that_differ_name_no_commit() -> None:
    page = {"uri": f"https://github.com/shop/api/commit/{COMMIT}", "digest": {"sha1": "d" * 40}}
    assert cloud_build(materials=[page]).source_uri is None


@pytest.mark.parametrize(("place", "defined"), [(0, True), (-1, False), ("-1", False), (7, False), (True, False)])
def test_the_material_that_holds_the_recipe_is_named_by_its_place(place: Any, defined: bool) -> None:
    assert (cloud_build(recipe={"definedInMaterial": place}).config is not None) is defined


def test_parameters_that_nobody_states_are_not_none() -> None:
    assert cloud_build(recipe={"arguments": None}).parameters is None
    assert cloud_build(recipe={"arguments": {}}).parameters == ()
    reading = said(V0_2, {"builder": {"id": "x"}})
    assert reading.of(Provenance)[0].parameters is None
    assert summarise(reading)["provenance"]["parameters"] is None
    assert "parameters" in reading.reasons[-1]

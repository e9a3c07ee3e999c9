"""What only a layout directory can show: its files, other tools' files, and several writers."""

import json
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.registry.builders import (
    BUNDLE,
    DSSE,
    blob_of,
    build_image,
    build_legacy,
    build_platforms,
    build_referrer,
    no_lock,
    push,
    write_layout,
)

from pratique.errors import Absent, Conflict, Malformed, Unreachable, Unverified
from pratique.registry.blob import holding
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.interface import ANY, Registry
from pratique.registry.layout_index import REF_NAME
from pratique.registry.manifest import OCI_MANIFEST
from pratique.registry.open import Settings, open_repository
from pratique.registry.referrers import fallback_tag
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository


def layout(path: Path) -> Registry:
    return open_repository(parse_repository(f"oci:{path}"), Settings(Path("/nowhere")))


def index_of(path: Path) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = json.loads((path / "index.json").read_bytes())["manifests"]
    return entries


def test_relative_paths_begin_at_the_base_folder(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    push(open_repository(parse_repository("oci:envs/prod"), settings), build_image("web"), "v1")

    assert (tmp_path / "envs" / "prod" / "oci-layout").read_bytes() == b'{"imageLayoutVersion":"1.0.0"}'


def test_an_image_that_another_tool_wrote_is_read(tmp_path: Path) -> None:
    image = build_platforms("web")
    write_layout(tmp_path, {"v1": image}, untagged=(build_image("loose"),))

    assert layout(tmp_path).tags() == ("v1",)
    assert layout(tmp_path).resolve("v1") == image.digest
    assert layout(tmp_path).manifest(image.digest).raw == image.raw


def test_referrers_that_oras_left_untagged_are_found(tmp_path: Path) -> None:
    image = build_image("web")
    referrer = build_referrer(image, BUNDLE, b"{}")
    write_layout(tmp_path, {"v1": image}, untagged=(referrer, build_image("loose")))

    assert [listed.digest for listed in layout(tmp_path).referrers(image.digest)] == [referrer.digest]


def test_fields_that_another_tool_wrote_stay_in_the_index(tmp_path: Path) -> None:
    image = build_image("web")
    write_layout(tmp_path, {"v1": image})
    document = json.loads((tmp_path / "index.json").read_bytes())
    document["manifests"][0]["platform"] = {"os": "linux", "architecture": "amd64"}
    document["manifests"][0]["annotations"]["io.containerd.image.name"] = "web"
    (tmp_path / "index.json").write_text(json.dumps({**document, "x-other": 1}))

    other = build_image("other")
    push(layout(tmp_path), other)
    layout(tmp_path).put_tag("v1", other.digest, image.digest)

    assert json.loads((tmp_path / "index.json").read_bytes())["x-other"] == 1
    earlier = next(entry for entry in index_of(tmp_path) if entry["digest"] == str(image.digest))
    assert earlier["platform"] == {"os": "linux", "architecture": "amd64"}
    assert earlier["annotations"] == {"io.containerd.image.name": "web"}


def test_every_manifest_can_be_reached_from_the_index(tmp_path: Path) -> None:
    image, newer = build_platforms("web"), build_image("newer")
    referrer = build_referrer(image, BUNDLE, b"{}")
    att = build_legacy((DSSE, b"{}", {}))
    registry = layout(tmp_path)

    push(registry, image, "v1")
    push(registry, referrer)
    push(registry, att, legacy_tag(image.digest, EdgeKind.ATT))
    push(registry, newer)
    registry.put_tag("v1", newer.digest, image.digest)

    listed = {Digest.parse(str(entry["digest"])) for entry in index_of(tmp_path)}
    reached = listed | {child.digest for each in listed for child in registry.manifest(each).children}
    assert reached >= {each.digest for each in (image, *image.parts, referrer, att, newer)}
    assert len(index_of(tmp_path)) == len(listed) == 4, "parts and referrers need no entries of their own"


def test_a_tag_that_points_to_two_manifests_is_malformed(tmp_path: Path) -> None:
    write_layout(tmp_path, {"v1": build_image("a")}, untagged=(build_image("b"),))
    document = json.loads((tmp_path / "index.json").read_bytes())
    document["manifests"][1]["annotations"] = document["manifests"][0]["annotations"]
    (tmp_path / "index.json").write_text(json.dumps(document))

    with pytest.raises(Malformed, match="points to 2 manifests"):
        layout(tmp_path).resolve("v1")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"schemaVersion":2,"manifests":[{}]}', b'{"schemaVersion":2,']
)
def test_a_broken_index_is_malformed_and_is_not_overwritten(tmp_path: Path, content: bytes) -> None:
    write_layout(tmp_path, {})
    (tmp_path / "index.json").write_bytes(content)

    with pytest.raises(Malformed):
        layout(tmp_path).put_manifest(build_image("a").manifest)

    assert (tmp_path / "index.json").read_bytes() == content


def test_an_index_that_lists_an_image_as_an_index_is_refused(tmp_path: Path) -> None:
    image = build_image("a")
    write_layout(tmp_path, {"v1": image})
    (tmp_path / "index.json").write_bytes(
        (tmp_path / "index.json")
        .read_bytes()
        .replace(image.media_type.encode(), b"application/vnd.oci.image.index.v1+json")
    )

    with pytest.raises(Malformed, match="ambiguous"):
        layout(tmp_path).manifest(image.digest)


def test_a_folder_with_other_things_is_not_made_a_layout(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")

    with pytest.raises(Conflict, match="other things"):
        push(layout(tmp_path), build_image("a"))

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_layout_of_another_version_is_refused(tmp_path: Path) -> None:
    write_layout(tmp_path, {})
    (tmp_path / "oci-layout").write_text('{"imageLayoutVersion":"2.0.0"}')

    with pytest.raises(Conflict, match=r"expected layout version 1\.0\.0"):
        layout(tmp_path).tags()


def test_a_flipped_byte_in_a_manifest_is_unverified(tmp_path: Path) -> None:
    image = build_image("a")
    write_layout(tmp_path, {"v1": image})
    (tmp_path / "blobs" / "sha256" / image.digest.hex).write_bytes(image.raw.replace(b"linux", b"Linux") + b" ")

    with pytest.raises(Unverified):
        layout(tmp_path).manifest(image.digest)


def test_putting_a_blob_again_repairs_one_that_was_damaged(tmp_path: Path) -> None:
    registry = layout(tmp_path)
    registry.put_blob(blob_of(b"hello"), holding(b"hello"))
    path = tmp_path / "blobs" / "sha256" / Digest.of(b"hello").hex
    path.write_bytes(b"hallo")

    registry.put_blob(blob_of(b"hello"), holding(b"hello"))

    assert path.read_bytes() == b"hello"


def test_what_cannot_be_written_is_unreachable_and_names_the_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(Unreachable, match="Not a directory while writing blob"):
        layout(tmp_path / "file" / "images").put_blob(blob_of(b"x"), holding(b"x"))


def test_a_pipe_in_the_place_of_a_blob_is_no_blob(tmp_path: Path) -> None:
    write_layout(tmp_path, {})
    os.mkfifo(tmp_path / "blobs" / "sha256" / Digest.of(b"x").hex)

    with pytest.raises(Absent):
        layout(tmp_path).manifest(Digest.of(b"x"))


def test_threads_that_attach_at_once_lose_nothing(tmp_path: Path) -> None:
    image = build_image("web")
    push(layout(tmp_path), image, "v1")
    built = [build_referrer(image, BUNDLE, b"%d" % number) for number in range(16)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: layout(tmp_path).put_referrer(each.manifest, no_lock), built))

    assert {each.digest for each in layout(tmp_path).referrers(image.digest)} == {each.digest for each in built}
    assert layout(tmp_path).tags() == (fallback_tag(image.digest), "v1")


def write_many(path: Path, worker: int) -> None:
    for number in range(8):
        push(layout(path), build_image(f"{worker}-{number}", layers=()), f"{worker}-{number}")


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    workers = [multiprocessing.Process(target=write_many, args=(tmp_path / "prod", worker)) for worker in range(3)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    assert {each.exitcode for each in workers} == {0}
    assert len(layout(tmp_path / "prod").tags()) == 24
    assert list((tmp_path / "prod").rglob(".incoming-*")) == []


def test_of_two_who_move_a_tag_at_once_one_is_told(tmp_path: Path) -> None:
    images = [build_image(str(number)) for number in range(6)]
    for each in images:
        push(layout(tmp_path), each)

    def move(digest: Digest) -> bool:
        try:
            layout(tmp_path).put_tag("v1", digest, None)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(move, [each.digest for each in images])) == 1


def test_the_earlier_image_stays_when_a_tag_moves_on(tmp_path: Path) -> None:
    first, second = build_image("first"), build_image("second")
    push(layout(tmp_path), first, "v1")
    push(layout(tmp_path), second)
    layout(tmp_path).put_tag("v1", second.digest, ANY)
    layout(tmp_path).put_tag("v1", first.digest, ANY)

    assert {str(entry["digest"]) for entry in index_of(tmp_path)} == {str(first.digest), str(second.digest)}


def seconds(task: Callable[[], object]) -> float:
    began = time.monotonic()
    task()
    return time.monotonic() - began


def test_an_index_that_lists_very_much_is_looked_through_once(tmp_path: Path) -> None:
    image = build_image("web")
    write_layout(tmp_path, {"v1": image})
    document = json.loads((tmp_path / "index.json").read_bytes())
    nothing = [{"mediaType": OCI_MANIFEST, "digest": str(Digest.of(b"%d" % n)), "size": 5} for n in range(5000)]
    tagged = [{**each, "annotations": {REF_NAME: f"t{n}"}} for n, each in enumerate(nothing)]
    content = json.dumps({**document, "manifests": [*document["manifests"], *nothing, *tagged]})
    (tmp_path / "index.json").write_text(content)
    here = layout(tmp_path)
    first = seconds(lambda: here.referrers(image.digest))
    later = seconds(lambda: [(here.referrers(image.digest), here.resolve("none")) for _ in range(50)])
    assert later < first


def test_an_untagged_referrer_whose_bytes_come_later_is_then_found(tmp_path: Path) -> None:
    image = build_image("web")
    referrer = build_referrer(image, BUNDLE, b"{}")
    write_layout(tmp_path, {"v1": image}, untagged=(referrer,))
    (tmp_path / "blobs" / "sha256" / referrer.digest.hex).unlink()
    here = layout(tmp_path)
    assert here.referrers(image.digest) == ()
    here.put_manifest(referrer.manifest)
    assert [each.digest for each in here.referrers(image.digest)] == [referrer.digest]


def test_a_file_is_no_place_for_a_layout(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("kept")
    with pytest.raises(Conflict, match="is a file; name a folder"):
        push(layout(tmp_path / "report.txt"), build_image("web"), "v1")
    assert (tmp_path / "report.txt").read_text() == "kept"

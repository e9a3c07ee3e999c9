"""What an image's layers really hold, against what is said about it; and a second build, recorded."""

from collections.abc import Callable
from pathlib import Path

from tests.evidence.surface.pictures import Entry, file, image, packed
from tests.registry.builders import no_lock
from tests.stories.ci import CLEAN, HIGH, statements
from tests.stories.shop import Shop

from pratique.attest.bundle import BUNDLE_MEDIA
from pratique.evidence.surface.claim import SCAI, build_surface
from pratique.evidence.surface.origin import BASE_DIGEST
from pratique.registry.attach import attach_referrer
from pratique.registry.closure import plan
from pratique.registry.layout import Layout
from pratique.service.surface import measure_image, memory_of
from pratique.values.digest import Digest
from pratique.values.uris import MEASURER
from pratique.wire import open_workspace

HONEST = tuple(
    file(f"site/{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n".encode())
    for name, version in CLEAN
)
HIDDEN = file("site/evil-6.6.dist-info/METADATA", b"Name: evil\nVersion: 6.6\n")


def change_policy(shop: Shop, change: Callable[[str], str]) -> None:
    """Publish the shop's policy with another text."""
    gate = shop.folder / "policy" / "gate.yaml"
    gate.write_text(change(gate.read_text()))
    shop.done("policy", "publish", gate.parent, "--root", f"person:ann={shop.key('person:ann')}")


def deliver(shop: Shop, name: str, *entries: Entry, packing: Callable[[bytes], bytes] = packed) -> Digest:
    """Have CI build an image of these files, and sign about it what it says of every clean one."""
    repository = shop.repository("build")
    assert isinstance(repository, Layout)
    digest = image(repository, name, entries, packing=packing)
    for kind, statement in statements(digest, CLEAN):
        attach_referrer(repository, digest, shop.signed(kind, statement), no_lock)
    return digest


def cross_checked(text: str) -> str:
    return text.replace("binds_to_digest: true}", "binds_to_digest: true, cross_check: true}")


def test_a_bill_of_materials_that_hides_a_package_keeps_the_image_out(shop: Shop) -> None:
    change_policy(shop, cross_checked)
    deliver(shop, "honest", *HONEST)
    deliver(shop, "lying", *HONEST, HIDDEN)
    assert shop.state(shop.bring("honest", "dev")) == "promoted"
    promotion = shop.bring("lying", "dev")
    assert shop.state(promotion) == "remediation"
    assert "1 of 3 installed packages are not listed: pypi/evil@6.6" in shop.done("show", promotion).out


def test_what_was_measured_is_signed_recorded_once_and_in_the_proof(shop: Shop, tmp_path: Path) -> None:
    change_policy(shop, cross_checked)
    deliver(shop, "lying", *HONEST, HIDDEN)
    promotion = shop.bring("lying", "dev")
    shop.done("retry", promotion)
    shop.work()
    listed = shop.done("evidence", "list", promotion, "--json").value["evidence"]
    measured = [one for one in listed if one["signers"] == ["service:record"]]
    assert [(one["bound"], one["predicate_type"]) for one in measured] == [
        ("statement", "https://in-toto.io/attestation/scai/v0.3")
    ]
    assert sum(event["type"] == "evidence.added/1" for event in shop.events()) == 1


def test_an_image_that_was_cross_checked_is_proved_and_judged_again_from_its_evidence(
    shop: Shop, tmp_path: Path
) -> None:
    change_policy(shop, cross_checked)
    deliver(shop, "honest", *HONEST)
    promotion = shop.bring("honest", "dev")
    proof = tmp_path / "proof.json"
    shop.done("proof", "export", promotion, "--out", proof)
    shop.done("proof", "verify", proof, "--trust-root", shop.trust_root)


def test_a_measurement_in_another_name_does_not_stand_for_ours(shop: Shop, tmp_path: Path) -> None:
    change_policy(shop, cross_checked)
    digest = deliver(shop, "honest", *HONEST)
    with open_workspace(str(shop.workspace)) as workspace:
        repository = shop.repository("build")
        (found,) = measure_image(repository, plan(repository, digest), memory_of(workspace.root))
    paper = tmp_path / "surface.json"
    paper.write_bytes(shop.signed(SCAI, build_surface(found.surface, digest, MEASURER)).content)
    here = f"oci:{shop.workspace}/registry/build@{digest}"
    shop.done("evidence", "add", here, paper, "--media-type", BUNDLE_MEDIA)
    assert shop.state(shop.bring("honest", "dev")) == "promoted"


def test_layers_that_cannot_be_read_leave_it_unknown(shop: Shop) -> None:
    change_policy(shop, cross_checked)
    deliver(shop, "xz", *HONEST, packing=lambda archive: b"\xfd7zXZ" + archive)
    promotion = shop.bring("xz", "dev")
    assert shop.state(promotion) == "remediation"
    assert "nobody measured what the image's layers hold" in shop.done("show", promotion).out


def test_a_second_build_is_compared_and_recorded_as_signed_evidence(shop: Shop) -> None:
    first, second = deliver(shop, "first", *HONEST), deliver(shop, "second", *HONEST, HIDDEN)
    build = f"oci:{shop.workspace}/registry/build"
    words = ("rebuild", "compare", f"{build}@{first}")
    assert shop.done(*words, f"{build}@{first}").out.startswith("equal: linux/amd64")
    signs = ("--record", "--as", "service:ci", "--key", shop.key("service:ci"), "--where", "builder 7")
    said = shop.pratique(*words, f"{build}@{second}", *signs, "--json")
    assert said.code == 1
    assert (said.value["equal"], said.value["differences_total"]) == (False, 1)
    listed = shop.done("evidence", "list", f"{build}@{first}", "--json").value["evidence"]
    recorded = [one for one in listed if f"sha256:{one['sha256']}" == said.value["recorded"]]
    assert [(one["bound"], one["signers"], one["predicate_type"]) for one in recorded] == [
        ("statement", ["service:ci"], "https://pratique.example/rebuild/v1")
    ]


def test_a_person_does_not_sign_what_a_machine_built(shop: Shop) -> None:
    first = deliver(shop, "first", *HONEST)
    build = f"oci:{shop.workspace}/registry/build@{first}"
    signs = ("--record", "--as", "person:ann", "--key", shop.key("person:ann"))
    assert "expected a service's key" in shop.pratique("rebuild", "compare", build, build, *signs).err


JINJA, FLASK = (
    file(f"site/{name}-{version}.dist-info/METADATA", f"Name: {name}\nVersion: {version}\n".encode())
    for name, version in (("jinja2", "2.10"), ("flask", "3.0.0"))
)


def finding_of(shop: Shop, name: str, base: Digest | None, *layers: tuple[Entry, ...]) -> tuple[str | None, str]:
    """Whose jinja2's vulnerability is in an image that names its base: in the record, and as people see it."""
    repository = shop.repository("build")
    assert isinstance(repository, Layout)
    noted = {} if base is None else {BASE_DIGEST: str(base)}
    digest = image(repository, name, *layers, annotations=noted)
    for kind, statement in statements(digest, HIGH):
        attach_referrer(repository, digest, shop.signed(kind, statement), no_lock)
    promotion = shop.bring(name, "dev", "staging")
    checks = shop.show(promotion)["decision"]["checks"]
    (whose,) = {
        each.get("origin")
        for check in checks
        for each in check.get("findings", ())
        if "@pkg:pypi/jinja2" in each["term"]
    }
    return whose, shop.done("show", promotion).out


def test_what_is_found_is_told_to_be_the_base_images_or_the_applications(shop: Shop) -> None:
    change_policy(shop, cross_checked)
    repository = shop.repository("build")
    assert isinstance(repository, Layout)
    lower, strange = image(repository, "lower", (JINJA,)), image(repository, "strange", (FLASK,))
    whose, told = finding_of(shop, "theirs", lower, (JINJA,), (FLASK,))
    assert whose == "base"
    assert "of the base image" in told
    whose, told = finding_of(shop, "ours", strange, (FLASK,), (JINJA,))
    assert whose == "application"
    assert "of the application" in told
    for name, base in (("lying", strange), ("silent", None)):
        whose, told = finding_of(shop, name, base, (JINJA,), (FLASK,))
        assert whose is None
        assert "of the" not in told


def test_a_base_that_signed_provenance_names_is_known_too(shop: Shop) -> None:
    change_policy(shop, cross_checked)
    repository = shop.repository("build")
    assert isinstance(repository, Layout)
    lower = image(repository, "lower", (JINJA,))
    digest = image(repository, "built", (JINJA,), (FLASK,))
    for kind, statement in statements(digest, HIGH, base=lower):
        attach_referrer(repository, digest, shop.signed(kind, statement), no_lock)
    told = shop.done("show", shop.bring("built", "dev", "staging")).out
    assert "of the base image" in told


def test_a_base_that_was_measured_here_is_known_where_it_no_longer_lies(shop: Shop) -> None:
    change_policy(shop, cross_checked)
    repository = shop.repository("build")
    assert isinstance(repository, Layout)
    lower = image(repository, "lower", (JINJA,))
    shop.bring("lower", "dev")
    (shop.workspace / "registry" / "build" / "blobs" / "sha256" / lower.hex).unlink()
    whose, _ = finding_of(shop, "theirs", lower, (JINJA,), (FLASK,))
    assert whose == "base"


def based(max_age: str) -> Callable[[str], str]:
    """A policy that asks how old the base is, which no builder says."""
    check = f'      - {{id: base, check: base_image, keys: ["service:ci"], max_age: {max_age}}}\n'
    return lambda text: text.replace("    checks:\n", f"    checks:\n{check}", 1)


def test_how_old_a_base_is_its_own_layers_tell(shop: Shop) -> None:
    repository = shop.repository("build")
    assert isinstance(repository, Layout)
    lower, strange = image(repository, "lower", (JINJA,)), image(repository, "strange", HONEST)
    for name, base in (("young", lower), ("old", lower), ("lying", strange)):
        digest = image(repository, name, (JINJA,), HONEST, (file(name),))
        for kind, statement in statements(digest, CLEAN, base=base):
            attach_referrer(repository, digest, shop.signed(kind, statement), no_lock)
    change_policy(shop, based("4000d"))
    assert shop.state(shop.bring("young", "dev")) == "promoted"
    lying = shop.bring("lying", "dev")
    assert "nobody says when" in shop.done("show", lying).out
    change_policy(shop, lambda text: text.replace("4000d", "1s"))
    old = shop.bring("old", "dev")
    assert shop.state(old) == "remediation"
    assert "of 2026-01-02T03:04:05.000Z, older than 1s" in shop.done("show", old).out

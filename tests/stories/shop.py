"""A small shop for the stories: people with SSH keys, CI, tiny images with signed evidence, and one workspace.

Everything goes through the command line, run in this process. A template is founded once, and copied for each
story.
"""

import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.registry.builders import build_image, no_lock, push
from tests.stories.ci import CLEAN, HIGH, MEDIUM, Packages, statements
from tests.stories.documents import write_advisories, write_people, write_policy

from pratique.attest.bundle import BUNDLE_MEDIA, build_bundle, bundle_annotations
from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.cli.main import run
from pratique.config.load import load
from pratique.registry.attach import Body, attach_referrer
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.signing.keyfile import read_key
from pratique.values.digest import Digest
from pratique.values.reference import parse_reference
from pratique.wire import open_workspace

ENVIRONMENTS = ("dev", "staging", "prod")
ORIGIN = "ledger.example/stories"
_ROOM_BYTES = 32 * 1024 * 1024
PROMOTION = re.compile(r"\bpr_[0-9a-z]{26}\b")


@dataclass(frozen=True, slots=True)
class Said:
    """What one command line answered."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> dict[str, Any]:
        """The object of a command with ``--json``."""
        value: dict[str, Any] = json.loads(self.out)
        return value

    @property
    def promotion(self) -> str:
        """The first promotion that is named."""
        found = PROMOTION.search(self.out)
        assert found, self
        return found[0]


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop: its folder, and where its images are (``oci:registry`` or ``HOST/shop``)."""

    folder: Path
    place: str = "oci:registry"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def trust_root(self) -> Path:
        return self.workspace / "trust-root.json"

    def key(self, actor: str) -> Path:
        """The private key of a person or of CI."""
        return self.folder / "people" / ("ci.pem" if actor == "service:ci" else actor.removeprefix("person:"))

    def pratique(self, *words: object) -> Said:
        """Run one command line on this shop's workspace, in this process."""
        return run_pratique(*words, "--workspace", self.workspace)

    def done(self, *words: object) -> Said:
        """Run one command line that must succeed."""
        said = self.pratique(*words)
        assert said.code == 0, f"{words}: {said}"
        return said

    def work(self) -> None:
        """Do everything that promotions wait for and that needs no person."""
        self.done("worker", "--until-idle")

    def request(self, name: str, to: str, actor: str = "service:ci") -> Said:
        """Ask for the image with this tag to enter an environment."""
        image = f"{self.place}/build:{name}"
        key = ("--as", actor, "--key", self.key(actor))
        return self.pratique("request", image, "--application", "shop", "--to", to, *key)

    def bring(self, name: str, *environments: str, actor: str = "service:ci") -> str:
        """Ask for one environment after the other and let the machine work; return the last promotion."""
        promotion = ""
        for environment in environments:
            said = self.request(name, environment, actor)
            assert said.code == 0, said
            promotion = said.promotion
            self.work()
        return promotion

    def approve(self, promotion: str, person: str, *more: object) -> Said:
        """Have a person approve, signed by ``ssh-keygen``."""
        actor = ("--as", person, "--key", self.key(person))
        return self.pratique("review", "approve", promotion, *actor, "--reason", "acceptable-risk", *more)

    def show(self, promotion: str) -> dict[str, Any]:
        return self.done("show", promotion, "--json").value

    def state(self, promotion: str) -> str:
        return str(self.show(promotion)["state"])

    def signed(self, kind: str, statement: bytes) -> Body:
        """Return a statement as CI attaches it: in a Sigstore bundle, signed."""
        envelope = parse_envelope(read_key(self.key("service:ci")).envelope(IN_TOTO, statement))
        return Body(BUNDLE_MEDIA, build_bundle(envelope), bundle_annotations(kind, datetime.now(UTC)))

    def repository(self, environment: str) -> Registry:
        """An environment's repository, or ``build``, where CI puts images."""
        hosts = frozenset(registry.host for registry in load(self.workspace).registries if registry.insecure)
        settings = Settings(base=self.workspace, insecure=hosts, private=hosts)
        return open_repository(parse_reference(f"{self.place}/{environment}").repository, settings)

    def events(self, *, promotion: str | None = None) -> list[dict[str, Any]]:
        """Every event of the ledger, or of one promotion, as exported."""
        target = self.folder / "exported"
        shutil.rmtree(target, ignore_errors=True)
        self.done("ledger", "export", "--to", target)
        events = [json.loads(entry) for entry in read_entries(target)]
        return [event for event in events if promotion in (None, event.get("promotion"))]

    def types(self, promotion: str) -> list[str]:
        """The types of a promotion's events, in order."""
        return [event["type"] for event in self.events(promotion=promotion)]

    def deliver(self, name: str, packages: Packages = CLEAN, without: str | None = None) -> Digest:
        """Have CI build and tag a tiny image, and attach its signed evidence but for one kind."""
        repository = self.repository("build")
        image = push(repository, build_image(name), tag=name)
        for kind, statement in statements(image, packages):
            if kind != without:
                attach_referrer(repository, image, self.signed(kind, statement), no_lock)
        return image


def run_pratique(*words: object) -> Said:
    """Run one command line in this process, as the entry point does."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = run([str(word) for word in words])
        except SystemExit as left:  # argparse's usage errors
            code = int(left.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


def found(folder: Path, place: str = "oci:registry", settings: str = "") -> Shop:
    """Found a shop in an empty folder: keys, policy, workspace, advisories; ``settings`` end its pratique.toml."""
    people, policy, feed = write_people(folder), write_policy(folder, place), write_advisories(folder)
    shop = Shop(folder, place)
    root = ("--root", f"person:ann={shop.key('person:ann')}")
    said = shop.done("init", "--policy", policy, "--people", people, *root, "--origin", ORIGIN)
    assert "directory 1" in said.out
    with (shop.workspace / "pratique.toml").open("a") as file:
        file.write(settings)
    shop.done("watch", "import", feed)
    return shop


def found_with_images(folder: Path, place: str = "oci:registry", settings: str = "") -> Shop:
    """Found a shop and have CI deliver three images: *clean*, *stale* and *middling*."""
    shop = found(folder, place, settings)
    for name, packages in (("clean", CLEAN), ("stale", HIGH), ("middling", MEDIUM)):
        shop.deliver(name, packages)
    return shop


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Yield a folder that vanishes afterwards, in memory where there is room: stories wait for no disk.

    What is durable is shown by the tests of the storage, on a disk.
    """
    memory = Path("/dev/shm")
    room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM_BYTES
    with TemporaryDirectory(prefix="pratique-story-", dir=memory if room else None) as folder:
        yield Path(folder)


@contextmanager
def copied(template: Shop) -> Iterator[Shop]:
    """Yield a shop of one's own that is like the template."""
    with folder_in_memory() as folder:
        shutil.copytree(template.folder, folder, dirs_exist_ok=True)
        yield Shop(folder, template.place)


def drift(shop: Shop) -> tuple[str, ...]:
    """Where the projections differ from a fold of every event: nowhere, if all is well."""
    with open_workspace(str(shop.workspace)) as workspace:
        return workspace.store.read(lambda view: view.drift())


def read_entries(exported: Path) -> list[bytes]:
    """Return the entries of an exported ledger, in order (c2sp.org/tlog-tiles: 16-bit lengths, big-endian)."""
    bundles = sorted((exported / "tile" / "entries").rglob("*"))
    entries: list[bytes] = []
    for bundle in bundles:
        if bundle.is_file():
            content, at = bundle.read_bytes(), 0
            while at < len(content):
                size = int.from_bytes(content[at : at + 2])
                entries.append(content[at + 2 : at + 2 + size])
                at += 2 + size
    return entries

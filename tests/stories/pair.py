"""A shop whose application has two images, web and worker: they go together, or not at all."""

from dataclasses import dataclass
from pathlib import Path

from tests.registry.builders import no_lock
from tests.stories.ci import CLEAN, Packages
from tests.stories.documents import APPLICATION, GATE, write_advisories, write_people
from tests.stories.shop import ORIGIN, Said, Shop

from pratique.registry.closure import plan
from pratique.registry.copy import copy
from pratique.values.digest import Digest

PLACE = "oci:registry"
NAMES = ("web", "worker")
_IMAGE = """\
  - name: {name}
    source: {{repository: "git+https://git.example/shop/web"}}
    accept: ["{place}/build"]
    destinations:
      dev: {{repository: "{place}/dev-{name}"}}
      staging: {{repository: "{place}/staging-{name}"}}
      prod: {{repository: "{place}/prod-{name}"}}
"""


@dataclass(frozen=True, slots=True)
class Pair(Shop):
    """A shop that asks for both images at once."""

    def ask(self, to: str, *more: object, web: str = "web", worker: str = "worker") -> Said:
        """Ask for a release of the images with these tags."""
        images = (f"web={self.place}/build:{web}", f"worker={self.place}/build:{worker}")
        key = ("--as", "service:ci", "--key", self.key("service:ci"))
        return self.pratique("request", *images, "--application", "shop", "--to", to, *key, *more)

    def release(self, to: str, *more: object, web: str = "web", worker: str = "worker") -> tuple[str, str]:
        """Ask for a release that is taken; return its promotions."""
        said = self.ask(to, *more, "--json", web=web, worker=worker)
        assert said.code == 0, said
        first, second = said.value["release"]["parts"]
        return str(first["promotion"]), str(second["promotion"])

    def states(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.state(part) for part in parts)

    def tags(self, to: str) -> tuple[Digest | None, ...]:
        """What the tags of web and worker point at."""
        return tuple(self.repository(f"{to}-{name}").resolve(name) for name in NAMES)

    def built(self) -> tuple[Digest | None, ...]:
        """The images that CI built last."""
        return tuple(self.repository("build").resolve(name) for name in NAMES)

    def put(self, repository: str, tag: str, image: Digest) -> None:
        """Have somebody else copy an image that CI built, and point a tag at it."""
        build, there = self.repository("build"), self.repository(repository)
        copy(plan(build, image), build, there, frozenset(), no_lock)
        there.put_tag(tag, image, there.resolve(tag))

    def build(self, name: str, tag: str, packages: Packages = CLEAN) -> Digest:
        """Have CI build another image under a tag."""
        image = self.deliver(name, packages)
        self.repository("build").put_tag(tag, image, self.repository("build").resolve(tag))
        return image


def found_pair(folder: Path, gate: str = GATE) -> Pair:
    """Found the shop in an empty folder, and have CI deliver both images."""
    policy = folder / "policy"
    (policy / "applications").mkdir(parents=True)
    (policy / "gate.yaml").write_text(gate)
    head = APPLICATION.format(place=PLACE).partition("  - name")[0]
    (policy / "applications" / "shop.yaml").write_text(
        head + "".join(_IMAGE.format(name=name, place=PLACE) for name in NAMES)
    )
    people, feed = write_people(folder), write_advisories(folder)
    pair = Pair(folder, PLACE)
    root = ("--root", f"person:ann={pair.key('person:ann')}")
    pair.done("init", "--policy", policy, "--people", people, *root, "--origin", ORIGIN)
    pair.done("watch", "import", feed)
    for name in NAMES:
        pair.deliver(name)
    return pair

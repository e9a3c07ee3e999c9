"""What the stories about moving images share: the verb, two registries, and what lies in them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.stories.shop import Said, run_pratique

from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.values.reference import parse_reference


@dataclass(frozen=True, slots=True)
class Port:
    """Two registries of a story, spoken to in plain HTTP, and a folder."""

    first: str
    second: str
    folder: Path

    def image(self, *words: object) -> Said:
        """Run one verb of ``pratique image`` outside any workspace."""
        plain = ("--plain-http", self.first, "--plain-http", self.second)
        return run_pratique("image", *words, *plain)

    def done(self, *words: object) -> dict[str, Any]:
        """Run one verb that must succeed; return its object."""
        said = self.image(*words, "--json")
        assert (said.code, said.err) == (0, ""), f"{words}: {said}"
        return said.value

    def at(self, place: str) -> Registry:
        """Open the repository of a reference."""
        hosts = frozenset((self.first, self.second))
        settings = Settings(base=self.folder, insecure=hosts, private=hosts)
        return open_repository(parse_reference(place).repository, settings)

"""Where an image's symlinks and hard links lead, and which records of packages only they reach.

A package manager follows links; whoever builds an image could keep its record elsewhere and link to it. What a link
hides in this way was not read, and is named.

Source: path_resolution(7); OCI image-spec 1.1, layer.md.
"""

from collections.abc import Iterator

from pratique.evidence.surface.layer import ACCOUNTS, Trait
from pratique.evidence.surface.packages import is_record, places
from pratique.evidence.surface.passages import resolve
from pratique.evidence.surface.stack import Stack


class Links:
    """The links of an image that can be seen in the end."""

    def __init__(self, stack: Stack) -> None:
        """Look at what the layers come to."""
        self._stack = stack
        self._symlinks = stack.symlinks

    def resolve(self, path: str) -> str | None:
        """Follow every symlink on the way to a path and at its end; nothing where they never end."""
        return resolve(self._symlinks, path)

    def is_program(self, path: str) -> bool:
        """Tell whether a path leads to something that may be executed."""
        found = self.resolve(path)
        return found is not None and bool(self._stack.seen.get(found, 0) & Trait.EXECUTABLE)

    def unread_records(self) -> frozenset[str]:
        """Return the records of packages that are reached by links alone, and lie where none was looked for."""
        linked = (path for path in (*places(), *self._symlinks, *self._hard_links()) if is_record(path))
        return frozenset(path for path in linked if self._lies_elsewhere(path))

    def accounts_are_linked(self) -> bool:
        """Tell whether ``etc/passwd`` is another file than the one of this name, if any."""
        found = self.resolve(ACCOUNTS)
        return found != ACCOUNTS and (found is None or found in self._stack.seen)

    def _hard_links(self) -> Iterator[str]:
        for index, layer in enumerate(self._stack.layers):
            yield from (path for path in layer.hard_links if self._stack.holder.get(path) == index)

    def _lies_elsewhere(self, path: str) -> bool:
        found = self.resolve(path)
        index = self._stack.holder.get(found) if found is not None else None
        if found is None or index is None:
            return False
        source = self._stack.layers[index].hard_links.get(found, found)
        if source != found and source not in self._stack.seen:
            return True
        return not is_record(source)

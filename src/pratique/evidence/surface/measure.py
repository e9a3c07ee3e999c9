"""The attack surface of one image, measured over all of its layers and its config.

Source: our own list (docs/attack-surface.md names each measure); CIS Docker Benchmark section 4 for most of it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from pratique.errors import Malformed
from pratique.evidence.crosscheck import InstalledPackage
from pratique.evidence.surface.layer import ACCOUNTS, LayerFacts, Trait
from pratique.evidence.surface.links import Links
from pratique.evidence.surface.programs import Use, use_of
from pratique.evidence.surface.secrets import told
from pratique.evidence.surface.settings import ImageSettings
from pratique.evidence.surface.stack import Stack, stacked
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_ZERO: Final = re.compile(r"[+-]?0+")  # as runtimes read a number (Go, strconv.Atoi)
_NOT_PROGRAMS: Final = "etc/"
"""Scripts that start or update a program are often named like it."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential that lies in a file of a layer; its value is kept nowhere."""

    path: str
    kind: str
    layer: Digest


@dataclass(frozen=True, slots=True)
class Held:
    """An installed package, and the layer whose record tells."""

    package: InstalledPackage
    layer: Digest


@dataclass(frozen=True, slots=True)
class Surface:
    """What one platform of an image holds and offers; paths are from its root, sorted.

    Attributes:
        layers: Their digests as they lie in a repository, the lowest first.
        diff_ids: Their digests unpacked, in the same order.
        base_layers: How many of the lowest are its base image's; ``None`` where that is not known.
        compressed: Their sizes there, together.
        uncompressed: The sizes of all files in all of them, hidden ones included.
        files: How many can be seen in the end.
        deleted_in_later_layer: How many files of a layer are in the image no more.
        executables: Files that anybody may execute.
        elf: Files in the format of Linux programs and libraries.
        setuid: Files that run as their owner.
        setgid: Files that run as their group.
        world_writable: Files, and folders without the sticky bit, that everybody may write to.
        file_capabilities: Files that get privileges from their capabilities.
        shells: By name, as all programs here.
        package_managers: That could install more.
        net_tools: That could reach others.
        interpreters: That could run what somebody brings.
        secrets: Credentials in files that can be seen.
        secret_in_hidden_file: Credentials in files that a later layer deletes or replaces; a layer can be unpacked
            by itself, so they are as good as published.
        unsearched: Files that are too large to be searched for credentials.
        user: As which it runs unless told otherwise, as the config names it; empty where it names none.
        root_user: Whether that is root.
        created: As the config states it; ``None`` where it does not.
        ports: That it exposes.
        volumes: That it declares.
        healthcheck: Whether it says how to ask whether it is well.
        env_suspicious: Names of variables that seem to hold credentials.
        packages: What its package managers' records say is installed, sorted.
        packages_unread: Records that were not read, such as rpm's database; while there are any, ``packages`` is not
            everything.
    """

    layers: tuple[Digest, ...]
    diff_ids: tuple[Digest, ...]
    base_layers: int | None
    compressed: int
    uncompressed: int
    files: int
    deleted_in_later_layer: int
    executables: int
    elf: int
    setuid: tuple[str, ...]
    setgid: tuple[str, ...]
    world_writable: tuple[str, ...]
    file_capabilities: tuple[str, ...]
    shells: tuple[str, ...]
    package_managers: tuple[str, ...]
    net_tools: tuple[str, ...]
    interpreters: tuple[str, ...]
    secrets: tuple[Secret, ...]
    secret_in_hidden_file: tuple[Secret, ...]
    unsearched: int
    user: str
    root_user: bool
    created: str | None
    ports: tuple[str, ...]
    volumes: tuple[str, ...]
    healthcheck: bool
    env_suspicious: tuple[str, ...]
    packages: tuple[Held, ...]
    packages_unread: tuple[str, ...]


def measure_surface(layers: tuple[LayerFacts, ...], settings: ImageSettings, compressed: int) -> Surface:
    """Return the attack surface of an image.

    Args:
        layers: What is known of each of its layers, the lowest first.
        settings: Its config.
        compressed: The sizes of its layers together, as its manifest states them.

    Raises:
        Malformed: The config states another number of layers.
    """
    if len(settings.diff_ids) != len(layers):
        raise Malformed(f"image config: expected {len(layers)} diff_ids, found {len(settings.diff_ids)}")
    stack = stacked(layers)
    counts = _Counts(stack)
    links = Links(stack)
    programs = _programs(stack, links)
    return Surface(
        layers=tuple(layer.layer for layer in layers),
        diff_ids=settings.diff_ids,
        base_layers=None,  # layers alone do not tell
        compressed=compressed,
        uncompressed=sum(layer.file_bytes for layer in layers),
        files=counts.with_trait(Trait.FILE),
        deleted_in_later_layer=_deleted(stack),
        executables=counts.with_trait(Trait.EXECUTABLE),
        elf=counts.with_trait(Trait.ELF),
        setuid=counts.paths(Trait.SETUID),
        setgid=counts.paths(Trait.SETGID),
        world_writable=counts.paths(Trait.WORLD_WRITABLE),
        file_capabilities=counts.paths(Trait.CAPABLE),
        shells=programs[Use.SHELL],
        package_managers=programs[Use.PACKAGE_MANAGER],
        net_tools=programs[Use.NETWORK],
        interpreters=programs[Use.INTERPRETER],
        secrets=_secrets(stack, (each for each in _with_secrets(stack) if stack.holder.get(each[0]) == each[1])),
        secret_in_hidden_file=_secrets(
            stack, (each for each in _with_secrets(stack) if stack.holder.get(each[0]) != each[1])
        ),
        unsearched=counts.with_trait(Trait.UNSEARCHED),
        user=told(settings.user),
        root_user=_root(settings.user, stack, links),
        created=settings.created,
        ports=settings.ports,
        volumes=settings.volumes,
        healthcheck=settings.healthcheck,
        env_suspicious=settings.env_suspicious,
        packages=_packages(stack),
        packages_unread=_unread(stack, links),
    )


class _Counts:
    """What is seen in the end, with hard links into lower layers followed."""

    def __init__(self, stack: Stack) -> None:
        linked = {
            path: stack.seen.get(path, 0) | stack.seen.get(layer.hard_links[path], 0)
            for index, layer in enumerate(stack.layers)
            for path in layer.hard_links
            if stack.holder.get(path) == index
        }
        self._seen = {**stack.seen, **linked} if linked else stack.seen
        self._count = Counter(self._seen.values())

    def with_trait(self, trait: Trait) -> int:
        """Return how many paths have a trait."""
        return sum(count for traits, count in self._count.items() if traits & trait)

    def paths(self, trait: Trait) -> tuple[str, ...]:
        """Return the paths that have a trait, sorted."""
        if not self.with_trait(trait):
            return ()
        bit = int(trait)
        return tuple(sorted(path for path, traits in self._seen.items() if traits & bit))


def _deleted(stack: Stack) -> int:
    return sum(
        path not in stack.seen and bool(stack.layers[index].traits.get(path, 0) & Trait.FILE)
        for path, index in stack.hidden
    )


def _programs(stack: Stack, links: Links) -> dict[Use, tuple[str, ...]]:
    """Return the names of programs of each use: executable files, and symlinks that lead to one."""
    found: dict[Use, set[str]] = {use: set() for use in Use}
    candidate, executable = Trait.EXECUTABLE | Trait.SYMLINK, int(Trait.EXECUTABLE)
    for path, traits in stack.seen.items():
        if not traits & candidate or path.startswith(_NOT_PROGRAMS):
            continue
        name = path.rpartition("/")[2]
        use = use_of(name)
        if use and (traits & executable or links.is_program(path)):
            found[use].add(name)
    return {use: tuple(sorted(names)) for use, names in found.items()}


def _with_secrets(stack: Stack) -> Iterator[tuple[str, int]]:
    return ((path, index) for index, layer in enumerate(stack.layers) for path in layer.secrets)


def _secrets(stack: Stack, places: Iterable[tuple[str, int]]) -> tuple[Secret, ...]:
    found = (
        Secret(path, kind, stack.layers[index].layer)
        for path, index in places
        for kind in stack.layers[index].secrets[path]
    )
    return tuple(sorted(set(found), key=lambda secret: (secret.path, secret.kind, secret.layer)))


def _visible(stack: Stack, paths: Callable[[LayerFacts], Iterable[str]]) -> Iterator[tuple[str, int]]:
    return (
        (path, index)
        for index, layer in enumerate(stack.layers)
        for path in paths(layer)
        if stack.holder.get(path) == index
    )


def _packages(stack: Stack) -> tuple[Held, ...]:
    """Return what the records that are seen list, each package once and from the lowest layer that lists it.

    A later layer brings dpkg's and apk's record again, with one package more; only that one is the layer's own.
    """
    seen = {
        package
        for path, index in _visible(stack, lambda layer: layer.packages)
        for package in stack.layers[index].packages[path]
    }
    first: dict[InstalledPackage, Digest] = {}
    for layer in stack.layers:
        for packages in layer.packages.values():
            for package in packages:
                if package in seen:
                    first.setdefault(package, layer.layer)
    return tuple(Held(package, first[package]) for package in sorted(first))


def _unread(stack: Stack, links: Links) -> tuple[str, ...]:
    damaged = {path for path, _ in _visible(stack, lambda layer: layer.unread)}
    return tuple(sorted(damaged | links.unread_records()))


def _root(user: str, stack: Stack, links: Links) -> bool:
    name = user.partition(":")[0].strip()
    if name in ("", "root") or _ZERO.fullmatch(name):
        return True
    if links.accounts_are_linked():  # nobody looked at what it leads to
        return True
    known = [layer.superusers for index, layer in enumerate(stack.layers) if stack.holder.get(ACCOUNTS) == index]
    return any(superusers is None or name in superusers for superusers in known)

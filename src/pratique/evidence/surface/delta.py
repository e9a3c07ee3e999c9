"""What an image would add to an environment, compared with the one that it holds now.

The absolute surface of an image says little to a reviewer; what is new says nearly everything. A package that
changes its version is one change and not two.
"""

from dataclasses import dataclass
from typing import Final

from pratique.evidence.crosscheck import InstalledPackage, Manager
from pratique.evidence.surface.measure import Secret, Surface
from pratique.values.canonical import Json

COUNTED: Final = (
    "setuid",
    "setgid",
    "world_writable",
    "file_capabilities",
    "shells",
    "package_managers",
    "net_tools",
    "interpreters",
    "ports",
    "volumes",
    "env_suspicious",
    "secrets",
    "secret_in_hidden_file",
)
"""Measures of which more is worse, in the order in which they are told."""
_WORDS: Final = {
    "setuid": "setuid",
    "setgid": "setgid",
    "world_writable": "world-writable",
    "file_capabilities": "with file capabilities",
    "env_suspicious": "suspicious variables",
    "secrets": "secrets",
    "secret_in_hidden_file": "secrets in hidden files",
}
"""Where paths are too long to be told: what they are, after their number."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Change:
    """What differs in one measure; both sides are sorted."""

    measure: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A package that is there in both, in other versions."""

    manager: str
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """Everything that differs between an image and the one that is held.

    Attributes:
        changes: Of each measure that differs.
        became_root: It runs as root and the held one does not.
        left_root: The other way round.
        lost_healthcheck: The held one can be asked whether it is well, and this one cannot.
        packages_added: Names that are new.
        packages_removed: Names that are gone.
        packages_changed: Names that are in both, in other versions.
        packages_comparable: Whether both were read whole; otherwise the packages tell only part.
    """

    changes: tuple[Change, ...]
    became_root: bool
    left_root: bool
    lost_healthcheck: bool
    packages_added: tuple[InstalledPackage, ...]
    packages_removed: tuple[InstalledPackage, ...]
    packages_changed: tuple[Upgrade, ...]
    packages_comparable: bool

    @property
    def larger(self) -> bool:
        """Whether this image offers anything to an attacker that the held one does not; packages aside."""
        return self.became_root or any(change.added for change in self.changes)


def delta(now: Surface, held: Surface) -> Delta:
    """Return what ``now`` has and ``held`` has not, and the other way round."""
    found = (_change(name, now, held) for name in COUNTED)
    new, old = _by_name(now), _by_name(held)
    both = sorted(new.keys() & old.keys())
    return Delta(
        changes=tuple(change for change in found if change.added or change.removed),
        became_root=now.root_user and not held.root_user,
        left_root=held.root_user and not now.root_user,
        lost_healthcheck=held.healthcheck and not now.healthcheck,
        packages_added=_of(new, new.keys() - old.keys()),
        packages_removed=_of(old, old.keys() - new.keys()),
        packages_changed=tuple(Upgrade(*name, old[name], new[name]) for name in both if old[name] != new[name]),
        packages_comparable=not now.packages_unread and not held.packages_unread,
    )


def _change(name: str, now: Surface, held: Surface) -> Change:
    new, old = _items(now, name), _items(held, name)
    return Change(name, tuple(sorted(new - old)), tuple(sorted(old - new)))


def _items(surface: Surface, name: str) -> frozenset[str]:
    # A secret is the same one whatever layer it lies in: a rebuild moves it and adds nothing.
    values = getattr(surface, name)
    return frozenset(f"{each.path} ({each.kind})" if isinstance(each, Secret) else each for each in values)


_Name = tuple[str, str]


def _by_name(surface: Surface) -> dict[_Name, tuple[str, ...]]:
    found: dict[_Name, set[str]] = {}
    for held in surface.packages:
        found.setdefault((held.package.manager.value, held.package.name), set()).add(held.package.version)
    return {name: tuple(sorted(versions)) for name, versions in found.items()}


def _of(
    packages: dict[_Name, tuple[str, ...]], names: "frozenset[_Name] | set[_Name]"
) -> tuple[InstalledPackage, ...]:

    return tuple(
        InstalledPackage(Manager(kind), name, version)
        for kind, name in sorted(names)
        for version in packages[kind, name]
    )


def tell(found: Delta) -> tuple[str, ...]:
    """Return the differences in words, the weightiest first: ``+1 setuid``, ``+curl``, ``user app → root``."""
    told = ["user → root"] if found.became_root else []
    for change in found.changes:
        told += _told(change)
    told += ["user root → other"] if found.left_root else []
    told += ["no health check any more"] if found.lost_healthcheck else []
    for sign, names in (
        ("+", found.packages_added),
        ("-", found.packages_removed),
    ):  # a real minus reads worse in logs
        if names:
            told.append(f"{sign}{len(names)} packages")
    if found.packages_changed:
        told.append(f"{len(found.packages_changed)} packages in other versions")
    return tuple(told)


def _told(change: Change) -> list[str]:
    sides = (("+", change.added), ("-", change.removed))
    if word := _WORDS.get(change.measure):
        return [f"{sign}{len(items)} {word}" for sign, items in sides if items]
    told = [f"{sign}{item}" for sign, items in sides for item in items[:_SHOWN]]
    return told + [f"{sign}{len(items) - _SHOWN} more" for sign, items in sides if len(items) > _SHOWN]


def delta_value(found: Delta) -> dict[str, Json]:
    """Return the differences as JSON, their words included."""
    return {
        "told": list(tell(found)),
        "larger": found.larger,
        "changes": {
            change.measure: {"added": list(change.added), "removed": list(change.removed)}
            for change in found.changes
        },
        "became_root": found.became_root,
        "left_root": found.left_root,
        "lost_healthcheck": found.lost_healthcheck,
        "packages": {
            "comparable": found.packages_comparable,
            "added": [_package(each) for each in found.packages_added],
            "removed": [_package(each) for each in found.packages_removed],
            "changed": [
                {"type": each.manager, "name": each.name, "before": list(each.before), "after": list(each.after)}
                for each in found.packages_changed
            ],
        },
    }


def _package(package: InstalledPackage) -> Json:
    return {"type": package.manager.value, "name": package.name, "version": package.version}

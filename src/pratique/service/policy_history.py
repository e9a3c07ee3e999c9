"""What happened to the rules: every version, who changed which environment last, and earlier versions as files."""

from pratique.errors import Absent
from pratique.policy.approval import Separation
from pratique.policy.environment import EnvironmentRules
from pratique.policy.source import load
from pratique.promotion.events import Entry
from pratique.promotion.governance import PolicyEndorsed, PolicyProposed, PolicyReviewed
from pratique.promotion.happenings import PolicyPublished
from pratique.service.policy import Read
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.canonical import parse_object
from pratique.values.names import Actor, Environment

TYPES = (PolicyProposed.TYPE, PolicyEndorsed.TYPE, PolicyPublished.TYPE, PolicyReviewed.TYPE)


def history(view: View) -> tuple[Entry, ...]:
    """Return everything that was said of the policy itself, in the ledger's order."""
    found = (entry for name in TYPES for entry in view.ledger.of_type(name))
    return tuple(sorted(found, key=lambda entry: entry.index))


def published(view: View, version: int) -> Entry:
    """Return the publication of a version; raises ``Absent`` where there was none."""
    for entry, data in view.ledger.told(PolicyPublished):
        if data.version == version:
            return entry
    raise Absent(f"policy: there is no version {version}; see `pratique policy log`")


def read_version(workspace: Workspace, version: int) -> Read:
    """Return an earlier version as the files that it was made from; raises ``Absent`` where there was none."""
    entry = workspace.store.read(lambda view: published(view, version))
    item = entry.event.object("policy-sources")
    if item is None:
        raise Absent(f"policy: the files of version {version} were not recorded; publish them from where they are")
    named = parse_object(workspace.blobs.get(item.digest), "policy sources")
    files = {name: text for name, text in named.items() if isinstance(text, str)}
    return Read(load(files), files)


def editors(view: View, rules: EnvironmentRules) -> tuple[Actor, ...]:
    """Return who made the last change to an environment's rules, where these rules ask for that."""
    slow = rules.tracks.slow
    if slow is None or Separation.POLICY_EDITOR not in slow.separation:
        return ()
    last: Actor | None = None
    before = None
    for entry, data in view.ledger.told(PolicyPublished):
        now = dict(data.environments).get(Environment(rules.name))
        if now != before:
            last, before = entry.event.actor, now
    return () if last is None else (last,)

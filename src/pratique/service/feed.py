"""Taking in what others know: advisories, known exploited vulnerabilities, likelihoods; and what it changes here.

One import is one transaction: the feeds and every signal that follows from them, or nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from pratique.errors import Absent, Conflict, Malformed
from pratique.evidence.feed import ADVISORIES, Changes, Feed, Intake, compare, ecosystems_of, entries_of
from pratique.promotion.events import Class, EventObject
from pratique.promotion.intake import FeedImported
from pratique.service.feed_files import files_in
from pratique.service.gather import feeds_in_force
from pratique.service.scribe import Scribe, keep
from pratique.service.watch import Turned, look, record
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction

_MEDIA = {
    "kev": "application/vnd.pratique.kev.v1+json",
    "epss": "application/vnd.pratique.epss.v1",
}
_OSV_MEDIA = "application/vnd.pratique.osv-records.v1+json"


@dataclass(frozen=True, slots=True)
class Done:
    """What was taken in, what of it could not be read, and what that turned up."""

    feeds: tuple[FeedImported, ...]
    left_out: tuple[tuple[str, int], ...]
    turned: Turned


def import_feeds(workspace: Workspace, paths: tuple[Path, ...], name: str = ADVISORIES) -> Done:
    """Take in OSV records, KEV and EPSS from files, folders and zips; from now on judgements are made by them.

    A feed replaces its last snapshot. What every environment holds is looked at again by what is then in force.

    Args:
        workspace: Where to.
        paths: What to take in, of any mixture.
        name: The feed that OSV records go to; it begins with ``advisories``.

    Raises:
        Absent: There is nothing to take in.
        Malformed: A zip or a named file cannot be read, or there are two lists of one kind; nothing was taken in.
        Conflict: The records leave out a whole ecosystem that the feed had.
    """
    intake = gather(paths, name)
    feeds = intake.feeds()
    if not feeds:
        raise Absent(f"feed: expected OSV records, a KEV or an EPSS list in {_told(paths)}, found none")
    in_force = {feed.name: item for feed, item in workspace.store.read(feeds_in_force)}
    left_out = sum(count for _, count in intake.left_out)
    changes = [_compared(workspace, in_force.get(feed.name), feed) for feed in feeds]
    items = tuple(_keep(workspace, feed) for feed in feeds)
    happenings = tuple(
        _happening(feed, item, change, left_out if feed is feeds[0] else 0)
        for feed, item, change in zip(feeds, items, changes, strict=True)
    )
    in_force.update((feed.name, item) for feed, item in zip(feeds, items, strict=True))
    seen = look(workspace, tuple(in_force[one] for one in sorted(in_force) if one.startswith(ADVISORIES)))

    def command(tx: Transaction) -> Turned:
        for happening, item in zip(happenings, items, strict=True):
            Scribe(tx).append(happening, item)
        return record(tx, seen)

    return Done(happenings, intake.left_out, workspace.store.transact(command))


def gather(paths: tuple[Path, ...], name: str = ADVISORIES) -> Intake:
    """Return everything that these files hold; a file that was named itself must be readable."""
    intake = Intake(name)
    for found in files_in(paths):
        try:
            intake.add(found.content)
        except Malformed as error:
            if found.alone:
                raise Malformed(f"{found.name}: {error}; nothing was taken in") from error
            intake.leave_out("a file that is no advisory")
    return intake


def _compared(workspace: Workspace, before: EventObject | None, feed: Feed) -> Changes:
    earlier = {} if before is None else entries_of(feed.name, workspace.blobs.get(before.digest))
    now = entries_of(feed.name, feed.content)
    lost = ecosystems_of(earlier) - ecosystems_of(now)
    if lost:
        raise Conflict(
            f"feed {feed.name}: it had advisories for {', '.join(sorted(lost)[:5])}, and these files have none; give "
            "the files of every ecosystem at once, or keep one apart with --feed"
        )
    return compare(earlier, now)


def _keep(workspace: Workspace, feed: Feed) -> EventObject:
    media = _MEDIA.get(feed.name, _OSV_MEDIA)
    return keep(workspace.blobs, "feed", media, feed.content, Class.EVIDENCE)


def _happening(feed: Feed, item: EventObject, change: Changes, left_out: int) -> FeedImported:
    return FeedImported(
        name=feed.name,
        digest=item.digest,
        records=feed.records,
        version=feed.version,
        added=change.added,
        changed=change.changed,
        withdrawn=change.withdrawn,
        gone=change.gone,
        left_out=left_out,
    )


def _told(paths: tuple[Path, ...]) -> str:
    return ", ".join(map(str, paths[:3]))

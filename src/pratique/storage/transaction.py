"""What a query sees and a command may do: the rows of one transaction, by subject.

A command reads, asks the pure floors what follows, and says so with :meth:`Transaction.append` and
:meth:`Transaction.want`. It may be run again, and touches nothing outside the transaction.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime

from pratique.promotion.events import Entry, Event
from pratique.promotion.plan import Effect
from pratique.storage.arrival import ArrivalRows
from pratique.storage.audit import audit
from pratique.storage.effects import EffectRows, Hint
from pratique.storage.group import Group
from pratique.storage.ledger import LedgerRows
from pratique.storage.mutex import MutexRows
from pratique.storage.once import OnceRows
from pratique.storage.opening import OpeningRows
from pratique.storage.package import PackageRows
from pratique.storage.patience import Patience
from pratique.storage.projection import differences, project
from pratique.storage.promotion import PromotionRows
from pratique.storage.published import PublishedRows
from pratique.storage.remediation import RemediationRows
from pratique.storage.signal import SignalRows
from pratique.tlog.fault import Fault


class View:
    """One snapshot of the database. What is asked for by several subjects agrees.

    Attributes:
        ledger: Events, the tree over them, checkpoints.
        promotions: Promotions as they stand.
        arrivals: What the environments hold and held.
        remediations: What must be repaired.
        published: Directories and policies.
        effects: Work to be done outside.
        openings: Words behind commitments.
        signals: What turned out after an image came.
        packages: Which packages are where.
        once: Nonces and answers: what may happen once only.
    """

    def __init__(self, group: Group, patience: Patience, hint: Hint | None) -> None:
        """See what this transaction sees."""
        connection, now = group.connection, group.clock.now
        self._group = group
        self.ledger = LedgerRows(connection, group.head)
        self.promotions = PromotionRows(connection)
        self.arrivals = ArrivalRows(connection)
        self.remediations = RemediationRows(connection)
        self.published = PublishedRows(connection)
        self.effects = EffectRows(connection, now, patience, hint)
        self.openings = OpeningRows(connection)
        self.signals = SignalRows(connection)
        self.packages = PackageRows(connection)
        self.once = OnceRows(connection, now)

    @property
    def now(self) -> datetime:
        """The moment of this transaction by the database's clock: asked once, in whole milliseconds."""
        return self._group.clock.now()

    def drift(self) -> tuple[str, ...]:
        """Fold every event anew and return where the projections differ: nothing, if all is well."""
        return differences(self._group.connection)

    def audit(self) -> tuple[Fault, ...]:
        """Return what is wrong with the ledger's rows: nothing, if all is well."""
        return audit(self._group.connection)


class Transaction(View):
    """A snapshot that may be changed; everything it says is committed together, or not at all.

    Attributes:
        mutexes: Who may write alone to a place outside.
    """

    def __init__(self, group: Group, patience: Patience, hint: Hint | None) -> None:
        """Change what this transaction sees; it must be one that may write."""
        super().__init__(group, patience, hint)
        self.mutexes = MutexRows(group.connection, group.clock.now)

    def audit(self) -> tuple[Fault, ...]:
        """Return what is wrong with the ledger's rows, with those that this transaction adds."""
        self._group.head.write()
        return super().audit()

    def chance(self, count: int) -> bytes:
        """Return this many random bytes, for identifiers and salts."""
        return secrets.token_bytes(count)

    def append(self, event: Event) -> Entry:
        """Put an event into the ledger, fold it into the projections, and return it with its index.

        From here on nobody else can append until the transaction ends: read what you need before.

        Raises:
            Conflict: It cannot follow what happened before; the message says why.
            Malformed: It is too large.
        """
        if event.at != self.now:
            raise ValueError(f"an event happens at its transaction's moment, {self.now}, not at {event.at}")
        entry = self.ledger.append(event)
        project(self._group.connection, entry)
        return entry

    def replay(self, bodies: Sequence[bytes]) -> tuple[Entry, ...]:
        """Put events that happened elsewhere into the ledger and fold them; for a database that is being restored.

        Raises:
            Conflict: One cannot follow what happened before.
            Malformed: One is no event.
        """
        entries = self.ledger.replay(bodies)
        for entry in entries:
            project(self._group.connection, entry)
        return entries

    def want(self, effect: Effect) -> None:
        """Ask that an effect be performed after the commit; asking again for the same one changes nothing."""
        self.effects.want(effect)

"""One transaction as its commands share it: what they would each ask the database for is asked once.

Commands that wait together are committed together (``writer``): one moment, read after all of them had been asked
for, and one head of the ledger.
"""

import sqlalchemy as sa

from pratique.storage.clock import Clock
from pratique.storage.direct import say
from pratique.storage.head import Head, Mark


class Group:
    """A transaction, and what was read in it.

    Attributes:
        connection: In a transaction.
        clock: Its moment.
        head: The ledger's head in it.
    """

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction that has read and written nothing yet."""
        self.connection = connection
        self.clock = Clock(connection)
        self.head = Head(connection)

    def savepoint(self) -> Mark:
        """Remember how everything stands, before a command that may be taken back alone."""
        say(self.connection, "SAVEPOINT command")
        return self.head.mark()

    def release(self) -> None:
        """Keep what the command did."""
        say(self.connection, "RELEASE command")

    def take_back(self, mark: Mark) -> None:
        """Undo what was done since the savepoint with this mark, and nothing before."""
        say(self.connection, "ROLLBACK TO command")
        self.head.back_to(mark)

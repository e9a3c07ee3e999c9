"""What people wrote, behind the commitments that the ledger holds: kept apart, so that it can be erased."""

import sqlalchemy as sa

from pratique.errors import Absent
from pratique.storage.schema import OPENING
from pratique.values.commitment import Opening
from pratique.values.digest import Digest


class OpeningRows:
    """The openings as one transaction sees and changes them."""

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction."""
        self._connection = connection

    def put(self, opening: Opening) -> None:
        """Keep it; one that is there already stays."""
        known = sa.select(OPENING.c.commitment).where(OPENING.c.commitment == str(opening.commitment))
        if self._connection.execute(known).one_or_none() is None:
            row = {"commitment": str(opening.commitment), "content": opening.build()}
            self._connection.execute(sa.insert(OPENING), row)

    def find(self, commitment: Digest) -> Opening:
        """Return what the commitment hides, checked against it, or raise ``Absent``."""
        query = sa.select(OPENING.c.content).where(OPENING.c.commitment == str(commitment))
        content = self._connection.execute(query).scalar_one_or_none()
        if content is None:
            raise Absent(f"opening: none is kept for the commitment {commitment}; it may have been erased")
        opening = Opening.parse(content)
        opening.check(commitment)
        return opening

    def all(self) -> dict[Digest, bytes]:
        """Return every opening's bytes, by commitment."""
        rows = self._connection.execute(sa.select(OPENING).order_by(OPENING.c.commitment))
        return {Digest.parse(commitment): content for commitment, content in rows}

    def has(self, commitment: Digest) -> bool:
        """Tell whether an opening is kept, whatever it opens."""
        query = sa.select(OPENING.c.commitment).where(OPENING.c.commitment == str(commitment))
        return self._connection.execute(query).one_or_none() is not None

    def erase(self, commitment: Digest) -> None:
        """Destroy an opening, or raise ``Absent``; the database overwrites where it stood."""
        gone = self._connection.execute(sa.delete(OPENING).where(OPENING.c.commitment == str(commitment)))
        if not gone.rowcount:
            raise Absent(f"opening: none is kept for the commitment {commitment}; it may have been erased")

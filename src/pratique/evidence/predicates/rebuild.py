"""Second builds: ``rebuild/v1``, which ``pratique rebuild compare`` writes; docs/attack-surface.md describes it."""

from pratique.attest.statement import Statement
from pratique.errors import Malformed
from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, understood
from pratique.values.digest import Digest

FORMAT = "pratique-rebuild"


def read_rebuild(statement: Statement, _: Interpret) -> Reading:
    """Return what came of building an image again; it is the same only where its digests say so too.

    Raises:
        Malformed: A field is missing or of another type, or the words contradict the digests.
    """
    fields = statement.fields
    first, second = Digest.parse(fields.text("first")), Digest.parse(fields.text("second"))
    equal, differences = fields.values.get("equal"), fields.integer("differences_total")
    if type(equal) is not bool:
        raise Malformed(f"{fields.path('equal')}: expected true or false")
    if equal and differences:
        raise Malformed(f"{fields.path('equal')}: expected false beside {differences} differences, found true")
    where = fields.object("rebuilder").text("where")
    return understood(FORMAT, Rebuild(first, second, equal, differences, where), version="1")

"""Everything that can go wrong, split by what the caller does next.

::

    PratiqueError
      Refused        the rules say no; the message is what a reviewer reads
      Malformed      outside bytes break their specification; names the field
      Unverified     a signature, digest or proof does not hold
      Absent         what was named does not exist
      Conflict       it exists, and differs
      Unreachable    another system failed; retrying may help

A message says what was expected, what was found and what to do, in one line.
Secrets and tokens never enter it.
"""

from typing import ClassVar


class PratiqueError(Exception):
    """The root of the tree; never raised itself."""

    exit_code: ClassVar[int] = 1
    kind: ClassVar[str] = "error"


class Refused(PratiqueError):
    """The rules say no; the message is what a reviewer reads."""

    kind = "refused"


class Malformed(PratiqueError):
    """Bytes from outside break their specification; the message names the field."""

    exit_code = 2
    kind = "malformed"


class Unverified(PratiqueError):
    """A signature, digest or proof does not hold."""

    kind = "unverified"


class Absent(PratiqueError):
    """What was named does not exist."""

    kind = "absent"


class Conflict(PratiqueError):
    """It exists, and differs."""

    kind = "conflict"


class Unreachable(PratiqueError):
    """Another system failed, or a lock or the disk did; retrying may help."""

    exit_code = 3
    kind = "unreachable"

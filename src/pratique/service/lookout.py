"""The lookout: the watch looks again by itself once there is something new to see.

That is evidence that was handed in, an image that arrived, or other rules or people whose statements count. An
import of advisories looks by itself.
"""

from pratique.service.watch import Turned, look_again
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View

_NEWS = ("evidence.added/1", "promotion.promoted/1", "policy.published/1", "directory.published/1")
_LOOKED = ("feed.imported/1",)
_NOTHING = -1


class Lookout:
    """Remembers how far it has looked; one that is new looks once if there are news since the last import."""

    def __init__(self, workspace: Workspace) -> None:
        """Look over this workspace."""
        self._workspace = workspace
        self._looked = _NOTHING

    def look(self) -> Turned | None:
        """Look again if there are news, and return what turned out; nothing where there are none."""
        last = self._workspace.store.read(_last)
        if last <= self._looked:
            return None
        turned = look_again(self._workspace)
        self._looked = last
        return turned


def _last(view: View) -> int:
    """Return the index of the newest news, or ``_NOTHING`` where none came after the last import."""
    news, looked = view.ledger.newest(_NEWS), view.ledger.newest(_LOOKED)
    # Without any advisory there is nothing to compare with.
    if news is None or looked is None or news < looked:
        return _NOTHING
    return news

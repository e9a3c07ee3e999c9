"""The lookout: the watch looks again by itself once there is something new to see.

That is evidence that was handed in, an image that arrived, or other rules or people whose statements count. An
import of advisories looks by itself.
"""

from pratique.promotion.happenings import DirectoryPublished, PolicyPublished
from pratique.promotion.intake import EvidenceAdded, FeedImported
from pratique.promotion.steps import PromotionPromoted
from pratique.service.watch import Turned, look_again
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View

_NEWS = (EvidenceAdded.TYPE, PromotionPromoted.TYPE, PolicyPublished.TYPE, DirectoryPublished.TYPE)
_LOOKED = (FeedImported.TYPE,)
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

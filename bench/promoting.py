"""Promotions a second on the fast track, on SQLite and layout directories, against the disk under them."""

import statistics
import time

from tests.stories.shop import Shop

from bench.disk import syncs_per_second
from bench.figure import Figure
from pratique.service.work import work_until_idle
from pratique.wire import open_workspace

ROUNDS = 5
IMAGES = 4


def fast_track(shop: Shop) -> Figure:
    """Whole promotions, request to tag, by one worker in one process; signing the request is not counted."""
    rounds = [(_rate(shop, number), syncs_per_second(shop.folder, 0.2)) for number in range(ROUNDS)]
    ours, disk = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    return Figure(
        "fast-track promotions, request to tag",
        f"{ours:.1f}/s",
        f"{disk:.0f} blocks/s on the same disk",
        ours / disk,
    )


def _rate(shop: Shop, number: int) -> float:
    seconds = 0.0
    for place in range(IMAGES):
        name = f"image-{number}-{place}"
        shop.deliver(name)
        assert shop.request(name, "dev").code == 0
        with open_workspace(str(shop.workspace)) as workspace:
            start = time.perf_counter()
            work_until_idle(workspace)
            seconds += time.perf_counter() - start
    return IMAGES / seconds

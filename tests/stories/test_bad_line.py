"""Three hints of ten lost and three of ten doubled: it takes a little longer, and nothing else changes."""

from tests.stories.processes import ends, running, start, start_module
from tests.stories.shop import ENVIRONMENTS, Shop, drift
from tests.stories.test_fast_track import WHOLE_LIFE


def test_lost_and_doubled_hints_change_nothing(shop: Shop) -> None:
    worker = start_module(shop, "tests.stories.bad_line_worker", shop.workspace, 20261124)
    assert worker.stdout
    promotions = []
    with running(worker):
        assert worker.stdout.readline() == "ready\n"
        for environment in ENVIRONMENTS[:2]:
            asking = ("--application", "shop", "--to", environment, "--as", "service:ci")
            key = ("--key", shop.key("service:ci"), "--wait=300s")
            code, out, err = ends(start(shop, "request", "oci:registry/build:clean", *asking, *key))
            assert code == 0, err
            promotions.append(out.split()[0])
    assert [shop.types(promotion) for promotion in promotions] == [WHOLE_LIFE] * 2
    assert drift(shop) == ()

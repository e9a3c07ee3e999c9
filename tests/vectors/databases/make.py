"""Keep a workspace of today's revision for the tests of later ones: ``python tests/vectors/databases/make.py FILE``.

Run from the root of a checkout of the program whose revision is to be kept.
"""

import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[3]


def main(file: Path) -> None:
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    from tests.stories.shop import folder_in_memory, found_with_images

    with folder_in_memory() as folder:
        shop = found_with_images(folder)
        shop.bring("middling", "dev", "staging")
        promotion = shop.bring("middling", "prod", actor="person:cai")
        for person in ("person:bea", "person:eve"):
            shop.approve(promotion, person)
        shop.work()
        shop.bring("stale", "dev")
        shop.request("clean", "dev")
        with tarfile.open(file, "x:xz") as archive:
            for part in ("people", "workspace"):
                archive.add(folder / part, part)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A process that upgrades a database, and dies of SIGKILL or lacks room in the middle.

``python -m tests.storage.upgrading FOLDER`` upgrades; with ``killed N`` it dies before its N-th step: a statement, a
commit, or something done to a file. ``small SIZE`` copies the database to an empty disk of so many bytes first.
"""

import os
import signal
import sys
from pathlib import Path

import sqlalchemy as sa
from tests.storage.builders import FILE, url

from pratique.errors import Unreachable
from pratique.storage.engine import open_engine
from pratique.storage.upgrade import bring_up_to_date

_ON_FILES = ("os.chmod", "os.remove", "os.rename", "sqlite3.connect")


def die_at(engine: sa.Engine, number: int) -> None:
    """Have this process killed before its n-th step."""
    left = number

    def step(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "before_cursor_execute", step)
    sa.event.listen(engine, "commit", step)
    sys.addaudithook(lambda event, _: step() if event in _ON_FILES else None)


def main(folder: Path, *how: str) -> None:
    engine = open_engine(url(folder))
    if how:
        die_at(engine, int(how[1]))
    try:
        bring_up_to_date(engine)
    except Unreachable as error:
        print(str(error).replace(str(folder), "FOLDER"))
    else:
        print("upgraded", (folder / FILE).stat().st_size > 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])

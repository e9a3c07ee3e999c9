"""``pratique worker``: do the work that promotions wait for."""

import argparse

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument(
        "--until-idle",
        action="store_true",
        help="stop when nothing is left to do but wait for people; for scripts",
    )
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    import logging
    import sys

    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return _until_idle(arguments.workspace) if arguments.until_idle else _until_told(arguments.workspace)


def _until_idle(flag: str | None) -> Answer:
    from pratique.service.work import postponed, work_until_idle
    from pratique.values.moment import render_moment
    from pratique.wire import open_workspace

    with open_workspace(flag) as workspace:
        done = work_until_idle(workspace)
        later = postponed(workspace)
    lines = [
        f"{one.step} of {one.promotion}: again at {render_moment(one.not_before)}: {one.error}" for one in later
    ]
    value = {
        "effects": done,
        "later": [{"effect": one.id, "at": render_moment(one.not_before), "error": one.error} for one in later],
    }
    return Answer(
        value, "\n".join((f"{done} effects performed; {len(later)} are to be tried again later", *lines))
    )


def _until_told(flag: str | None) -> Answer:
    import signal
    import threading

    from pratique.service.work import work
    from pratique.wire import open_worker

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with open_worker(flag) as (workspace, dispatcher):
        work(workspace, dispatcher, stop)
    return Answer({"stopped": True}, "stopped; what was under way is finished")

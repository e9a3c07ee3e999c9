"""Hints by DBOS, whose queue is a table in our own database: a hint is committed with what asks for it.

DBOS decides nothing here. Its own recovery is off, because it would run an effect again without fencing: every
process is an executor of its own, and so never finds work of "its own" to recover. Its application version is
constant, because it leaves jobs of another version lying. Its jobs hold ``(effect, attempt)`` as JSON, because the
default, pickle, would make whoever can write to the database run code in a worker.

Source: DBOS Transact for Python 3.4 (MIT). Importing this module takes long; only a worker does.
"""

import logging
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    DBOSPortableJSONSerializer,
    EnqueueOptions,
    WorkflowSerializationFormat,
)

from pratique.dispatch.interface import Run

APPLICATION = "pratique"
VERSION = "effects-1"
POLL_SECONDS = 0.1
GRACE_SECONDS = 60  # how long stopping waits for effects under way; their leases run out after as long
_WORKFLOW = "run_effect"

_ONE_AT_A_TIME = threading.Lock()  # DBOS is one for the whole process, and would ignore a second start

_log = logging.getLogger(__name__)


class DbosDispatcher:
    """A dispatcher (see ``dispatch.interface``); DBOS allows one a process."""

    def __init__(self, url: str, queues: Mapping[str, int]) -> None:
        """Use the database at this URL, and make DBOS's tables in it where they are missing.

        Args:
            url: The same database that effects stand in.
            queues: How many effects of each queue this process runs at once.
        """
        self._url = url
        self._queues = queues
        self._started = False
        DBOS.migrate(url)
        self._client = DBOSClient(
            system_database_url=url, serializer=DBOSPortableJSONSerializer(), application_name=APPLICATION
        )

    def enqueue(
        self, connection: sa.Connection, effect: str, attempt: int, queue: str, not_before: datetime
    ) -> None:
        """Hint, as ``dispatch.interface`` says; the delay is counted by this machine's clock."""
        options: EnqueueOptions = {
            "workflow_name": _WORKFLOW,
            "queue_name": queue,
            # Never the same twice: a second hint for an attempt is there because the first one may be lost.
            "workflow_id": f"{effect}#{attempt}#{uuid.uuid4().hex}",
            "serialization_type": WorkflowSerializationFormat.PORTABLE,
            "app_version": VERSION,
        }
        delay = (not_before - datetime.now(UTC)).total_seconds()
        if delay > 0:
            options["delay_seconds"] = delay
        self._client.enqueue_in_transaction(connection, options, effect, attempt)

    def start(self, run: Run) -> None:
        """Begin to call ``run``, as ``dispatch.interface`` says; one dispatcher of a process at a time."""
        if not _ONE_AT_A_TIME.acquire(blocking=False):
            raise RuntimeError("DBOS runs in this process already: stop that dispatcher before starting another")
        self._started = True
        for queue, at_once in self._queues.items():
            self._client.register_queue(queue, worker_concurrency=at_once, polling_interval_sec=POLL_SECONDS)
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": self._url,
            "executor_id": uuid.uuid4().hex,
            "application_version": VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "run_migrations": False,
            "use_listen_notify": False,
            "log_level": "ERROR",
        }
        DBOS(config=config)

        @DBOS.workflow(name=_WORKFLOW)
        def run_effect(effect: str, attempt: int) -> None:
            try:
                run(effect, attempt)
            except BaseException:
                _log.exception("effect %s, attempt %s", effect, attempt)
                raise

        DBOS.launch()

    def stop(self) -> None:
        """Stop, as ``dispatch.interface`` says."""
        if self._started:
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=GRACE_SECONDS)
            self._started = False
            _ONE_AT_A_TIME.release()
        self._client.destroy()

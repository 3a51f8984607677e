"""DBOS as the engine: one workflow for each attempt of a parked call, in any number of processes.

DBOS has a database of its own: a file beside a SQLite store, or the schema `ix_tools_driver` in the store's PostgreSQL database. It holds
ids only and may be deleted: what is to be done stands in the store. Nothing of DBOS that costs money is used or loaded.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from ix_tools.config.extras import load_extra
from ix_tools.idempotency.process_identity import is_owner_running, process_id
from ix_tools.storage.database import Store

WORKFLOW_VERSION = "1"
"""The version of the workflow's steps. A fixed one, because by default unfinished work is left behind at every upgrade."""
SCHEMA = "ix_tools_driver"
WORKFLOW = "carry_out"
LIVE = ("PENDING", "ENQUEUED", "DELAYED")
END_SECONDS = 60
"""Seconds that a running call has when the process ends."""


class Engine:
    """DBOS in this process. Only one may run at a time."""

    def __init__(self, store: Store, lease: float, carry_out: Callable[[str], None]) -> None:
        """Keep the parts; DBOS is imported when it starts.

        Args:
            lease: seconds after which a workflow of another host counts as left behind.
            carry_out: runs a parked call by its id, in a thread of DBOS.
        """
        self._store = store
        self._lease = lease
        self._attempts: dict[str, int] = {}
        self._carry_out = carry_out
        self._workflow: Any = None

    @property
    def is_started(self) -> bool:
        """True while DBOS runs in this process."""
        return self._workflow is not None

    def start(self) -> None:
        """Start DBOS."""
        with load_extra("server"):
            from dbos import DBOS, DBOSConfig

        config: DBOSConfig = {
            "name": "ix-tools",
            "system_database_url": _prepare_database(self._store),
            "dbos_system_schema": SCHEMA,
            "application_version": WORKFLOW_VERSION,
            # Distinct for each process, so that none takes the running work of another that is alive.
            "executor_id": process_id(),
            "log_level": "WARNING",
            "console_log_level": "WARNING",
            "enable_otlp": False,
            "run_admin_server": False,  # type: ignore[typeddict-unknown-key]
            "use_listen_notify": False,
            "sys_db_pool_size": 5,
        }
        carry_out = self._carry_out

        def run(identifier: str) -> None:
            carry_out(identifier)

        DBOS(config=config)
        workflow = DBOS.workflow(name=WORKFLOW)(run)
        try:
            DBOS.launch()
        except BaseException:
            DBOS.destroy(destroy_registry=True)
            raise
        self._workflow = workflow

    def submit(self, identifier: str) -> bool:
        """Start a workflow for a due call; return False if one is under way, here or in another process.

        The first workflow has the call's id, later attempts a number behind it.
        """
        from dbos import DBOS, SetWorkflowID

        number = self._attempts.get(identifier, 0)
        while (found := DBOS.get_workflow_status(_name(identifier, number))) is not None:
            if found.status in LIVE and not self._is_left_behind(found):
                return False
            number += 1
        self._attempts[identifier] = number
        with SetWorkflowID(_name(identifier, number)):
            DBOS.start_workflow(self._workflow, identifier)
        return True

    def _is_left_behind(self, workflow: Any) -> bool:
        """Tell whether nobody runs a workflow: its process has ended, or it is older than any call takes."""
        age = time.time() - (workflow.created_at or 0) / 1000
        return not is_owner_running(workflow.executor_id or "/0/") or age > self._lease

    def stop(self) -> None:
        """Let running calls end, and stop DBOS."""
        if not self.is_started:
            return
        from dbos import DBOS

        self._workflow = None
        DBOS.destroy(workflow_completion_timeout_sec=END_SECONDS, destroy_registry=True)


def locate_database(store: Store) -> Path | None:
    """Return the path of DBOS's file beside a SQLite store; None for a database server."""
    return store.file.with_name(f"{store.file.stem}.driver.db") if store.file is not None else None


def _prepare_database(store: Store) -> str:
    """Return the URL of DBOS's database; create its file so that only this user reads it."""
    file = locate_database(store)
    if file is None:
        return (store.url or "").replace("postgres://", "postgresql://").replace("+psycopg", "")
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "PRAGMA journal_mode=WAL"
        )  # a mode without it is much slower, and DBOS does not set one
    return f"sqlite:///{file}"


def _name(identifier: str, number: int) -> str:
    return f"{identifier}.{number}" if number else identifier

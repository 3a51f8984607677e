"""`ix-tools store accept-restored`: an older copy of the store is refused by every command until a person accepts it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.interfaces.cli.conftest import Cli


def test_an_older_copy_is_used_once_a_person_accepted_it(cli: Cli) -> None:
    cli.draft()
    backup = cli.store.with_name("backup.db")
    with closing(sqlite3.connect(cli.store)) as now, closing(sqlite3.connect(backup)) as copy:
        now.backup(copy)
    cli.run_approved(*cli.finalize(cli.draft()))
    for name in ("-wal", "-shm"):
        cli.store.with_name(cli.store.name + name).unlink(missing_ok=True)
    backup.replace(cli.store)
    requests = len(cli.box.requests())
    refused = cli("create-client", "--name", "X", "--code", "X")
    assert (refused.code, refused.body["code"]) == (2, "store_unavailable")
    assert "accept-restored" in str(refused.body["next"])
    assert cli("tokens", "list").code == 2
    assert len(cli.box.requests()) == requests
    assert cli("audit", "verify").code == 1, "what is missing can be seen without accepting it"
    piped = cli("store", "accept-restored", stdin="aceito\naccept\n")
    assert (piped.code, piped.body["code"]) == (1, "no_person")
    no = cli.run_in_terminal("store", "accept-restored", answers=[("type", "yes")])
    assert no.code == 1, no.plain
    assert cli("journal", "list").code == 2
    yes = cli.run_in_terminal("store", "accept-restored", answers=[("type", "accept")])
    assert yes.code == 0, yes.plain
    assert cli("audit", "verify").body == {"ok": True, "faults": []}
    assert cli("create-client", "--name", "X", "--code", "X").code == 0
    with closing(sqlite3.connect(cli.store)) as kept:
        rows = kept.execute("SELECT principal, outcome FROM audit WHERE event = 'store accepted'").fetchall()
    ((who, outcome),) = rows
    assert who.startswith("terminal:")
    assert "was noted as the newest" in outcome

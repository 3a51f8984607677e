"""`ix-tools forget`: a person at a terminal types the client again; a program erases nothing."""

from __future__ import annotations

import sqlalchemy as sql

from ix_tools.storage.database import Store
from ix_tools.storage.schema import approvals, audit
from tests.interfaces.cli.conftest import Cli


def insert(cli: Cli) -> Store:
    store = Store(cli.store)
    row = {
        "id": "USED2345", "principal": "n8n", "account": "a", "operation": "change_state", "arguments": "v2:x",
        "snapshot": "s", "channel": "page", "state": "used", "text": "", "summary": "Finalizar: ACME, Lda",
        "differs": False, "created_at": 1.0, "expires_at": 2.0,
    }  # fmt: skip
    with store.writing() as connection:
        connection.execute(approvals.insert().values(row))
    return store


def test_a_program_erases_nothing_and_a_short_name_neither(cli: Cli) -> None:
    assert cli("forget", "ACME, Lda").body["code"] == "no_person"
    assert cli("forget", "AC").body["code"] == "invalid_arguments"


def test_a_person_types_the_name_again_and_the_trail_says_what_not_whom(cli: Cli) -> None:
    store = insert(cli)
    declined = cli.run_in_terminal("forget", "ACME, Lda", answers=[("type ACME, Lda", "no")])
    assert declined.code == 1
    done = cli.run_in_terminal("forget", "ACME, Lda", answers=[("type ACME, Lda", "ACME, Lda")])
    assert done.code == 0, done.plain
    with store.reading() as connection:
        assert connection.execute(sql.select(approvals.c.summary)).scalar_one() == ""
        (told,) = connection.execute(
            sql.select(audit.c.outcome).where(audit.c.event == "personal data erased")
        ).scalars()
    assert told == "approvals 1"
    again = cli.run_in_terminal("forget", "ACME, Lda")
    assert "No record mentions" in again.plain
    store.close()

"""A client's data is erased everywhere, and nothing else: not what others have, not the proof, not the chain."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import pytest
import sqlalchemy as sql

from ix_tools.audit.trail import verify_chain
from ix_tools.storage.data_inventory import DATA_INVENTORY
from ix_tools.storage.erasure import count_running, erase_client
from ix_tools.storage.schema import approvals, intents, metadata
from tests.harness import Harness, document_arguments, execute
from tests.interfaces.web.visitor import request_approval, with_pages

NAMES = ("ACME, Lda", "508112230", "ACME")


def test_every_table_says_what_it_holds_why_and_for_how_long() -> None:
    assert set(DATA_INVENTORY) == set(metadata.tables)
    for name, stored in DATA_INVENTORY.items():
        assert stored.holds, name
        assert stored.why, name
        assert stored.until, name
        assert set(stored.client_columns) <= set(metadata.tables[name].c.keys()), name
        assert bool(stored.client_columns) == bool(stored.ended), name


def dump(harness: Harness) -> str:
    with harness.context.store.reading() as connection:
        return "\n".join(
            str(row) for table in metadata.sorted_tables for row in connection.execute(sql.select(table))
        )


async def test_nothing_mentions_the_client_afterwards_and_the_proof_stays(harness: Harness) -> None:
    issued = await harness.create_issued()
    other = await harness.create_draft(client={"name": "Outra Casa, Lda", "code": "OUTRA"})
    assert await execute(harness.context, "get_document", document_arguments(other))
    store = harness.context.store
    assert any(name in dump(harness) for name in NAMES)
    with store.reading() as connection:
        before = connection.execute(sql.select(sql.func.count()).select_from(approvals)).scalar_one()
        counted = erase_client(connection, NAMES, dry=True)
    with store.writing() as connection:
        assert erase_client(connection, NAMES) == counted
    left = dump(harness)
    assert [name for name in NAMES if name in left] == []
    assert "Outra" in left or "OUTRA" in left
    assert issued["number"] in left
    with store.reading() as connection:
        assert connection.execute(sql.select(sql.func.count()).select_from(approvals)).scalar_one() == before
        assert {row.state for row in connection.execute(sql.select(intents.c.state))} == {"done"}
    faults = verify_chain(store, Path(str(store.file)).parent)
    assert [one for one in faults if one.seq] == [], (
        "row 0 is the note beside the store, which tests do not keep"
    )


@pytest.mark.parametrize(
    "typed",
    ['Águas "Sul" & Filhos', normalize("NFD", 'águas "sul" & filhos'), 'Águas  "Sul"\n& Filhos'],
    ids=["as it stands", "accents apart", "other blanks"],
)
async def test_a_name_is_found_however_it_was_escaped(harness: Harness, typed: str) -> None:
    """Texts that hold JSON have \\" and, in older rows, \\u00c1."""
    made = await harness.create_draft(client={"name": 'Águas "Sul" & Filhos', "code": "AGS"})
    paper = with_pages(harness, approval_link="terminal")
    asked = await request_approval(paper, document_arguments(made, state="finalized"))
    harness.context.approvals.decide(asked.id, approve=False)
    store = harness.context.store
    assert "Sul" in dump(harness)
    with store.writing() as connection:
        erase_client(connection, [typed])
    assert "Sul" not in dump(harness)


async def test_a_call_that_waits_keeps_what_it_needs(harness: Harness) -> None:
    paper = with_pages(harness, approval_link="terminal")
    call = document_arguments(await harness.create_draft(), state="finalized")
    asked = await request_approval(paper, call)
    with harness.context.store.writing() as connection:
        assert count_running(connection, NAMES) == 1
        erase_client(connection, NAMES)
    harness.context.approvals.decide(asked.id, approve=True)
    assert (await execute(paper.context, "change_state", call))["document"]["status"] == "final"


@pytest.mark.parametrize("name", ["08112230", "5081122301", "CM", "Lda, ACM"])
async def test_a_part_of_a_word_is_somebody_else(harness: Harness, name: str) -> None:
    await harness.create_issued()
    with harness.context.store.reading() as connection:
        assert erase_client(connection, [name], dry=True) == {}

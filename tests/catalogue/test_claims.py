"""What each operation claims before it writes: alone what it changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from ix_tools.domain.records import Client, Document, Line
from ix_tools.guards.facts import Facts
from ix_tools.i18n.formats import LISBON
from ix_tools.operations.base import Operation
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline.claim_scope import collect_claims
from ix_tools.pipeline.execute import parse
from tests.rows import every_row

NOW = datetime(2026, 11, 20, 10, tzinfo=LISBON)
WRITING = {name: one for name, one in catalogue().items() if one.spec.effect.writes and one.spec.route}
READING = {name: one for name, one in catalogue().items() if not one.spec.effect.writes}
OF_NO_ACCOUNT = {"create_account", "create_account_for_user"}
"""They make an account that nothing relies on yet."""


def claimed(operation: type[Operation[Any]], facts: Facts | None = None) -> dict[str, bool]:
    call = parse(operation.spec.name, operation.spec.example)
    return {one.resource: one.exclusive for one in collect_claims(call, facts or Facts(now=NOW))}


@every_row("name", sorted(WRITING))
def test_a_write_claims_alone_what_it_changes(name: str) -> None:
    """What it is told by name is claimed once the name is found; the examples name ids where an id is wanted."""
    if name in OF_NO_ACCOUNT:
        return
    found = claimed(WRITING[name])
    assert found, "nothing at all is claimed"
    assert any(found.values()), found


@every_row("name", sorted(READING))
def test_a_read_claims_nothing(name: str) -> None:
    operation = READING[name]
    call = operation.model_construct(**dict(operation.spec.example))
    assert collect_claims(call, Facts(now=NOW)) == frozenset()


def test_a_document_shares_what_it_relies_on() -> None:
    document = Document(
        id=1001,
        document_type="invoices",
        client=Client(id=501),
        lines=[Line(name="Consultoria")],
        sequence_id=70000,
    )
    assert claimed(WRITING["change_state"], Facts(now=NOW, document=document)) == {
        "document/1001": True,
        "client/501": False,
        "series/70000": False,
        "taxes": False,
        "account": False,
        "item/Consultoria": False,
    }


@pytest.mark.parametrize(("many", "resource"), [(50, "item/L49"), (51, "item/*"), (3000, "item/*")])
def test_a_document_of_very_many_lines_claims_the_catalogue_as_a_whole(many: int, resource: str) -> None:
    document = Document(id=1001, document_type="invoices", lines=[Line(name=f"L{at}") for at in range(many)])
    found = claimed(WRITING["change_state"], Facts(now=NOW, document=document))
    assert resource in found
    assert sum(name.startswith("item/") for name in found) == (many if many <= 50 else 1)


def test_a_note_and_the_invoice_it_corrects_are_claimed_together() -> None:
    """What may still be credited is counted over all notes of the invoice."""
    note = Document(id=1002, document_type="credit_notes", owner_invoice_id=1001)
    call = parse("change_state", {"document_type": "credit_notes", "document_id": 1002, "state": "finalized"})
    facts = Facts(now=NOW, document=note, owner=Document(id=1001, document_type="invoices"))
    found = {one.resource: one.exclusive for one in collect_claims(call, facts)}
    assert (found["document/1001"], found["document/1002"]) == (True, True)


def test_a_name_that_is_too_long_for_the_store_is_cut_and_told_apart() -> None:
    names = [f"{'x' * 300}{end}" for end in "ab"]
    lines = [Line(name=one) for one in names]
    document = Document(id=1001, document_type="invoices", lines=lines)
    found = claimed(WRITING["change_state"], Facts(now=NOW, document=document))
    items = [one for one in found if one.startswith("item/")]
    assert len(items) == 2
    assert all(len(one) <= 200 for one in items)

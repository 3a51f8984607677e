"""Long documents: a stated limit, guards of linear cost, and a server that keeps serving other calls."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ix_tools.domain.date_types import lisbon_now
from ix_tools.domain.records import CatalogueItem, Document, Tax
from ix_tools.guards.facts import Facts
from ix_tools.guards.items import line_names_unique
from ix_tools.interfaces.server.middleware import MAX_REQUEST_BYTES
from ix_tools.operations.drafts import MAX_LINES
from ix_tools.operations.registry import catalogue
from ix_tools.pipeline import preparation
from ix_tools.pipeline.execute import parse
from tests.harness import Harness, Json, guide, invoice, line

TAXES = (
    Tax(id=1, name="IVA23", value=Decimal(23), default_tax=True),
    Tax(id=2, name="Isento", value=Decimal(0)),
)
CALLS: dict[str, Json] = {
    "create_invoice": invoice(),
    "create_estimate": invoice(document_type="quotes"),
    "create_guide": guide(),
    "update_invoice": {**invoice(), "document_type": "invoices", "document_id": 1},
    "change_state": {"document_type": "invoices", "document_id": 1, "state": "finalized"},
}


def lines(number: int) -> list[Json]:
    return [line(name=f"Artigo {at}", unit_price=1) for at in range(number)]


# --- the limit ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [MAX_LINES + 1, 12_000])
@pytest.mark.parametrize("name", ["create_invoice", "create_estimate", "create_guide", "issue_invoice"])
async def test_a_document_with_too_many_lines_is_refused_before_the_lines_are_parsed(
    harness: Harness, name: str, number: int
) -> None:
    call = guide() if name == "create_guide" else invoice()
    call |= {"document_type": "quotes"} if name == "create_estimate" else {}
    wrong: list[Any] = [{"nonsense": True}] * number  # none of them is looked at
    error = await harness.get_error(name, {**call, "items": wrong})
    assert (error.code, error.as_dict()["sent"]) == ("invalid_arguments", "nothing")
    (problem,) = error.problems
    assert problem.field == "items"
    assert f"{number} lines" in str(problem.allowed)
    assert f"at most {MAX_LINES}" in str(problem.allowed)
    assert harness.sandbox.requests() == []


def test_a_document_with_the_maximum_number_of_lines_is_accepted() -> None:
    assert len(parse("create_invoice", invoice(items=lines(MAX_LINES))).items) == MAX_LINES  # type: ignore[attr-defined]


def test_a_request_has_room_for_a_long_document_and_not_for_much_more() -> None:
    assert 300 * MAX_LINES < MAX_REQUEST_BYTES <= 1024 * 1024


# --- linear cost ------------------------------------------------------------------------


class Counting:
    """A line that counts accesses to its attributes."""

    accesses = 0

    def __init__(self, inner: Any) -> None:
        object.__setattr__(self, "_inner", inner)

    def __getattr__(self, name: str) -> Any:
        Counting.accesses += 1
        return getattr(object.__getattribute__(self, "_inner"), name)


def count_accesses(name: str, number: int, *, same_name: bool, zero: bool) -> Iterator[tuple[str, int]]:
    """Yield each guard with its number of accesses to the lines of a document."""
    tax = "Isento" if zero else "IVA23"
    named = [
        line(name="Artigo" if same_name else f"Artigo {at}", unit_price=1 + at, tax=tax)
        for at in range(number)
    ]
    call = parse(name, {**CALLS[name], **({"items": named} if "items" in CALLS[name] else {})})
    if hasattr(call, "items"):
        call = call.model_copy(update={"items": [Counting(one) for one in call.items]})
    stored = [
        {
            "name": one["name"],
            "unit_price": one["unit_price"],
            "quantity": 1,
            "tax": {"name": tax, "value": 0 if zero else 23},
        }
        for one in named
    ]
    body = {"id": 1, "type": "Invoice", "status": "draft", "date": "20/11/2026", "items": stored}
    document = Document.model_validate({**body, "document_type": "invoices"})
    document = document.model_copy(update={"lines": [Counting(one) for one in document.lines]})
    items = {
        one["name"]: CatalogueItem(id=at, name=one["name"], unit_price=Decimal(5))
        for at, one in enumerate(named, 1)
    }
    facts = Facts(
        now=lisbon_now(), account="a", taxes=TAXES, document=document, document_raw=body, items=items
    )
    for guard in call.spec.guards:
        Counting.accesses = 0
        list(guard(call, facts))
        yield guard.__name__, Counting.accesses


@pytest.mark.parametrize("same_name", [False, True], ids=["different names", "one name"])
@pytest.mark.parametrize("zero", [False, True], ids=["with VAT", "without VAT"])
@pytest.mark.parametrize("name", CALLS)
def test_a_guard_makes_twice_the_accesses_for_twice_the_lines(name: str, same_name: bool, zero: bool) -> None:
    few = dict(count_accesses(name, 60, same_name=same_name, zero=zero))
    many = dict(count_accesses(name, 120, same_name=same_name, zero=zero))
    assert few.keys() == many.keys()
    slow = {rule: (few[rule], many[rule]) for rule in few if many[rule] > 2.2 * few[rule] + 20}
    assert not slow, "more than linear"
    assert any(few.values()), "the lines are looked at at all"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ([("A", 1), ("B", 1)], []),
        ([("A", 1), ("A", 1)], []),
        ([("A", 1), ("A", 2)], ["2 lines are called 'A'"]),
        (
            [("A", 1), ("B", 1), ("A", 1), ("A", 2), ("B", 3)],
            ["3 lines are called 'A'", "2 lines are called 'B'"],
        ),
    ],
)
def test_lines_with_the_same_name_are_compared(named: list[tuple[str, int]], said: list[str]) -> None:
    call = parse(
        "create_invoice", invoice(items=[line(name=name, unit_price=price) for name, price in named])
    )
    found = list(line_names_unique(call, Facts(now=lisbon_now(), account="a")))  # type: ignore[arg-type]
    assert [str(one.problem.problem).partition(" but")[0] for one in found] == said


# --- other calls -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "apart"), [(2, False), (preparation.MANY_LINES + 1, True)])
async def test_a_long_document_is_parsed_and_checked_in_a_worker_thread(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, number: int, apart: bool
) -> None:
    """The event loop stays free for other calls."""
    here, seen = threading.get_ident(), {}
    run_guards, validate = preparation._run_guards, catalogue()["create_invoice"].model_validate

    def checked(*given: Any) -> Any:
        seen["checked"] = threading.get_ident()
        return run_guards(*given)

    def read(given: Any) -> Any:
        seen["read"] = threading.get_ident()
        return validate(given)

    monkeypatch.setattr(preparation, "_run_guards", checked)
    monkeypatch.setattr(catalogue()["create_invoice"], "model_validate", read)
    call = invoice(items=lines(number), date=date(2026, 11, 20).isoformat())
    assert (await harness.call("create_invoice", call))["ok"]
    assert {name: thread != here for name, thread in seen.items()} == {"checked": apart, "read": apart}

"""Long documents: a limit that is said, rules that take twice as long for twice the lines, and a server that goes on serving."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ix_tools.domain.records import CatalogueItem, Document, Tax
from ix_tools.domain.types import lisbon_now
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
async def test_a_document_of_too_many_lines_is_refused_before_they_are_read(
    harness: Harness, name: str, number: int
) -> None:
    call = guide() if name == "create_guide" else invoice()
    call |= {"document_type": "quotes"} if name == "create_estimate" else {}
    wrong: list[Any] = [{"nonsense": True}] * number  # none of them is looked at
    error = await harness.get_error(name, {**call, "items": wrong})
    assert (error.code, error.as_dict()["sent"]) == ("invalid_arguments", "nothing")
    (problem,) = error.problems
    assert problem.field == "items"
    assert f"{number} lines" in problem.allowed
    assert f"at most {MAX_LINES}" in problem.allowed
    assert harness.sandbox.requests() == []


def test_a_document_of_as_many_lines_as_there_may_be_is_taken() -> None:
    assert len(parse("create_invoice", invoice(items=lines(MAX_LINES))).items) == MAX_LINES  # type: ignore[attr-defined]


def test_a_request_has_room_for_a_long_document_and_not_for_much_more() -> None:
    assert 300 * MAX_LINES < MAX_REQUEST_BYTES <= 1024 * 1024


# --- twice the lines, twice the work ------------------------------------------------------------------------


class Counting:
    """A line that counts how often anything of it is looked at."""

    looks = 0

    def __init__(self, inner: Any) -> None:
        object.__setattr__(self, "_inner", inner)

    def __getattr__(self, name: str) -> Any:
        Counting.looks += 1
        return getattr(object.__getattribute__(self, "_inner"), name)


def looks_of(name: str, number: int, *, same_name: bool, zero: bool) -> Iterator[tuple[str, int]]:
    """How often each rule looks at a line, over a document of so many."""
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
        Counting.looks = 0
        list(guard(call, facts))
        yield guard.__name__, Counting.looks


@pytest.mark.parametrize("same_name", [False, True], ids=["different names", "one name"])
@pytest.mark.parametrize("zero", [False, True], ids=["with VAT", "without VAT"])
@pytest.mark.parametrize("name", CALLS)
def test_a_rule_looks_twice_as_often_at_twice_the_lines(name: str, same_name: bool, zero: bool) -> None:
    few = dict(looks_of(name, 60, same_name=same_name, zero=zero))
    many = dict(looks_of(name, 120, same_name=same_name, zero=zero))
    assert few.keys() == many.keys()
    slow = {rule: (few[rule], many[rule]) for rule in few if many[rule] > 2.2 * few[rule] + 20}
    assert not slow, "more than in proportion"
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
def test_two_lines_of_one_name_say_the_same(named: list[tuple[str, int]], said: list[str]) -> None:
    call = parse(
        "create_invoice", invoice(items=[line(name=name, unit_price=price) for name, price in named])
    )
    found = list(line_names_unique(call, Facts(now=lisbon_now(), account="a")))  # type: ignore[arg-type]
    assert [one.problem.problem.partition(" but")[0] for one in found] == said


# --- everybody else -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "apart"), [(2, False), (preparation.MANY_LINES + 1, True)])
async def test_a_long_document_is_read_and_judged_where_nobody_waits_for_it(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, number: int, apart: bool
) -> None:
    """Not on the loop that serves everybody else."""
    here, seen = threading.get_ident(), {}
    judge, validate = preparation._run_guards, catalogue()["create_invoice"].model_validate

    def judged(*given: Any) -> Any:
        seen["judged"] = threading.get_ident()
        return judge(*given)

    def read(given: Any) -> Any:
        seen["read"] = threading.get_ident()
        return validate(given)

    monkeypatch.setattr(preparation, "_judge", judged)
    monkeypatch.setattr(catalogue()["create_invoice"], "model_validate", read)
    call = invoice(items=lines(number), date=date(2026, 11, 20).isoformat())
    assert (await harness.call("create_invoice", call))["ok"]
    assert {name: thread != here for name, thread in seen.items()} == {"judged": apart, "read": apart}

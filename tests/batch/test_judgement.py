"""Judgement: every row by every rule before anything is written, and each after the rows above it."""

from __future__ import annotations

from typing import Any

import pytest

from ix_tools.batch.documents import read_documents
from ix_tools.batch.files import read_table
from ix_tools.batch.judgement import Judged, judge
from ix_tools.errors import InvalidArguments, NotPermitted
from ix_tools.operations.scopes import Scope
from tests.batch.workbooks import HEADINGS, build_csv, change
from tests.harness import Harness

NEW = (*HEADINGS, "cliente_nome", "cliente_nif")


async def judge_file(harness: Harness, *rows: Any, headings: Any = HEADINGS) -> list[Judged]:
    documents = read_documents(read_table(build_csv(*rows, headings=headings).encode(), "a.csv")).documents
    return await judge(harness.context, documents)


async def refuse(harness: Harness, *rows: Any, headings: Any = HEADINGS) -> list[str]:
    with pytest.raises(InvalidArguments) as refusal:
        await judge_file(harness, *rows, headings=headings)
    assert harness.list_writes() == []
    return [f"{one.field} {one.problem}" for one in refusal.value.problems]


async def test_rows_that_pass_have_totals_and_names_of_taxes(harness: Harness) -> None:
    found = await judge_file(
        harness, change(IVA="23%"), change(data="2026-11-20", preco="10,00", IVA="23", artigo="B")
    )
    assert [str(one.total) for one in found] == ["74.42", "12.30"]
    assert [one.arguments["items"][0]["tax"] for one in found] == ["IVA23", "IVA23"]
    assert [one.is_new_client for one in found] == [False, False]
    assert harness.list_writes() == []


async def test_a_rate_without_a_tax_of_the_account_is_refused(harness: Harness) -> None:
    assert await refuse(harness, change(IVA="11")) == ["G2 (IVA) no tax of the account has the rate 11"]


async def test_every_row_is_judged_and_all_problems_are_told(harness: Harness) -> None:
    told = await refuse(
        harness,
        change(IVA="Isento"),
        change(vencimento="19/11/2026"),
        change(cliente_codigo="NINGUEM"),
        change(),
    )
    assert len(told) == 3
    assert told[1].startswith("B3 (vencimento) 2026-11-19 is before")
    assert told[2].startswith("C4 (cliente_codigo)")


async def test_a_new_client_of_two_rows_must_be_the_same(harness: Harness) -> None:
    row = (*change(cliente_codigo="NOVO"), "Novo Lda", "508025338")
    found = await judge_file(harness, row, row, headings=NEW)
    assert [one.is_new_client for one in found] == [True, True]
    told = await refuse(
        harness, row, (*change(cliente_codigo="NOVO"), "Velho Lda", "508025338"), headings=NEW
    )
    assert "H3 (cliente_nome) after the rows above" in told[0]


async def test_an_item_has_one_price_in_a_file(harness: Harness) -> None:
    (told,) = await refuse(harness, change(artigo="Novidade"), change(artigo="Novidade", preco="70,00"))
    assert told.startswith("D3 (artigo) after the rows above: the catalogue item 'Novidade' would change")
    knowing = (*change(artigo="Novidade", preco="70,00"), "overwrite_items")
    assert await judge_file(
        harness, (*change(artigo="Novidade"), ""), knowing, headings=(*HEADINGS, "aceitar")
    )


async def test_dates_of_a_series_do_not_go_back(harness: Harness) -> None:
    (told,) = await refuse(harness, change(), change(data="19/11/2026"))
    assert told == "A3 (data) 2026-11-19 is before 2026-11-20 in row 2 of the same series"


async def test_a_caller_without_the_scope_learns_nothing(harness: Harness) -> None:
    harness.context.scopes = frozenset({Scope.READ})
    with pytest.raises(NotPermitted):
        await judge_file(harness, change())

"""Lists by pages that have addresses, and answers that are never too long and never cut."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from ix_tools.pipeline import truncation
from ix_tools.pipeline.truncation import MAX_CHARACTERS, to_compact_json, truncate
from tests.harness import Json, document_arguments, exempt_line, invoice, line
from tests.interfaces.rest.caller import Caller


async def followed(caller: Caller, answer: Any, key: str) -> list[Any]:
    """The ids of a list, page by page, as a flow that knows only `next_page` walks it."""
    body = answer.json()
    found = [row["id"] for row in body[key]]
    while following := body.get("next_page"):
        assert answer.headers["link"] == f'<{following}>; rel="next"'
        answer = await caller.get(following)
        assert answer.status_code == 200
        body = answer.json()
        found += [row["id"] for row in body[key]]
    assert "link" not in answer.headers
    return found


async def test_a_flow_that_follows_the_next_page_sees_every_row_once(caller: Caller) -> None:
    made = [(await caller.harness.create_draft())["id"] for _ in range(5)]
    await caller.harness.create_issued()
    asked = {"states": ["draft"], "types": ["invoices", "credit_notes"], "per_page": 2, "archived": False}
    for answer in (
        await caller.post("list_invoices", asked),
        await caller.get("/tools/list_invoices?states=draft&types=invoices&types=credit_notes&per_page=2"),
    ):
        assert sorted(await followed(caller, answer, "invoices")) == sorted(made)


async def test_a_page_too_long_for_an_answer_becomes_smaller_pages_of_the_same_list(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [(await caller.harness.create_draft())["id"] for _ in range(13)]
    monkeypatch.setattr(truncation, "RESERVED_CHARACTERS", 400)
    sizes = set()
    for longest in (1000, 1500, 2000):
        monkeypatch.setattr(truncation, "MAX_CHARACTERS", longest)
        answer = await caller.post("list_invoices", {"per_page": 12, "page": 1})
        body = answer.json()
        size = len(body["invoices"])
        sizes.add(size)
        assert len(answer.text) <= longest
        assert 12 % size == 0
        assert (body["page"], body["pages"], body["total_entries"]) == (1, -(-13 // size), 13)
        assert f"next: page 2 with per_page {size}" in body["left_out"]
        assert sorted(await followed(caller, answer, "invoices")) == sorted(made)
    assert len(sizes) > 1


async def test_a_page_that_fits_only_without_the_address_of_the_next_one_is_smaller(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [(await caller.harness.create_draft())["id"] for _ in range(4)]
    asked = {"per_page": 3}
    bare = len((await caller.post("list_invoices", asked)).text) - len(
        to_compact_json((await caller.post("list_invoices", asked)).json()["next_page"])
    )
    monkeypatch.setattr(truncation, "RESERVED_CHARACTERS", 200)
    monkeypatch.setattr(truncation, "MAX_CHARACTERS", bare + 10)
    answer = await caller.post("list_invoices", asked)
    assert len(answer.text) <= bare + 10
    assert sorted(await followed(caller, answer, "invoices")) == sorted(made)


def rows(count: int, size: int) -> list[Json]:
    return [{"id": number, "text": "x" * size} for number in range(count)]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"document": {"items": rows(900, 200), "id": 7}}, r"document\.items: \d+ of 900 rows"),
        ({"taxes": rows(10, 20_000)}, r"taxes: \d+ of 10 rows"),
        ({"a": rows(500, 200), "b": {"c": rows(300, 200)}}, r"a: \d+ of 500 rows"),
        ({"preview": "linha\n" * 40_000}, r"preview: the first \d+ of 240000 characters"),
        (
            {"taxes": rows(1, 150_000)},
            r"taxes: 0 of 1 rows|taxes\.0\.text: the first \d+ of 150000 characters",
        ),
        ({"text": "é" * 300_000, "other": "ã" * 300_000}, r"text: .*other: |other: .*text: "),
    ],
)
def test_what_is_too_long_is_shortened_by_whole_rows_or_texts_and_says_so(body: Json, said: str) -> None:
    shown = truncate({"ok": True, **body}).body
    assert len(to_compact_json(shown)) <= MAX_CHARACTERS
    assert len(to_compact_json(shown)) > MAX_CHARACTERS / 2 or "0 of 1" in shown["left_out"]
    assert re.search(said, shown["left_out"])
    assert shown["ok"] is True
    assert json.loads(to_compact_json(shown)) == shown


@pytest.mark.parametrize("size", [0, 10, 99_000])
def test_what_fits_is_left_alone(size: int) -> None:
    body = {"ok": True, "text": "x" * size}
    assert truncate(body).body == body


async def test_a_document_of_a_thousand_lines_fits(caller: Caller) -> None:
    lines = [line(name=f"Linha {number}", description="d" * 100, unit_price=1) for number in range(400)]
    made = await caller.call("create_invoice", invoice(items=[*lines, exempt_line()], tax_exemption="M07"))
    answer = await caller.post("get_document", document_arguments(made["document"]))
    body = answer.json()
    assert body["document"]["total"] == made["document"]["total"] == "612.00"
    assert len(answer.text) <= MAX_CHARACTERS


async def test_a_document_that_is_created_between_two_pages_shows_no_row_twice(caller: Caller) -> None:
    made = {(await caller.harness.create_draft())["id"] for _ in range(5)}
    answer = await caller.post("list_invoices", {"per_page": 2})
    found = [row["id"] for row in answer.json()["invoices"]]
    late = 0
    while following := answer.json().get("next_page"):
        if late < 2:
            await caller.harness.create_draft()
            late += 1
        answer = await caller.get(following)
        found += [row["id"] for row in answer.json()["invoices"]]
    assert len(found) == len(set(found)), "a row came again"
    assert made <= set(found)


@pytest.mark.parametrize("wish", ["number,total", ["number", "total"]])
async def test_a_list_returns_the_fields_that_are_wanted_on_every_page(caller: Caller, wish: object) -> None:
    for _ in range(3):
        await caller.harness.create_draft()
    answer = await caller.post("list_invoices", {"per_page": 2, "fields": wish})
    rows = answer.json()["invoices"]
    answer = await caller.get(answer.json()["next_page"])
    rows += answer.json()["invoices"]
    assert len(rows) == 3
    assert all(set(row) <= {"id", "number", "total"} and "total" in row for row in rows)
    asked = await caller.get("/tools/list_invoices?fields=total&per_page=1")
    assert set(asked.json()["invoices"][0]) == {"id", "total"}


@pytest.mark.parametrize(
    ("given", "field"),
    [({"fields": "total,nif"}, "fields"), ({"seen": "1;2"}, "seen"), ({"seen": "9" * 10 + ",-1"}, "seen")],
)
async def test_fields_that_no_row_has_are_refused_with_those_that_there_are(
    caller: Caller, given: Json, field: str
) -> None:
    found = await caller.call_refused(422, "invalid_arguments", "list_invoices", given)
    (problem,) = found["problems"]
    assert problem["field"] == field
    if field == "fields":
        assert "total" in problem["allowed"]


async def test_an_operation_without_pages_knows_no_wish_about_fields(caller: Caller) -> None:
    found = await caller.call_refused(422, "invalid_arguments", "list_taxes", {"fields": "name"})
    assert found["problems"][0]["field"] == "fields"

"""Results have a size limit whatever the account holds: smaller pages, fewer rows, and a note about the rest."""

from __future__ import annotations

import json
from typing import Any

import mcp_types as types
import pytest
from mcp.shared.exceptions import MCPError

from ix_tools.interfaces.mcp import resources
from ix_tools.pipeline import truncation
from ix_tools.pipeline.truncation import MAX_CHARACTERS
from tests.harness import Harness, line
from tests.interfaces.mcp.host import Host
from tests.interfaces.mcp.sandbox_documents import create_issued

Json = dict[str, Any]
MANY = 3000


def text_of(result: types.CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, types.TextContent)
    return block.text


def many_clients(harness: Harness, count: int, size: int = 1500) -> None:
    """An account with so many clients, whose notes are long."""
    harness.sandbox.fault("GET", r"/clients\.json", status=200, times=None, body=page(count, size))


def page(count: int, size: int) -> Json:
    rows = [
        {"id": number, "name": f"Cliente {number}", "observations": "x" * size} for number in range(count)
    ]
    return {
        "clients": rows,
        "pagination": {"total_entries": count, "current_page": 1, "total_pages": 1, "per_page": 100},
    }


@pytest.mark.parametrize("run", [False, True])
async def test_a_page_that_is_too_long_becomes_a_smaller_one_that_says_where_to_go_on(
    host: Host, harness: Harness, run: bool
) -> None:
    many_clients(harness, 100)
    call: Json = {"per_page": 100, "page": 1}
    if run:
        result = await host.client.call_tool(
            "run_operation", {"operation": "list_clients", "arguments": call}
        )
    else:
        result = await host.client.call_tool("list_clients", call)
    body = result.structured_content
    assert body is not None
    assert not result.is_error, body
    assert len(text_of(result)) <= MAX_CHARACTERS
    assert json.loads(text_of(result)) == body
    size = len(body["clients"])
    assert size in {50, 25, 20}
    assert (body["page"], body["pages"], body["total_entries"]) == (1, 100 // size, 100)
    assert f"next: page 2 with per_page {size}" in body["left_out"]
    assert (result.meta or {})["ix-tools/left_out"] == body["left_out"]


async def test_a_document_of_thousands_of_lines_is_shortened_and_says_how_to_see_it_whole(
    host: Host, harness: Harness
) -> None:
    items = [
        {**line(name=f"Linha {number}", description="d" * 100), "unit_price": "1.0"} for number in range(MANY)
    ]
    raw = {
        "id": 7,
        "status": "draft",
        "type": "Invoice",
        "date": "20/11/2026",
        "items": items,
        "total": 3690.0,
    }
    harness.sandbox.fault("GET", r"/invoices/7\.json", status=200, times=None, body={"invoice": raw})
    result = await host.client.call_tool("get_document", {"document_type": "invoices", "document_id": 7})
    body = result.structured_content
    assert body is not None
    assert not result.is_error, body
    assert len(text_of(result)) <= MAX_CHARACTERS
    kept = len(body["document"]["lines"])
    assert 0 < kept < MANY
    assert f"document.lines: {kept} of {MANY} rows" in body["left_out"]
    assert "get_pdf" in body["left_out"]
    assert body["document"]["total"] == "3690.00"
    read = (await host.client.read_resource("ix://documents/invoices/7")).contents[0]
    assert isinstance(read, types.TextResourceContents)
    assert len(read.text) <= MAX_CHARACTERS
    assert json.loads(read.text)["left_out"] == body["left_out"]


async def test_a_refusal_without_an_end_is_shortened(host: Host, harness: Harness) -> None:
    errors = [{"error": f"{number}: {'x' * 400}"} for number in range(MANY)]
    harness.sandbox.fault("POST", r"/clients\.json", status=422, body={"errors": errors})
    result = await host.client.call_tool("create_client", {"name": "Nova", "code": "NOVA"})
    assert result.is_error
    assert len(text_of(result)) <= MAX_CHARACTERS
    body = result.structured_content
    assert body is not None
    assert (body["code"], body["sent"]) == ("rejected", "refused")
    assert "problems: " in body["left_out"] or "message: " in body["left_out"]


async def test_what_fits_is_told_whole(host: Host, harness: Harness) -> None:
    many_clients(harness, 30, size=10)
    result = await host.client.call_tool("list_clients", {"per_page": 100})
    assert result.structured_content is not None
    assert len(result.structured_content["clients"]) == 30
    assert "left_out" not in result.structured_content
    assert result.meta is None or "ix-tools/left_out" not in result.meta


@pytest.mark.parametrize("longest", [3000, 10_000, 30_000])
async def test_the_limit_holds_however_low_it_is(
    host: Host, harness: Harness, longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(truncation, "MAX_CHARACTERS", longest)
    many_clients(harness, 100, size=100)
    for arguments in ({}, {"per_page": 100}, {"per_page": 7}):
        result = await host.client.call_tool("list_clients", arguments)
        assert not result.is_error
        assert len(text_of(result)) <= longest


async def test_a_pdf_beyond_the_limit_is_not_put_into_an_answer(
    host: Host, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = (await create_issued(harness))["document_id"]
    whole = (await host.client.read_resource(f"ix://documents/{number}/pdf")).contents[0]
    assert isinstance(whole, types.BlobResourceContents)
    monkeypatch.setattr(resources, "MAX_PDF_BYTES", 100)
    with pytest.raises(MCPError, match="at most 100") as refusal:
        await host.client.read_resource(f"ix://documents/{number}/pdf")
    assert refusal.value.error.data["code"] == "too_long"
    assert "get_pdf" in str(refusal.value.error.data["next"])


async def test_an_error_of_the_protocol_has_the_limit_too(host: Host, harness: Harness) -> None:
    """What is read by URI fails as an error of the protocol, with the vendor's words in it."""
    errors = [{"error": f"{number}: {'x' * 400}"} for number in range(MANY)]
    harness.sandbox.fault("GET", r"/invoices/7\.json", status=422, times=None, body={"errors": errors})
    with pytest.raises(MCPError) as refusal:
        await host.client.read_resource("ix://documents/invoices/7")
    error = refusal.value.error
    assert len(error.message) <= 10_100
    assert len(json.dumps(error.data, ensure_ascii=False)) <= 1.1 * MAX_CHARACTERS
    assert error.data["code"] == "rejected"
    assert "left_out" in error.data


async def test_nobody_types_a_name_of_a_million_letters(host: Host, harness: Harness) -> None:
    rows = page(3, 1)
    rows["clients"][1]["name"] = "C" * 1_000_000
    harness.sandbox.fault("GET", r"/clients\.json", status=200, times=None, body=rows)
    reference = types.PromptReference(name="issue_invoice")
    found = await host.client.complete(reference, {"name": "client", "value": "c"})
    assert found.completion.values == ["Cliente 0", "Cliente 2"]

"""Measure how much a model reads: tool list, document, list of documents."""

from __future__ import annotations

import json
from typing import Any

import anyio

from bench.documents import TODAY, Json
from bench.harness import KEY, open_harness
from bench.report import Row, Table
from bench.stdio import ERAS, MODERN, MODULE, Server, parse_result
from ix_tools.pipeline.execute import execute

# Claude Code loads tools by search once a list takes a tenth of its context (about 80,000 bytes). The usual list stays far below, and the
# list of all tools is above with any number of operations, so that its limit only keeps each tool short.
USUAL, EVERYTHING, SEED = 28_000, 140_000, 50_000
SEED_TOOLS = (
    "create_invoice,update_invoice,get_document,list_invoices,change_state,send_email,get_pdf,get_related_documents,"
    "generate_payment,cancel_payment,create_guide,update_guide,list_sequences,register_sequence,update_sequence,"
    "list_taxes,find_client,lookup_exemption_codes"
)
"""Tools for the operations that the project was asked for."""
DOCUMENTS, LINES = 30, 3


def measure() -> Table:
    """Measure tools/list, get_document and list_invoices of a real server in both protocol eras."""
    return anyio.run(_measure)


async def _measure() -> Table:
    async with open_harness() as harness:
        last = 0
        for number in range(DOCUMENTS):
            made = await execute(harness.context, "create_invoice", _build_invoice(number))
            last = made.body["document"]["id"]
        upstream = {
            "get_document": (await harness.http.get(f"/invoices/{last}.json", params=KEY)).content,
            "list_invoices": (await harness.http.get("/invoices.json", params=KEY)).content,
        }
        lists: dict[str, bytes] = {}
        results: dict[str, bytes] = {}
        calls: tuple[tuple[str, Json], ...] = (
            ("get_document", {"document_type": "invoices", "document_id": last}),
            ("list_invoices", {"per_page": DOCUMENTS}),
        )
        for era in ERAS:
            with Server(MODULE, era, harness.folder, harness.server_environment) as server:
                server.initialize()
                lists[era] = server.ask("tools/list")
                for name, arguments in calls:
                    results[name] = server.ask("tools/call", {"name": name, "arguments": arguments})
        chosen = []
        for options in (("--toolsets", "all"), ("--tools", SEED_TOOLS)):
            with Server([*MODULE, *options], MODERN, harness.folder, harness.server_environment) as server:
                server.initialize()
                chosen.append(server.ask("tools/list"))
    usual, everything, seed = (parse_result(line)["tools"] for line in (lists[MODERN], *chosen))
    per_tool = {tool["name"]: len(_dump_compact(tool)) for tool in everything}
    average = len(_dump_compact({"tools": seed})) / len(seed)
    rows = [
        _build_size_row("as started", usual, USUAL),
        _build_size_row("--toolsets all", everything, EVERYTHING),
        _build_size_row("of the seed documents", seed, SEED),
        Row("  average per tool", _format_bytes(average)),
        *(Row(f"tools/list as a line on stdout, {era}", _format_bytes(len(lists[era]))) for era in ERAS),
        *(
            Row(f"  {name}", _format_bytes(size))
            for name, size in sorted(per_tool.items(), key=lambda one: -one[1])
        ),
    ]
    what = {
        "get_document": f"a document of {LINES} lines",
        "list_invoices": f"a list of {DOCUMENTS} documents",
    }
    for name, line in results.items():
        text = parse_result(line)["content"][0]["text"].encode()
        theirs = len(upstream[name])
        rows.append(
            Row(
                f"{name}: {what[name]}",
                f"{_format_bytes(len(text))}  {len(text) / theirs:.2f} x InvoiceXpress's",
            )
        )
        rows.append(Row("  as a line on stdout", f"{_format_bytes(len(line))}  {len(line) / theirs:.2f} x"))
    notes = [
        "single tools: as they stand in the list of all",
        'tools/list: compact JSON of {"tools": [...]}, from a real answer; results: the text a model reads',
        "a result's line holds it twice, as text and as structure: hosts differ in which they show",
    ]
    return Table("Sizes", rows, notes, details=per_tool)


def _build_invoice(number: int) -> Json:
    items = [
        {"name": f"Linha {at + 1}", "unit_price": str(10 * (at + 1)), "quantity": "2", "tax": "IVA23"}
        for at in range(LINES)
    ]
    return {
        "date": TODAY,
        "due_date": "+30d",
        "client": {"code": "ACME"},
        "items": items,
        "reference": f"PO-{number + 1}",
    }


def _build_size_row(what: str, tools: list[Json], most: int) -> Row:
    size = len(_dump_compact({"tools": tools}))
    return Row(
        f"tools/list {what}, {len(tools)} tools",
        _format_bytes(size),
        f"<= {_format_bytes(most)}",
        size <= most,
    )


def _dump_compact(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _format_bytes(size: float) -> str:
    return f"{size:,.0f} bytes"

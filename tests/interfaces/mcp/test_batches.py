"""Batches over MCP: rows in, every fault at once or a handle; a person approves elsewhere; progress while the host waits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import mcp_types as types
import pytest

from ix_tools.approvals.joint_decisions import Choice
from ix_tools.approvals.models import CallOrigin
from ix_tools.batch import service
from ix_tools.batch.callers import CarriedByDriver
from ix_tools.batch.run import run_batch
from ix_tools.schemas.tool_selection import ToolSelection
from tests.batch.workbooks import build_csv, change
from tests.harness import Harness
from tests.interfaces.mcp.host import Host, Json, Person, connect_host
from tests.interfaces.web.visitor import Visitor, with_pages

LISTED = ToolSelection(("batches", "core"))
ROW = {
    "date": "20/11/2026",
    "due_date": "30d",
    "client_code": "ACME",
    "item": "Quota",
    "quantity": 1,
    "price": 100,
    "tax": "IVA23",
}
ROWS = [ROW, {**ROW, "item": "Jóia", "price": 200.5}]
TOTAL = Decimal("369.62")


def approve(harness: Harness, total: Decimal, *left_out: int) -> None:
    (waiting,) = harness.context.approvals.list_waiting()
    harness.context.approvals.approve_many(waiting.id, Choice(total, frozenset(left_out)))


async def run(host: Host, **arguments: Any) -> Json:
    found = (await host.call_unchecked("run_batch", **arguments)).structured_content
    assert found is not None
    return found


async def test_rows_are_issued_with_one_approval_and_a_handle_to_ask(harness: Harness, mode: str) -> None:
    async with connect_host(harness.context, mode, None, LISTED) as host:
        waiting = await run(host, rows=ROWS, name="quotas.xlsx")
        assert (waiting["status"], waiting["state"]) == ("approval_required", "asked")
        assert (waiting["name"], waiting["documents"]) == ("quotas", {"drafted": 2})
        assert "€369.62" in waiting["approval"]["summary"] or "369,62" in waiting["approval"]["summary"]
        step = {"tool": "run_batch", "arguments": {"batch": waiting["batch"]}}
        assert [{name: one[name] for name in step} for one in waiting["next"]] == [step]
        assert (await run(host, rows=ROWS))["batch"] == waiting["batch"]
        asked = await host.call("get_batch", batch=waiting["batch"])
        assert asked["approval_id"] == waiting["approval"]["id"]
        approve(harness, TOTAL)
        done = await host.call("run_batch", batch=waiting["batch"].lower())
        assert (done["state"], [one["number"] for one in done["rows"]]) == ("done", ["1/2026", "2/2026"])
        assert "next" not in done
        before = len(harness.list_writes())
        assert (await host.call("run_batch", rows=ROWS))["state"] == "done"
        assert len(harness.list_writes()) == before


async def test_the_text_of_a_file_is_read_as_the_file_is(harness: Harness, mode: str) -> None:
    text = build_csv(change(), change(artigo="B", preco="100,00"))
    async with connect_host(harness.context, mode, None, LISTED) as host:
        assert (await run(host, csv=text))["documents"] == {"drafted": 2}


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ([{**ROW, "price": "1.234"}, {**ROW, "quantity": "x"}], ["F2", "E3"]),
        ([ROW, {**ROW, "client_code": "NINGUEM"}, {**ROW, "tax": "IVA24"}], ["C3", "G4"]),
        ([ROW, {**ROW, "quantity": True}], ["E3"]),
        ([ROW, {**ROW, "tax": 0.23}], ["G3"]),
        ([ROW, {**ROW, "item": ["Quota"]}], ["D3"]),
        ([ROW, {**ROW, "Preço": 1}], ["H1"]),
        ([{"x": 1}], ["A1"]),
    ],
)
async def test_nothing_is_written_before_every_row_has_passed(
    harness: Harness, wrong: list[Json], where: list[str]
) -> None:
    async with connect_host(harness.context, "auto", None, LISTED) as host:
        refusal = await host.call_refused("run_batch", rows=wrong)
    assert refusal["code"] == "file_refused"
    found = [one["field"].split(" ")[0] for one in refusal["problems"]]
    assert set(where) <= set(found), refusal["problems"]
    assert harness.list_writes() == []


@pytest.mark.parametrize("given", [{}, {"rows": ROWS, "csv": "x"}, {"batch": "A", "csv": "x"}, {"rows": []}])
async def test_one_source_is_given(harness: Harness, given: Json) -> None:
    async with connect_host(harness.context, "auto", None, LISTED) as host:
        assert (await host.call_refused("run_batch", **given))["code"] == "invalid_arguments"
        assert (await host.call_refused("get_batch", batch="NOSUCH"))["code"] == "batch_unknown"


async def test_the_host_hears_how_far_it_is(harness: Harness, mode: str) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async with connect_host(harness.context, mode, None, LISTED) as host:
        await host.client.call_tool("run_batch", {"rows": ROWS}, progress_callback=hear)
        approve(harness, TOTAL)
        await host.client.call_tool("run_batch", {"rows": ROWS}, progress_callback=hear)
    words = [text.partition(":")[0] for _, _, text in heard if text]
    assert list(dict.fromkeys(words)) == ["Checking", "Drafts", "Looking at the drafts", "Issuing"]
    assert (2.0, 2.0, "Issuing: 2 of 2") in heard


async def test_a_call_ends_before_the_host_gives_up_and_the_next_one_goes_on(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connect_host(harness.context, "auto", None, LISTED) as host:
        with monkeypatch.context() as patch:
            patch.setattr(service, "CALL_SECONDS", 0.0)
            begun = await run(host, rows=ROWS)
        assert (begun["state"], begun["documents"]) == ("drafting", {"new": 2})
        assert [one["tool"] for one in begun["next"]] == ["run_batch"]
        assert (await run(host, batch=begun["batch"]))["state"] == "asked"


async def test_the_host_only_opens_the_page_and_the_decision_there_issues_in_the_same_call(
    harness: Harness, mode: str
) -> None:
    paper, person = with_pages(harness, approval_wait_seconds=0), Person("yes")
    visitor = Visitor(paper.context)

    async def decide() -> None:
        question: Any = person.asked[-1]
        assert isinstance(question, types.ElicitRequestURLParams)
        await visitor.decide(question.url, control_sum="369,62")

    person.meanwhile = decide
    async with connect_host(paper.context, mode, person, LISTED) as host:
        done = await host.call("run_batch", rows=ROWS)
    assert (done["state"], len(person.asked)) == ("done", 1)


async def test_a_rejection_is_told_and_goes_on_only_if_the_person_wants_that(
    harness: Harness, mode: str
) -> None:
    async with connect_host(harness.context, mode, None, LISTED) as host:
        about = {"batch": (await run(host, rows=ROWS))["batch"]}
        (waiting,) = harness.context.approvals.list_waiting()
        harness.context.approvals.decide(waiting.id, approve=False, reason="wrong month")
        told = await host.call("run_batch", **about)
        assert told["state"] == "rejected"
        assert "wrong month" in told["reason"]
        assert [one["tool"] for one in told["next"]] == ["run_batch", "discard_batch"]
        assert (await run(host, **told["next"][0]["arguments"]))["state"] == "asked"
        (again,) = harness.context.approvals.list_waiting()
        harness.context.approvals.decide(again.id, approve=False)
        await host.call("run_batch", **about)
        asked = (await host.call_unchecked("discard_batch", **about)).structured_content
        assert asked is not None
        assert (asked["status"], asked["purpose"]) == ("approval_required", "delete")
        approve(harness, TOTAL)
        assert (await host.call("discard_batch", **about))["documents"] == {"deleted": 2}


async def test_batches_are_reached_without_being_listed(harness: Harness, mode: str) -> None:
    async with connect_host(harness.context, mode, None) as host:
        found = await host.call("search_operations", text="faturas de uma folha de cálculo")
        assert "run_batch" in [one["operation"] for one in found["operations"]]
        arguments = {"operation": "run_batch", "arguments": {"rows": ROWS}}
        waiting = (await host.call_unchecked("run_operation", **arguments)).structured_content
        assert waiting is not None
        assert (waiting["status"], waiting["documents"]) == ("approval_required", {"drafted": 2})
        approve(harness, TOTAL)
        assert (await host.call("run_operation", **arguments))["state"] == "done"


async def test_on_a_server_calls_follow_the_driver(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.context.batches = CarriedByDriver()
    async with connect_host(harness.context, "auto", None, LISTED) as host:
        with monkeypatch.context() as patch:
            patch.setattr(service, "CALL_SECONDS", 0.0)
            begun = await run(host, rows=ROWS)
        assert begun["state"] == "drafting"

        async def drive(*_: Any) -> None:
            await run_batch(harness.context, begun["batch"], CallOrigin("mcp"))

        monkeypatch.setattr(service, "pause", drive)
        assert (await run(host, batch=begun["batch"]))["status"] == "approval_required"
        approve(harness, TOTAL)
        assert (await host.call("run_batch", batch=begun["batch"]))["state"] == "done"


async def test_an_interface_without_batches_says_where_they_are(harness: Harness) -> None:
    harness.context.batches = None
    async with connect_host(harness.context, "auto", None, LISTED) as host:
        assert (await host.call_refused("run_batch", rows=ROWS))["code"] == "unavailable"

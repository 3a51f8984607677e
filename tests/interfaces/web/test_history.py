"""The inbox's lists: what waits and what was decided, over accounts, in pages, as a table; and a document's story."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sql

from ix_tools.api_client.client import account_name
from ix_tools.approvals.inbox import PAGE_SIZE, ApprovalInbox, HistoryFilter
from ix_tools.approvals.models import ApprovalRequestContent, Binding
from ix_tools.approvals.repository import ApprovalRepository
from ix_tools.operations.digests import digest_approval
from ix_tools.storage.schema import approvals
from tests.harness import Harness, document_arguments, execute, line
from tests.interfaces.web.inbox_visitor import Guest, open_lobby
from tests.interfaces.web.visitor import request_approval, with_pages

HOSTILE = '=HYPERLINK("http://evil.example")'


def insert(harness: Harness, count: int, **values: Any) -> None:
    """Insert approvals as they are stored; each a second after the other."""
    now = harness.context.approvals.clock()
    base = {
        "principal": "n8n", "account": harness.context.account.name, "operation": "change_state",
        "arguments": digest_approval("x"), "snapshot": "s", "channel": "page", "state": "used", "text": "",
        "summary": "Finalizar: Fatura", "differs": False, "expires_at": now + 900, "amount": 100,
    }  # fmt: skip
    rows = [
        {**base, "id": f"{number:08d}", "created_at": now - count + number, **values}
        for number in range(count)
    ]
    with harness.context.store.writing() as connection:
        connection.execute(approvals.insert(), rows)


async def read_titles(guest: Guest, path: str) -> list[str]:
    page = await guest.get(path)
    assert page.status_code == 200
    return re.findall(r"<a href=\"/inbox/approvals/(\w+)", page.text)


async def collect_pages(guest: Guest, path: str) -> list[str]:
    """Follow the links to the next page until there is none."""
    found: list[str] = []
    while path:
        page = await guest.get(path)
        assert page.status_code == 200
        found += re.findall(r'<a (?:class="whole" )?href="/inbox/approvals/(\w+)', page.text)
        following = re.search(r'rel="next" href="([^"]*)"', page.text)
        path = following[1].replace("&amp;", "&") if following else ""
    return found


async def test_the_history_says_who_decided_what_where_and_what_came_of_it(harness: Harness) -> None:
    paper = with_pages(harness, approval_link="terminal")
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        made = await harness.create_draft()
        call = document_arguments(made, state="finalized")
        asked = await request_approval(paper, call)
        await ana.decide(asked.id)
        done = await execute(paper.context, "change_state", call)
        other = await request_approval(
            paper, document_arguments(await harness.create_draft(), state="finalized")
        )
        await ana.decide(other.id, "reject", reason="Preço errado")
        page = (await ana.get("/inbox/history?lang=en")).text
        for text in (
            "Approved",
            "Rejected",
            "signed with a passkey",
            "ana",
            done["document"]["number"],
            "€123.00",
        ):
            assert text in page, text
        story = (await ana.get(f"/inbox/documents/sandbox/invoices/{made['id']}?lang=en")).text
        for text in ("A person was asked", "Signed with a passkey", "The approval was used", "Done, and read back",
                     "The signature is valid", done["document"]["number"]):  # fmt: skip
            assert text in story, text
        assert "authenticator_data" not in story
        shown = await ana.get(f"/inbox/approvals/{asked.id}?lang=en")
        assert "Approved, and done" in shown.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"USED", "REJE", "EXPI", "POLI", "LATE"}),
        ("state=approved", {"USED"}),
        ("state=rejected", {"REJE"}),
        ("state=expired", {"EXPI", "LATE"}),
        ("state=policy", {"POLI"}),
        ("state=nonsense", {"USED", "REJE", "EXPI", "POLI", "LATE"}),
        ("month=2020-01", set()),
        ("month=' OR 1=1", {"USED", "REJE", "EXPI", "POLI", "LATE"}),
        ("person=nobody", set()),
        ("account=nowhere", set()),
        ("after=1_x%27", {"USED", "REJE", "EXPI", "POLI", "LATE"}),
        ("after=nan_AAAA", {"USED", "REJE", "EXPI", "POLI", "LATE"}),
    ],
)  # fmt: skip
async def test_the_history_is_narrowed_by_filters(harness: Harness, query: str, expected: set[str]) -> None:
    kept: dict[str, dict[str, Any]] = {
        "USED": {}, "REJE": {"state": "rejected"}, "EXPI": {"state": "expired"}, "POLI": {"channel": "policy"},
        "LATE": {"state": "pending", "expires_at": harness.context.approvals.clock() - 60},
        "WAIT": {"state": "pending"}, "COVE": {"channel": "covered"},
    }  # fmt: skip
    for name, values in kept.items():
        insert(harness, 1, id=name, **values)
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        assert set(await read_titles(ana, f"/inbox/history?{query}")) == expected


async def test_another_account_is_neither_listed_nor_shown_nor_decided(harness: Harness) -> None:
    """The same answer as for what does not exist."""
    async with open_lobby(harness) as lobby:
        guest = await lobby.welcome("fritz", accounts=("second",))
        paper = with_pages(harness, approval_link="terminal")
        made = await harness.create_draft()
        asked = await request_approval(paper, document_arguments(made, state="finalized"))
        insert(harness, 1, id="USED")
        own = harness.context.account.name
        server = lobby.served.app.state.server_context.settings
        insert(harness, 1, id="MINE", account=account_name(server.by_account()["second"]))
        assert await collect_pages(guest, "/inbox") == []
        assert await collect_pages(guest, "/inbox/history") == ["MINE"]
        assert own not in (await guest.get("/inbox/history.csv")).text
        missing = await guest.get("/inbox/approvals/NOTHERE1")
        for path in (f"/inbox/approvals/{asked.id}", "/inbox/approvals/USED"):
            found = await guest.get(path)
            assert (found.status_code, found.text) == (missing.status_code, missing.text)
        token = guest_token(guest, asked.id)
        for decision in ("approve", "reject"):
            answer = await guest.post(f"/inbox/approvals/{asked.id}", {"csrf": token, "decision": decision})
            assert answer.status_code == 404
        for label in ("sandbox", "second", "nowhere", ".."):
            assert (await guest.get(f"/inbox/documents/{label}/invoices/{made['id']}")).status_code in {
                401,
                404,
            }
        assert harness.context.approvals.find(asked.id).state == "pending"


def guest_token(guest: Guest, identifier: str) -> str:
    from ix_tools.interfaces.web.requests import build_csrf_token

    secret = next(one.value or "" for one in guest.browser.cookies.jar if "session" in one.name)
    return build_csrf_token(secret, f"decide {identifier}")


async def test_a_reader_sees_everything_and_decides_nothing(harness: Harness) -> None:
    paper = with_pages(harness, approval_link="terminal")
    async with open_lobby(harness) as lobby:
        rita = await lobby.welcome("rita", role="reader")
        asked = await request_approval(
            paper, document_arguments(await harness.create_draft(), state="finalized")
        )
        page = (await rita.get(f"/inbox/approvals/{asked.id}")).text
        assert 'value="approve"' not in page
        for decision in ("approve", "reject"):
            given = {"csrf": guest_token(rita, asked.id), "decision": decision}
            assert (await rita.post(f"/inbox/approvals/{asked.id}", given)).status_code == 403
        assert harness.context.approvals.find(asked.id).state == "pending"


async def test_every_row_stands_on_exactly_one_page(harness: Harness) -> None:
    insert(harness, 2 * PAGE_SIZE + 7)
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        found = await collect_pages(ana, "/inbox/history")
        assert found == [f"{number:08d}" for number in reversed(range(2 * PAGE_SIZE + 7))]


@pytest.mark.parametrize("order", ["age", "amount"])
async def test_what_waits_is_read_in_pages_by_age_or_amount(harness: Harness, order: str) -> None:
    kept = ApprovalRepository(harness.context.store, 15)
    amounts = [5, None, 5, 90, 0, 17] * 20
    for at, amount in enumerate(amounts):
        binding = Binding(f"p{at}", harness.context.account.name, "change_state", digest_approval(at), "s")
        content = ApprovalRequestContent("t", f"n{at}", amount=None if amount is None else Decimal(amount))
        kept.ask(binding, content, "page")
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        found = await collect_pages(ana, f"/inbox?order={order}")
    assert len(found) == len(set(found)) == len(amounts)
    rows = [kept.find(one) for one in found]
    keys = [one.created_at for one in rows] if order == "age" else [-(one.amount or -1) for one in rows]
    if order == "age":
        assert keys == sorted(keys)
    else:
        assert [one.amount for one in rows[:20]] == [9000] * 20
        assert rows[-1].amount is None


def test_a_page_reads_an_index_and_sorts_nothing(harness: Harness) -> None:
    """However many rows there are: by the plan of the database, for one account and for several."""
    inbox = ApprovalInbox(harness.context.store, harness.context.approvals.clock)
    store = harness.context.store
    with store.reading() as connection:
        for accounts in (("a",), ("a", "b")):
            wanted = sql.select(approvals).where(*inbox._narrow(HistoryFilter(accounts)))
            query = wanted.order_by(approvals.c.created_at.desc(), approvals.c.id.desc()).limit(51)
            plain = query.compile(connection, compile_kwargs={"literal_binds": True})
            plan = [str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {plain}")]
            assert any("approvals_by_age" in one or "approvals_of_an_account" in one for one in plan), plan
            assert not any("TEMP B-TREE FOR ORDER" in one for one in plan), plan


async def test_the_table_is_for_spreadsheets_and_no_text_is_a_formula(harness: Harness) -> None:
    insert(harness, 1, id="EVIL", summary=HOSTILE, principal="@SUM(1)", reason="-2+3", state="rejected")
    insert(harness, 700)
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        for language, separator, amount in (("en", ",", "1.00"), ("pt", ";", "1,00")):
            got = await ana.get(f"/inbox/history.csv?lang={language}")
            assert got.headers["content-type"] == "text/csv; charset=utf-8"
            rows = list(csv.reader(io.StringIO(got.text.removeprefix("\ufeff")), delimiter=separator))
            assert len(rows) == 702
            assert {row[5] for row in rows[1:]} == {amount}
            (evil,) = [row for row in rows if row[0] == "EVIL"]
            assert [evil[3], evil[6], evil[11]] == [f"'{HOSTILE}", "'@SUM(1)", "'-2+3"]


async def test_hostile_texts_are_only_texts(harness: Harness) -> None:
    hostile = "<script>alert(1)</script>\u202e"
    insert(harness, 1, id="EVIL", summary=hostile, principal=hostile)
    paper = with_pages(harness, approval_link="terminal")
    made = await harness.create_draft(items=[line(name=hostile)], client={"name": hostile, "code": "EVIL"})
    await request_approval(paper, document_arguments(made, state="finalized"))
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        for path in ("/inbox", "/inbox/history", f"/inbox/documents/sandbox/invoices/{made['id']}"):
            page = (await ana.get(path)).text
            assert "<script>alert" not in page, path
            assert "\u202e" not in page, path

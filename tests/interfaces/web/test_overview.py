"""The overview of the inbox: figures over the accounts that a person sees, and the documents behind each of them."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sql
from playwright.async_api import Browser

from ix_tools.i18n.formats import LISBON
from ix_tools.interfaces.server.overview_refresher import OverviewRefresher
from ix_tools.interfaces.web import overview
from ix_tools.pipeline.figure_refresh import refresh_all
from ix_tools.storage.schema import differences, document_figures, figure_readings, month_figures
from tests.harness import NOW, TODAY, Harness, exempt_line, line
from tests.interfaces.web.inbox_visitor import open_lobby
from tests.interfaces.web.served_pages import open_device, serve_pages
from tests.interfaces.web.test_inbox_in_a_browser import LOOKS, PHONE, enrol, fill, in_language, look


@pytest.fixture(autouse=True)
def _same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pages have the day of the sandbox."""
    monkeypatch.setattr(overview, "lisbon_now", lambda: datetime.fromisoformat(NOW).replace(tzinfo=LISBON))


async def refresh(harness: Harness) -> None:
    report = await refresh_all(harness.context, 900)
    assert report.problem is None


async def fill_account(harness: Harness) -> None:
    """Issue documents of several rates and months, some paid, credited or overdue, and leave a draft."""
    now = harness.sandbox
    for number, (day, price) in enumerate((("2026-08-03", 2100), ("2026-09-01", 900), ("2026-10-08", 3200))):
        now.set_clock(f"{day}T10:00:00")
        harness.context.now = lambda day=day: datetime.fromisoformat(f"{day}T10:00:00").replace(tzinfo=LISBON)  # type: ignore[misc]
        items = [line(name=f"Serviço {number}", unit_price=price)]
        await harness.create_issued(date=day, due_date="+15d", items=items)
    now.set_clock(NOW)
    harness.context.now = lambda: datetime.fromisoformat(NOW).replace(tzinfo=LISBON)
    made = await harness.create_issued(
        items=[line(), line(name="Livro", unit_price="33.33", tax="IVA6", quantity=3)]
    )
    await harness.create_issued(items=[exempt_line()], tax_exemption="M07", accept=["exemption_fits"])
    await harness.create_issued(
        document_type="invoice_receipts", items=[line(name="Pão", unit_price=415, tax="IVA13")]
    )
    note = {"document_type": "credit_notes", "owner_invoice_id": made["id"], "due_date": TODAY}
    await harness.create_issued(**note, items=[line(quantity="0.5")])
    await harness.create_draft(items=[line(name="Rascunho", unit_price=77)])


def read_links(page: str, what: str) -> list[str]:
    """Return the addresses of lists of a kind on a page."""
    found = re.findall(r'href="(/inbox/overview/documents\?[^"]*)"', page)
    return [unescape(one) for one in dict.fromkeys(found) if f"what={what}" in unescape(one)]


def read_amounts(page: str, heading: str) -> Decimal:
    """Return the sum of a column of a list, as the page shows it in English."""
    cells = re.findall(rf'data-label="{heading}">(-?)€([\d,.]+)<', page)
    return sum((Decimal(f"{sign}{amount.replace(',', '')}") for sign, amount in cells), Decimal(0))


async def test_every_figure_leads_to_its_documents_which_add_up_to_it(harness: Harness) -> None:
    await fill_account(harness)
    await refresh(harness)
    before = len(harness.sandbox.requests())
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        page = (await ana.get("/inbox/overview?lang=en")).text
        assert "As of " in page
        vat = await harness.call("vat_summary", {"date_from": "2026-11-01", "date_to": "2026-11-30"})
        net = f"€{Decimal(vat['net']):,.2f}"
        assert f'<span class="figure">{net}</span>' in page
        months = [one for one in read_links(page, "issued") if "rate=" not in one]
        assert len(months) == 13
        shown = {}
        for link in months:
            listed = (await ana.get(link)).text
            shown[link] = read_amounts(listed, "Net")
        assert shown[next(one for one in months if "month=2026-11" in one)] == Decimal(vat["net"])
        assert shown[next(one for one in months if "month=2026-09" in one)] == Decimal("900.00")
        unpaid = await harness.call("list_invoices", {"unpaid": True, "archived": True})
        ages = [one for one in read_links(page, "open") if "age=" in one]
        opened = [read_amounts((await ana.get(one)).text, "Open") for one in ages]
        assert sum(opened) == Decimal(unpaid["open_total"])
        assert len([one for one in opened if one]) == 4
        rates = [one for one in read_links(page, "issued") if "rate=" in one and "month=2026-11" in one]
        assert len(rates) == 4
        for link in rates:
            assert "/inbox/documents/sandbox/" in (await ana.get(link)).text
        (drafts,) = read_links(page, "drafts")
        assert (await ana.get(drafts)).text.count("<tr>") == 2
    reads = [one for one in harness.sandbox.requests()[before:] if one["path"] == "/invoices.json"]
    # The operations that this test itself called; the pages asked for nothing.
    assert len(reads) == 3


async def test_a_person_sees_only_their_accounts(harness: Harness) -> None:
    await fill_account(harness)
    await refresh(harness)
    async with open_lobby(harness) as lobby:
        rui = await lobby.welcome("rui", accounts=("second",))
        page = (await rui.get("/inbox/overview?lang=en&account=sandbox")).text
        assert "€900.00" not in page
        assert "sandbox" not in page.partition("<main>")[2]
        for query in ("what=issued", "what=open", "what=drafts&account=sandbox", "what=issued&currency=Euro"):
            listed = (await rui.get(f"/inbox/overview/documents?{query}&lang=en")).text
            assert "There are no such documents." in listed
        stranger = lobby.open_browser()
        for path in ("/inbox/overview", "/inbox/overview/documents"):
            answer = await stranger.get(path)
            assert (answer.status_code, "/inbox/sign-in" in answer.headers["location"]) == (303, True)


@pytest.mark.parametrize(
    "query",
    ["what='%20OR%201=1", "month=2026-99", "month=٢٠٢٦-11", "rate=|||", "rate=a|b", "age=-1", "after=x_y_z",
     "after=2026-11-20_99999999999999999_a", "currency=%00", "account=../..", "after=2026-11-20_1"],
)  # fmt: skip
async def test_an_address_that_nobody_made_shows_a_page(harness: Harness, query: str) -> None:
    await harness.create_issued()
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        for path in ("/inbox/overview", "/inbox/overview/documents"):
            assert (await ana.get(f"{path}?{query}")).status_code == 200


async def test_an_account_that_was_never_read_says_so(harness: Harness) -> None:
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        page = (await ana.get("/inbox/overview?lang=en")).text
        assert "Nothing was read from InvoiceXpress yet" in page
        assert "As of" not in page


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "There is no invoice in this account yet"), ("pt", "Ainda não há nenhuma fatura nesta conta")],
)
async def test_an_account_without_an_invoice_says_why_every_figure_is_zero(
    harness: Harness, language: str, said: str
) -> None:
    """Until the first one, a draft too."""
    await refresh(harness)
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        assert said in (await ana.get(f"/inbox/overview?lang={language}")).text
        await harness.create_draft()
        await refresh(harness)
        assert said not in (await ana.get(f"/inbox/overview?lang={language}")).text


async def test_an_overview_of_the_sandbox_says_that_it_begins_empty(harness: Harness) -> None:
    await refresh(harness)
    async with open_lobby(harness, sandbox=True) as lobby:
        ana = await lobby.welcome("ana")
        page = (await ana.get("/inbox/overview?lang=pt")).text
        assert "A sandbox começa vazia" in page
        assert "ix-tools demo --inbox" in page


async def test_a_reading_that_failed_is_told(harness: Harness) -> None:
    await refresh(harness)
    with harness.context.store.writing() as connection:
        failed = (
            figure_readings.update().where(figure_readings.c.part == "open").values(problem="unreachable")
        )
        connection.execute(failed)
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana", accounts=("sandbox",))
        page = (await ana.get("/inbox/overview?lang=en")).text
        assert "What is open could not be read last time (unreachable)" in page


async def test_documents_that_differ_are_listed_whatever_their_kind(harness: Harness) -> None:
    made = await harness.create_issued()
    account = harness.context.account.name
    rows: list[dict[str, Any]] = [
        {"account": account, "document_type": kind, "document_id": number, "found": [], "created_at": 1.0}
        for kind, number in (("invoices", made["id"]), ("transports", 4711))
    ]
    with harness.context.store.writing() as connection:
        connection.execute(differences.insert(), rows)
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana", accounts=("sandbox",))
        page = (await ana.get("/inbox/overview?lang=en")).text
        assert '<span class="figure bad">2</span>' in page
        (link,) = read_links(page, "differences")
        listed = (await ana.get(link)).text
        assert made["number"] in listed
        assert "#4711" in listed


async def test_other_currencies_stand_apart(harness: Harness) -> None:
    await fill_account(harness)
    await refresh(harness)
    with harness.context.store.writing() as connection:
        for table in (document_figures, month_figures):
            day = table.c.date if table is document_figures else table.c.month
            mine = sql.and_(
                table.c.account == harness.context.account.name, day >= "2026-09", day < "2026-10"
            )
            connection.execute(table.update().where(mine).values(currency="US Dollar"))
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana", accounts=("sandbox",))
        page = (await ana.get("/inbox/overview?lang=en")).text
        assert "Other currency: <bdi>US Dollar</bdi>" in page
        (link,) = [one for one in read_links(page, "open") if "US+Dollar" in one]
        assert "1,107.00 US Dollar" in (await ana.get(link)).text
        total = re.search(r"Sum</th><td></td><td class=\"num\">€([\d,.]+)", page)
        assert total is not None
        unpaid = await harness.call("list_invoices", {"unpaid": True, "archived": True})
        assert Decimal(total[1].replace(",", "")) == Decimal(unpaid["open_total"]) - Decimal("1107.00")


async def test_the_server_refreshes_what_is_due_for_each_account(harness: Harness) -> None:
    await fill_account(harness)
    async with open_lobby(harness) as lobby:
        pool = lobby.served.app.state.server_context.pool
        await OverviewRefresher(pool, 15).refresh_due(pause=0)
        ana = await lobby.welcome("ana")
        page = (await ana.get("/inbox/overview?lang=en")).text
        # Both accounts of this server are the same sandbox.
        assert "As of " in page
        assert page.count("€2,100.00") >= 1 or page.count("€4,200.00") >= 1
        before = len(harness.sandbox.requests())
        await OverviewRefresher(pool, 15).refresh_due(pause=0)
        assert len(harness.sandbox.requests()) == before


async def test_a_document_that_only_the_overview_knows_has_a_story(harness: Harness, tmp_path: Any) -> None:
    made = await harness.create_issued()
    await refresh(harness)
    with harness.context.store.writing() as connection:
        connection.execute(sql.text("DELETE FROM audit"))
        connection.execute(sql.text("DELETE FROM approvals"))
    async with open_lobby(harness) as lobby:
        ana = await lobby.welcome("ana")
        story = await ana.get(f"/inbox/documents/sandbox/invoices/{made['id']}?lang=en")
        assert story.status_code == 200
        assert made["number"] in story.text
        assert "€123.00" in story.text


@pytest.mark.parametrize(("language", "screen", "scheme"), LOOKS)
async def test_the_overview_looks_as_it_should(
    harness: Harness, browser: Browser, language: str, screen: dict[str, Any], scheme: Any
) -> None:
    tail = f"{language}-{'phone' if screen is PHONE else 'desktop'}-{scheme}"
    in_language(harness, language)
    async with serve_pages(harness) as served, open_device(browser, color_scheme=scheme, **screen) as opened:
        _, page, _ = opened
        await enrol(page, served)
        await page.goto(f"{served.url}/inbox/overview?lang={language}")
        await look(page, f"overview-empty-{tail}")
        await fill(harness)
        await fill_account(harness)
        await refresh(harness)
        await page.reload()
        await page.locator(".tiles .figure").first.wait_for()
        await look(page, f"overview-{tail}")
        for one in await page.locator("details > summary").all():
            await one.click()
        await look(page, f"overview-tables-{tail}")
        await page.locator(".bars a").first.click()
        await page.locator("h1").wait_for()
        await look(page, f"overview-documents-{tail}")

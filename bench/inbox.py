"""Measure the pages of the inbox with many rows against the same pages of an empty store, turn by turn."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2

from bench.report import Row, Table, format_milliseconds, format_spread, median_ratio
from ix_tools.api_client.client import account_name
from ix_tools.auth.passkeys import Passkeys
from ix_tools.auth.people import People
from ix_tools.auth.sessions import Sessions
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.domain.date_types import lisbon_now
from ix_tools.interfaces.server.app import build_application
from ix_tools.interfaces.web.requests import Site
from ix_tools.storage.database import Store
from ix_tools.storage.figure_readings import list_months
from ix_tools.storage.schema import (
    approvals,
    document_figures,
    figure_readings,
    intents,
    month_figures,
    passkeys,
)

ADDRESS = "http://localhost:8756"
PERSON = "ana"
MOST, FLAT = 3.0, 1.3
WAITING = 500
ROWS_AT_ONCE = 1000
OPEN_EVERY = 25
"""Of so many documents one is open."""


@dataclass(frozen=True)
class Browser:
    """A person who is signed in at the pages of a store, in this process."""

    client: httpx2.AsyncClient

    async def get(self, path: str) -> str:
        """Load a page."""
        answer = await self.client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        return answer.text


def measure(rounds: int, history: int) -> Table:
    """Measure with 500 waiting approvals, and with this many rows of history and issued documents."""
    return anyio.run(_measure, rounds, history)


async def _measure(rounds: int, history: int) -> Table:
    small = history // 10
    with ExitStack() as until_the_end:
        places: dict[str, Browser] = {}
        for name, waiting, rows in (("empty", 0, 0), ("small", WAITING, small), ("large", WAITING, history)):
            places[name] = until_the_end.enter_context(_open_inbox(waiting, rows))
        pages = {"inbox": "/inbox", "history": "/inbox/history", "overview": "/inbox/overview"}
        times: dict[tuple[str, str], list[float]] = {(page, name): [] for page in pages for name in places}
        for turn in range(-3, rounds):
            for page, path in pages.items():
                for name, browser in places.items():
                    began = time.perf_counter()
                    await browser.get(path)
                    if turn >= 0:  # the first turns are a warm-up
                        times[page, name].append(time.perf_counter() - began)
    rows_of: list[Row] = []
    told = {
        "inbox": f"inbox, {WAITING} waiting, first page",
        "history": f"history of {history:,} rows, first page",
        "overview": f"overview of {history:,} issued documents",
    }
    for page, text in told.items():
        empty, small_times, large = (times[page, name] for name in ("empty", "small", "large"))
        ratio, growth = median_ratio(large, empty), median_ratio(large, small_times)
        rows_of += [
            Row(f"{page}, empty", format_milliseconds(empty)),
            Row(text, format_milliseconds(large)),
            Row(
                f"  against the empty one (middle half {format_spread(large, empty)})",
                f"{ratio:.2f} x",
                f"<= {MOST}",
                ratio <= MOST,
            ),
            Row(f"  against {small:,} rows", f"{growth:.2f} x", f"<= {FLAT}", growth <= FLAT),
        ]
    notes = [
        f"{rounds} rounds, each page of each store in turn; the application in this process, a SQLite file each, a session",
        f"one of {OPEN_EVERY} issued documents is open, over 13 months and three rates",
    ]
    details = {f"{page} {name}": values for (page, name), values in times.items()}
    return Table("Inbox", rows_of, notes, details=details)


@contextmanager
def _open_inbox(waiting: int, rows: int) -> Iterator[Browser]:
    with tempfile.TemporaryDirectory(prefix="ix-bench-") as folder:
        settings = point_at_sandbox(
            Settings(store=str(Path(folder) / "inbox.db"), language="en"), "http://127.0.0.1:9", "key"
        )
        account = account_name(settings)
        application = build_application(
            settings, ADDRESS, requires_authentication=True, people_address=ADDRESS
        )
        store = application.state.server_context.store
        _fill(store, account, waiting, rows)
        secret = _sign_in(store)
        cookie = Site(ADDRESS, ADDRESS).build_cookie_name("session")
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(application), base_url=ADDRESS, cookies={cookie: secret}
        )
        try:
            yield Browser(client)
        finally:
            store.close()


def _sign_in(store: Store) -> str:
    """Start a session without the ceremony of a passkey, which is not what is measured."""
    People(store).add(PERSON, "approver", (), f"terminal:{PERSON}")
    now = time.time()
    row = {
        "id": "benc2345", "person": PERSON, "credential_hash": secrets.token_hex(32), "credential": "",
        "invited_by": f"terminal:{PERSON}", "synced": False, "created_at": now, "confirmed_at": now,
        "confirmed_by": f"terminal:{PERSON}", "used_at": now, "revoked_at": None, "revoked_by": "",
    }  # fmt: skip
    with store.writing() as connection:
        connection.execute(passkeys.insert(), row)
    return Sessions(store).start(Passkeys(store).find("benc2345"))


def _fill(store: Store, account: str, waiting: int, rows: int) -> None:
    now = time.time()
    asked = [_build_approval(account, number, now, "pending") for number in range(waiting)]
    decided = [_build_approval(account, number, now, "used") for number in range(waiting, waiting + rows)]
    today = lisbon_now().date()
    documents = [_build_document(account, number, today) for number in range(rows)]
    with store.writing() as connection:
        for table, content in (
            (approvals, [*asked, *decided]),
            (intents, [_build_intent(account, one) for one in decided]),
            (document_figures, documents),
            (month_figures, _add_up(account, documents)),
            (
                figure_readings,
                [_build_reading(account, part, now) for part in (*list_months(today), "open", "drafts")],
            ),
        ):
            for at in range(0, len(content), ROWS_AT_ONCE):
                connection.execute(table.insert(), content[at : at + ROWS_AT_ONCE])


def _build_approval(account: str, number: int, now: float, state: str) -> dict[str, Any]:
    return {
        "id": f"{number:08d}", "principal": "n8n", "account": account, "operation": "change_state",
        "arguments": f"{number:064d}", "snapshot": "", "channel": "page", "state": state, "text": "",
        "summary": f"Finalize: Invoice {number}, Padaria Central, €100.00", "differs": False,
        "created_at": now - number, "expires_at": now + 9000, "decided_at": None if state == "pending" else now,
        "decided_by": "" if state == "pending" else f"page:{PERSON}", "subject": f"invoices/{number}", "amount": 10_000,
    }  # fmt: skip


def _build_intent(account: str, approval: dict[str, Any]) -> dict[str, Any]:
    made = {"document_type": "invoices", "number": f"{int(approval['id'])}/2026", "status": "final"}
    return {
        "id": approval["id"], "account": account, "key": approval["id"], "content": approval["arguments"],
        "operation": "change_state", "principal": "n8n", "face": "rest", "approval": approval["id"], "state": "done",
        "trace": {}, "outcome": {"document": made}, "owner": "", "attempts": 1, "created_at": approval["created_at"],
        "lease_until": 0.0, "finished_at": approval["created_at"], "subject": approval["subject"],
    }  # fmt: skip


def _build_document(account: str, number: int, today: date) -> dict[str, Any]:
    day = today - timedelta(days=number % 390)
    rate, tax = ((23, "IVA23"), (13, "IVA13"), (6, "IVA6"))[number % 3]
    net = 10_000 + number % 997
    vat = net * rate // 100
    return {
        "account": account, "document_type": "invoices", "document_id": number + 1, "number": f"{number + 1}/2026",
        "state": "settled" if number % OPEN_EVERY else "final", "date": day.isoformat(),
        "due_date": (day + timedelta(days=30)).isoformat(), "currency": "Euro", "net": net, "vat": vat,
        "total": net + vat, "open": 0 if number % OPEN_EVERY else net + vat,
        "parts": [["PT", tax, str(rate), "", net, vat]], "read_at": 1.0, "changed_at": 0.0,
    }  # fmt: skip


def _add_up(account: str, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    for one in documents:
        for part in ("", "|".join(one["parts"][0][:4])):
            key = (one["date"][:7], part)
            known = sums.setdefault(
                key,
                {"account": account, "month": key[0], "currency": "Euro", "part": part, "documents": 0,
                 "net": 0, "vat": 0, "total": 0},
            )  # fmt: skip
            known["documents"] += 1
            for name in ("net", "vat", "total"):
                known[name] += one[name]
    return list(sums.values())


def _build_reading(account: str, part: str, now: float) -> dict[str, Any]:
    times = {"read_at": now, "due_at": now + 900, "lease_until": 0.0}
    return {"account": account, "part": part, **times, "problem": "", "content": None}

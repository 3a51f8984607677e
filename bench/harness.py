"""Harness of the benchmark: a sandbox in a separate process, reached over HTTP, and a call context for it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx2

from bench.documents import NOW, TODAY, Json
from bench.stdio import ROOT, build_environment
from ix_tools.config.settings import Settings, point_at_sandbox
from ix_tools.i18n.formats import LISBON
from ix_tools.pipeline.execute import ApprovalRequired, CallContext, CallOrigin, Reply, execute
from ix_tools.sandbox.seeds import ACCOUNT, API_KEY

BOX = [sys.executable, "-m", "bench.sandbox"]
KEY = {"api_key": API_KEY}
NO_LIMIT = 10**9
SECONDS = 10


@asynccontextmanager
async def open_harness() -> AsyncIterator[Harness]:
    """Open a harness; everything it stored is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="ix-bench-") as name, _run_sandbox(Path(name)) as url:
        folder = Path(name)
        settings = Settings(store=str(folder / "ix-tools.db"), language="en")
        context = replace(CallContext.open(point_at_sandbox(settings, url, API_KEY)), now=_get_now)
        async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
            try:
                harness = Harness(folder, url, context, http)
                await harness.set_control("PUT", "clock", {"now": NOW})
                # The only difference from a real account is the rate limit, which would make the benchmark wait.
                await harness.set_control("PUT", "options", {"rate_limit": NO_LIMIT})
                yield harness
            finally:
                await context.close()


@contextmanager
def _run_sandbox(home: Path) -> Iterator[str]:
    with subprocess.Popen(BOX, stdout=subprocess.PIPE, cwd=ROOT, env=build_environment(home)) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().decode().strip()
        finally:
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _get_now() -> datetime:
    return datetime.fromisoformat(NOW).replace(tzinfo=LISBON)


@dataclass(frozen=True)
class Harness:
    """Call context, sandbox controls and helpers for documents."""

    folder: Path
    url: str
    context: CallContext
    http: httpx2.AsyncClient

    @property
    def server_environment(self) -> dict[str, str]:
        """Environment variables of a server for this account."""
        return {
            "INVOICEXPRESS_ACCOUNT": ACCOUNT,
            "INVOICEXPRESS_API_KEY": API_KEY,
            "INVOICEXPRESS_BASE_URL": self.url,
        }

    async def set_control(self, method: str, what: str, sent: Json | None = None) -> Any:
        """Call a control endpoint of the sandbox."""
        answer = await self.http.request(method, f"/_sandbox/{what}", json=sent)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def take_requests(self) -> list[Json]:
        """Return the requests since the last call of this method."""
        seen: list[Json] = await self.set_control("GET", "requests")
        await self.set_control("DELETE", "requests")
        return seen

    async def list_rates(self) -> dict[str, Decimal]:
        """Return the account's taxes."""
        taxes = (await execute(self.context, "list_taxes", {})).body["taxes"]
        return {tax["name"]: Decimal(tax["value"]) for tax in taxes}

    async def add_tax(self, name: str, rate: str) -> None:
        """Add a tax to the account. No tool does that, so it is sent to the sandbox directly."""
        body = {"tax": {"name": name, "value": rate, "region": "PT", "code": "OUT"}}
        (await self.http.post("/taxes.json", params=KEY, json=body)).raise_for_status()

    async def create_issued(self) -> int:
        """Finalize an invoice that is large enough for all notes that correct it, and return its id."""
        line = {"name": "Empreitada", "unit_price": "900000000", "quantity": "10000", "tax": "IVA23"}
        given = {"date": TODAY, "due_date": TODAY, "client": {"code": "ACME"}, "items": [line]}
        given["idempotency_key"] = token_hex(8)  # equal calls at the same time are one document
        made: Json = (await execute(self.context, "create_invoice", given)).body["document"]
        change = {"document_type": "invoices", "document_id": made["id"], "state": "finalized"}
        origin = CallOrigin(can_show_form=True)
        required = await execute(self.context, "change_state", change, origin=origin)
        assert isinstance(required, ApprovalRequired), required
        reply = Reply(required.approval.handle, True)
        await execute(self.context, "change_state", change, origin=origin, reply=reply)
        return int(made["id"])

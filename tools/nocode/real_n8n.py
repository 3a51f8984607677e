"""Run the n8n node and the example flows in a real n8n against the sandbox: `python -m tools.nocode.real_n8n`, or `make n8n`.

n8n is installed at its pinned version into .hosts/, which takes some minutes and 3 GB. It gets an empty home, the built node as a
community package, and loopback alone. An order arrives, a person approves, the PDF leaves as a file; forged and repeated
deliveries start nothing; and n8n's own MCP Client makes the calls that every host makes.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ix_tools.approvals.repository import ApprovalRepository
from tools.nocode import mcp_client_flow
from tools.nocode.n8n_server import (
    FLOWS,
    N8N,
    Api,
    Collector,
    Json,
    collect,
    install_n8n,
    prepare_home,
    run_n8n,
    serve_sandbox,
    wait_for,
)
from tools.release.nocode import build_n8n_node

ORDER_PATH = "/webhook/ix-tools-order"


def main() -> int:
    """Run the walk; return 1 at the first thing that is not as it should be."""
    began = time.perf_counter()
    programs = install_n8n()
    print(f"n8n {N8N} is installed ({time.perf_counter() - began:.0f} s)", flush=True)
    with tempfile.TemporaryDirectory(prefix="ix-n8n-") as name, collect() as collector:
        folder = Path(name)
        package, _ = build_n8n_node(folder)
        with serve_sandbox(folder) as (api, approvals):
            environment = prepare_home(folder, programs, package, api, collector)
            with run_n8n(programs, environment, folder) as own:
                walk = Walk(api, own, approvals, collector, folder / ".n8n" / "database.sqlite")
                for step in walk.steps():
                    started = time.perf_counter()
                    step()
                    print(
                        f"ok  {(step.__doc__ or '').strip()} ({time.perf_counter() - started:.1f} s)",
                        flush=True,
                    )
    return 0


@dataclass
class Walk:
    """An order's way through n8n, and what must not happen on it."""

    api: Api
    n8n: Api
    approvals: ApprovalRepository
    collector: Collector
    database: Path

    def steps(self) -> Sequence[Callable[[], None]]:
        """Return the steps in their order."""
        return (
            self.imported, self.subscribed, self.order_waits, self.forged_resume, self.approved, self.started,
            self.forged_delivery, self.repeated_delivery, self.rejected, self.refused, self.own_client,
        )  # fmt: skip

    def imported(self) -> None:
        """The flows of the examples are imported as they are shipped."""
        wanted = {json.loads(one.read_text(encoding="utf-8"))["id"] for one in FLOWS.glob("*.json")}
        found = {row[0] for row in self._query("select id from workflow_entity")}
        expect(wanted <= found, f"not imported: {wanted - found}")

    def subscribed(self) -> None:
        """The trigger subscribed by the API."""
        wait_for(lambda: self._find_subscription() or None, "a webhook is registered")

    def order_waits(self) -> None:
        """An order arrives, and the flow waits for a person."""
        status, said = self._order("1", quantity=1)
        expect(status == 200, f"the order was answered {status} {said}")
        wait_for(lambda: self._find_waiting() or None, "the flow gave its address for one approval")
        wait_for(lambda: "waiting" in self._list_states("ixToolsIssueWait") or None, "the execution waits")

    def forged_resume(self) -> None:
        """A forged answer to the waiting flow lets nothing go on."""
        url = str(self._find_waiting()["url"])
        status, said = self.n8n.ask("POST", url, {"type": "parked_call.done", "data": {"approval": "FORGED"}})
        expect(status == 200 and said == {"waiting": True}, f"answered {status} {said}")
        for given, other in (
            ("approvals=", "approvals=X"),
            ("proof=", "proof=0"),
            ("signature=", "signature=0"),
        ):
            expect(given in url, f"the address has no {given}")
            status, _ = self.n8n.ask("POST", url.replace(given, other), {})
            expect(status == 401, f"an address with another {given} was answered {status}")
        expect("waiting" in self._list_states("ixToolsIssueWait"), "the flow went on")
        expect(not self.collector.got, "something was sent")

    def approved(self) -> None:
        """A person approves; the flow goes on and sends the PDF as a file."""
        self._decide(approve=True)
        (content,) = wait_for(lambda: self.collector.list_of("/issue_and_wait"), "the PDF leaves")
        expect(content.startswith(b"%PDF"), f"it begins {content[:20]!r}")
        wait_for(lambda: self._find_waiting() is None or None, "the address of one approval is gone")

    def started(self) -> None:
        """The issued invoice starts the other flow, once."""
        (text,) = wait_for(lambda: self.collector.list_of("/when_issued"), "the trigger's flow ends")
        document = json.loads(text)["document"]
        expect(document["status"] == "final", f"it read {document}")

    def forged_delivery(self) -> None:
        """Deliveries without a signature, or with a wrong one, are answered 401 and start nothing."""
        url = str(self._find_subscription()["url"])
        body = {"type": "document.finalized", "data": {"document": {"id": 1}}}
        now = str(int(time.time()))
        wrong = {"webhook-id": "evt_f", "webhook-timestamp": now, "webhook-signature": "v1,AAAA"}
        for headers in ({}, wrong):
            status, _ = self.n8n.ask("POST", url, body, **headers)
            expect(status == 401, f"answered {status}")
        expect(len(self._list_states("ixToolsWhenIssued")) == 1, "a forged delivery started the flow")

    def repeated_delivery(self) -> None:
        """A delivery that comes again is taken, and starts nothing."""
        path = f"/webhooks/{self._find_subscription()['id']}/deliveries"
        (delivery,) = self.api.ask("GET", path)[1]["deliveries"]
        attempts = delivery["attempts"]
        self.api.ask("POST", f"{path}/{delivery['id']}/replay")

        def is_delivered() -> bool | None:
            (found,) = self.api.ask("GET", path)[1]["deliveries"]
            return (found["state"] == "delivered" and found["attempts"] > attempts) or None

        wait_for(is_delivered, "it is delivered again")
        states = self._list_states("ixToolsWhenIssued")
        kept = self._query("select staticData from workflow_entity where id = 'ixToolsWhenIssued'")
        expect(len(states) == 1, f"a repetition started the flow: {states}, n8n keeps {kept}")

    def rejected(self) -> None:
        """A person says no; the flow ends there and sends nothing."""
        self._order("2", quantity=2)
        wait_for(lambda: self._find_waiting() or None, "the flow waits")
        self._decide(approve=False)
        wait_for(lambda: self._list_states("ixToolsIssueWait").count("success") == 2 or None, "the flow ends")
        expect(len(self.collector.list_of("/issue_and_wait")) == 1, "it went on")

    def refused(self) -> None:
        """What the server refuses fails the flow, in the server's own words."""
        self._order("3", quantity=-1)
        wait_for(lambda: "error" in self._list_states("ixToolsIssueWait") or None, "the flow fails")
        (row,) = self._query(
            "select d.data from execution_data d join execution_entity e on e.id = d.executionId where e.status = 'error'"
        )
        expect("quantity" in row[0], "the error does not name the field")

    def own_client(self) -> None:
        """n8n's own MCP Client makes the calls that every host makes."""
        wrong = list(
            mcp_client_flow.find_wrong_calls(lambda call: self.n8n.ask("POST", mcp_client_flow.PATH, call))
        )
        expect(not wrong, "\n".join(wrong))

    def _order(self, number: str, quantity: int) -> tuple[int, Any]:
        order = {
            "number": number,
            "client": "ACME",
            "item": "Revisão anual",
            "price": 100,
            "quantity": quantity,
        }
        return self.n8n.ask("POST", ORDER_PATH, order)

    def _decide(self, *, approve: bool) -> None:
        self.approvals.decide(str(self._find_waiting()["approval"]), approve=approve, by="terminal:ana")

    def _find_subscription(self) -> Json:
        return next((one for one in self._list_webhooks() if "approval" not in one), {})

    def _find_waiting(self) -> Any:
        return next((one for one in self._list_webhooks() if "approval" in one), None)

    def _list_webhooks(self) -> list[Json]:
        found: list[Json] = self.api.ask("GET", "/webhooks")[1]["webhooks"]
        return found

    def _list_states(self, flow: str) -> list[str]:
        return [
            row[0] for row in self._query("select status from execution_entity where workflowId = ?", flow)
        ]

    def _query(self, text: str, *values: str) -> list[tuple[Any, ...]]:
        opened = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)
        try:
            return opened.execute(text, values).fetchall()
        finally:
            opened.close()


def expect(holds: bool, problem: str) -> None:
    """End the walk if something is not as it should be."""
    if not holds:
        raise SystemExit(f"FAILED  {problem}")


if __name__ == "__main__":
    sys.exit(main())

"""`python -m faults.workflow_kills`: kill issue_invoice (SIGKILL) at every step of each of its writes, then call it again.

draft · finalize · e-mail   ×   before intent · after intent · answered · before finish · after finish
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faults.cases import NOW, Ledger
from faults.run import PROCESSES
from faults.worker import Order, work
from ix_tools.sandbox.rows import Document, Mail
from ix_tools.sandbox.server import Sandbox

WRITES = ("draft", "finalize", "e-mail")
STEPS = ("before intent", "after intent", "answered", "before finish", "after finish")
SECOND_LIFE_DELAY = 600.0
"""Seconds by the store's clock until the second call, when no request can still be in progress."""
TIMEOUT = 120.0
CALL: Mapping[str, Any] = {
    "date": "2026-11-20",
    "due_date": "2026-11-20",
    "client": {"code": "ACME"},
    "items": [{"name": "Auditoria", "unit_price": 80, "quantity": 1, "tax": "IVA23"}],
    "reference": "FAULT-1",
    "email": "compras@acme.example",
    "delivery": "resource",
}


@dataclass(frozen=True)
class KilledRun:
    """Result of the second call, and the effects of both."""

    write: str
    step: str
    told: Mapping[str, Any]
    documents: int
    numbers: int
    mails: int

    @property
    def wrong(self) -> str:
        """Description of the errors; empty if there are none."""
        unsure = self.told.get("code") == "outcome_unknown"
        if (self.documents, self.numbers) != (1, 1):
            return f"{self.documents} documents, {self.numbers} numbers"
        if self.mails > 1 or (self.told.get("ok") and self.mails != 1):
            return f"{self.mails} e-mails, told {self.told.get('ok')}"
        if not self.told.get("ok") and not (unsure and self.write == "e-mail"):
            return f"told {self.told.get('code')}: {self.told.get('message')}"
        return ""


def run_life(order: Order, seconds: float, kill: bool) -> Mapping[str, Any]:
    """Run a call in a process until its result, or kill it at a step."""
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=work, args=(order, theirs))
    process.start()
    try:
        ours.recv()
        ours.send(seconds)
        if not ours.poll(TIMEOUT):
            raise TimeoutError(f"{order.stop}: nothing was heard")
        kind, told = ours.recv()
        if kill and kind != "at":
            raise AssertionError(f"it never came to {order.stop}: {told}")
        return {} if kill else told
    finally:
        process.kill()
        process.join()


def run_killed(write: str, step: str, sandbox: Sandbox, folder: Path) -> KilledRun:
    """Kill the call at a step and call again."""
    sandbox.reset()
    store = folder / f"{write}-{step}.db".replace(" ", "-")
    order = Order(
        sandbox.base_url,
        sandbox.api_key,
        str(store),
        "errand",
        "issue_invoice",
        CALL,
        30,
        step,
        WRITES.index(write),
    )
    run_life(order, 0, kill=True)
    told: Mapping[str, Any] = {}
    # A write that may still be in progress at the first look-up is looked up again, as its error says.
    for lives in (1, 2):
        told = run_life(replace(order, stop=""), SECOND_LIFE_DELAY * lives, kill=False)
        if told.get("ok") or write == "e-mail":
            break
    rows = [one for one in Ledger(sandbox).list_rows(Document) if one.reference == "FAULT-1"]
    issued = [one for one in rows if one.status == "final"]
    return KilledRun(write, step, told, len(rows), len(issued), len(Ledger(sandbox).list_rows(Mail)))


def run_points(points: list[tuple[str, str]] | None = None) -> Iterator[KilledRun]:
    """Run the given points, or all."""
    with Sandbox(clock=NOW) as sandbox, tempfile.TemporaryDirectory() as folder:
        for write, step in points or [(write, step) for write in WRITES for step in STEPS]:
            yield run_killed(write, step, sandbox, Path(folder))


def main() -> int:
    """Print a line for each; return 1 when anything is wrong."""
    wrong = 0
    for one in run_points():
        told = "done" if one.told.get("ok") else one.told.get("code")
        print(
            f"{one.write:9} {one.step:14} told {told:16} documents {one.documents}, e-mails {one.mails} {one.wrong}",
            flush=True,
        )
        wrong += bool(one.wrong)
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

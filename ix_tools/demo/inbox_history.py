"""Documents that the demo's company issued before, in InvoiceXpress itself, so that the overview has something to show."""

import json
import urllib.request
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from ix_tools.demo.sandbox_scenario import CLIENT
from ix_tools.domain.today import get_today
from ix_tools.sandbox.server import Sandbox

SECONDS = 20
ISSUED: tuple[tuple[int, int, str, bool], ...] = (
    (170, 1850, "IVA23", True),
    (141, 2400, "IVA23", True),
    (112, 640, "IVA6", False),
    (83, 3100, "IVA23", True),
    (76, 980, "IVA13", False),
    (48, 2750, "IVA23", True),
    (40, 420, "IVA6", False),
    (17, 1990, "IVA23", False),
    (6, 760, "IVA13", False),
    (2, 1340, "IVA23", False),
)
"""Days ago, price, tax, and whether it was paid."""


def issue_earlier_documents(box: Sandbox) -> None:
    """Issue them, the oldest first, each on its day."""
    today = get_today()
    try:
        for days, price, tax, is_paid in ISSUED:
            day = today - timedelta(days=days)
            box.set_clock(f"{day.isoformat()}T10:00:00")
            made = _issue(box, day, price, tax)
            if is_paid:
                paid = {"amount": made["total"], "payment_mechanism": "TB", "payment_date": f"{day:%d/%m/%Y}"}
                _send(
                    box, "POST", f"/documents/{made['id']}/partial_payments.json", {"partial_payment": paid}
                )
    finally:
        box.set_clock(None)


def _issue(box: Sandbox, day: date, price: int, tax: str) -> Mapping[str, Any]:
    item = {
        "name": f"Projeto de {day:%d/%m/%Y}",
        "unit_price": str(price),
        "quantity": "1",
        "tax": {"name": tax},
    }
    client = {**CLIENT, "country": "Portugal"}  # in InvoiceXpress's English
    due = f"{day + timedelta(days=15):%d/%m/%Y}"
    draft = {"date": f"{day:%d/%m/%Y}", "due_date": due, "client": client, "items": [item]}
    made: Mapping[str, Any] = _send(box, "POST", "/invoices.json", {"invoice": draft})["invoice"]
    path = f"/invoices/{made['id']}/change-state.json"
    issued: Mapping[str, Any] = _send(box, "PUT", path, {"invoice": {"state": "finalized"}})["invoice"]
    return issued


def _send(box: Sandbox, method: str, path: str, body: Mapping[str, Any]) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the sandbox in this process
        f"{box.base_url}{path}?api_key={box.api_key}",
        data=json.dumps(body).encode(),
        method=method,
        headers={"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=SECONDS) as answer:
        return json.load(answer)

"""Clients of every kind, and calls and findings in the form that tables of facts need."""

from collections.abc import Iterable
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from ix_tools.domain.records import Client
from ix_tools.guards.findings import Finding
from ix_tools.i18n.formats import LISBON

NOW = datetime(2026, 11, 20, 10, tzinfo=LISBON)
CLIENTS: dict[str, tuple[str | None, str | None]] = {
    "PT company": ("Portugal", "508025338"),
    "PT person": ("Portugal", "123456789"),
    "PT consumer": ("Portugal", None),
    "999999990": ("Portugal", "999999990"),
    "EU with VAT id": ("Spain", "ESB58378431"),
    "EU without VAT id": ("Spain", None),
    "non-EU with number": ("United States", "12-3456789"),
    "non-EU": ("United States", None),
    "non-EU with EU VAT id": ("Switzerland", "DE136695976"),
    "unknown country": ("International Monetary Fund", None),
}
COLUMNS = tuple(CLIENTS)


def call(kind: str = "invoices", **fields: Any) -> Any:
    given: dict[str, Any] = {
        "tax_exemption": None,
        "retention": None,
        "accept": (),
        "date": date(2026, 11, 20),
        "items": [],
    }
    return SimpleNamespace(document_type=kind, **{"client": None, **given, **fields})


def client(name: str) -> Client | None:
    country, number = CLIENTS[name]
    return Client(name=name, code="X", country=country, fiscal_id=number)


def verdicts(findings: Iterable[Finding]) -> list[str]:
    return [one.kind for one in findings]

"""Cases of the fault matrix: for every write of the catalogue its preparation, the call, and how to count its effects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from ix_tools.sandbox.rows import Account, Client, Document, Item, Mail, Sequence, Tax, TreasuryEntry
from ix_tools.sandbox.server import Sandbox

DAY = "20/11/2026"
NOW = "2026-11-20T10:00:00"
Json = dict[str, Any]


class Ledger:
    """Direct access to the sandbox: prepares cases and counts effects without using the pipeline."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = httpx2.Client(base_url=sandbox.base_url, timeout=20)

    def close(self) -> None:
        """Close the connection."""
        self.http.close()

    def call(self, method: str, path: str, body: Json) -> Json:
        """Send a call that must succeed, and return the content of the response."""
        answer = self.http.request(method, path, json=body, params={"api_key": self.sandbox.api_key})
        answer.raise_for_status()
        found: Json = next(iter(answer.json().values())) if answer.content.strip() else {}
        return found

    def create_draft(self, key: str = "invoice", **more: Any) -> int:
        """Create a draft and return its id."""
        line = {
            "name": "Consulta",
            "description": "Uma",
            "unit_price": "100.00",
            "quantity": "1",
            "tax": {"name": "IVA23"},
        }
        if key == "transport":
            more |= {"loaded_at": "30/11/2099 09:00:00", "address_from": PLACE, "address_to": PLACE}
        client = {"name": "ACME, Lda", "code": "ACME"}
        body = {"date": DAY, "due_date": DAY, "client": client, "items": [line], **more}
        return int(self.call("POST", f"/{key}s.json", {key: body})["id"])

    def change_state(self, key: str, number: int, word: str) -> int:
        """Change a document's state."""
        self.call("PUT", f"/{key}s/{number}/change-state.json", {key: {"state": word}})
        return number

    def create_issued(self, key: str = "invoice", **more: Any) -> int:
        """Create a finalized document and return its id."""
        return self.change_state(key, self.create_draft(key, **more), "finalized")

    def create_receipt(self) -> int:
        """Create a receipt and return its id."""
        body = {"partial_payment": {"amount": "50", "payment_mechanism": "TB", "payment_date": DAY}}
        return int(self.call("POST", f"/documents/{self.create_issued()}/partial_payments.json", body)["id"])

    def list_rows(self, kind: type[Any]) -> list[Any]:
        """Return the rows of the sandbox."""
        with self.sandbox.backend.store.transaction():
            return self.sandbox.backend.store.find(kind)

    def count_documents(self, **wanted: Any) -> int:
        """Count the documents that have these values and are not cancelled or deleted."""
        return sum(
            row.status != wanted.get("status_not", "deleted")
            and all(getattr(row, k) == v for k, v in wanted.items())
            for row in self.list_rows(Document)
        )

    def get_document(self, number: int) -> Any:
        """Return a document's row."""
        return next(row for row in self.list_rows(Document) if row.id == number)


PLACE = {"detail": "Rua da Fábrica 5", "city": "Lisboa", "postal_code": "1000-555", "country": "Portugal"}


@dataclass(frozen=True)
class Case:
    """A write."""

    name: str
    operation: str
    path: str
    """Path of its request, as a regular expression."""
    method: str
    arrange: Callable[[Ledger], Json]
    """Prepares the account and returns the arguments."""
    count: Callable[[Ledger, Json], int]
    """Counts how often it took effect."""
    answer: str = "document"
    """Content of the response: a document, a receipt, series, nothing."""
    tells: bool = True
    """Whether its outcome can be detected afterwards; sent e-mails cannot."""


def _build_draft_arguments(kind: str, **more: Any) -> Json:
    line = {"name": "Auditoria", "unit_price": 80, "quantity": 1, "tax": "IVA23"}
    given = {"date": "2026-11-20", "due_date": "2026-11-20", "client": {"code": "ACME"}, "items": [line]}
    return {"document_type": kind, **given, "reference": "FAULT-1", **more}


def _build_guide_arguments(**more: Any) -> Json:
    place = {**PLACE, "country": "PT"}
    return _build_draft_arguments(
        "transports", loaded_at="2099-12-31T09:00", address_from=place, address_to=place, **more
    )


def _create_with_reference(ledger: Ledger, arguments: Json) -> int:
    return ledger.count_documents(reference="FAULT-1")


def _build_create_case(kind: str, name: str = "create_invoice", **more: Any) -> Case:
    def arrange(ledger: Ledger) -> Json:
        if kind in {"credit_notes", "debit_notes"}:
            return _build_draft_arguments(kind, owner_invoice_id=ledger.create_issued())
        return _build_guide_arguments() if name == "create_guide" else _build_draft_arguments(kind, **more)

    return Case(f"{name} {kind}", name, f"^/{kind}[.]json$", "POST", arrange, _create_with_reference)


def _build_state_case(
    word: str,
    kind: str = "invoices",
    after: str = "",
    before: Callable[[Ledger], int] = Ledger.create_issued,
    message: str = "",
) -> Case:
    def arrange(ledger: Ledger) -> Json:
        told = {"message": message} if message else {}
        return {"document_type": kind, "document_id": before(ledger), "state": word, **told}

    def count(ledger: Ledger, arguments: Json) -> int:
        number = arguments["document_id"]
        changed = int(ledger.get_document(number).status == (after or word))
        # Settling creates a receipt, and a second receipt would be a duplicate.
        return (
            max(changed, ledger.count_documents(owner_id=number, type="Receipt"))
            if word == "settled"
            else changed
        )

    return Case(
        f"change_state {word} {kind}", "change_state", f"^/{kind}/[0-9]+/change-state", "PUT", arrange, count
    )


def _prepare_payment(ledger: Ledger) -> Json:
    number = ledger.create_issued()
    return {
        "document_id": number,
        "amount": 50,
        "payment_mechanism": "TB",
        "payment_date": "2026-11-20",
    }


ELSEWHERE = ["unreturned"]
"""For a draft that ix-tools did not create, fields that InvoiceXpress does not return are unknown."""


def _prepare_update(ledger: Ledger, key: str = "invoice") -> Json:
    about = {"document_type": "invoices", "document_id": ledger.create_draft(key), "accept": ELSEWHERE}
    return {**about, "observations": "FAULT-1"}


def _prepare_guide_update(ledger: Ledger) -> Json:
    place = {**PLACE, "country": "PT"}
    about = {
        "document_type": "transports",
        "document_id": ledger.create_draft("transport"),
        "accept": ELSEWHERE,
    }
    return {
        **about,
        "loaded_at": "2099-12-31T10:00",
        "license_plate": "11-AA-22",
        "address_from": place,
        "address_to": place,
    }


def _prepare_mail(ledger: Ledger) -> Json:
    return {
        "document_type": "invoices",
        "document_id": ledger.create_issued(),
        "email": "compras@acme.example",
        "body": "Olá",
    }


def _prepare_series(ledger: Ledger) -> Json:
    return {"sequence_id": 70020}


def _prepare_rename(ledger: Ledger) -> Json:
    numbers = dict.fromkeys(
        ("current_invoice_number", "current_credit_note_number", "current_debit_note_number"), 5
    )
    return {"sequence_id": 70020, "serie": "C2026", **numbers}


def _find_sequence(ledger: Ledger) -> Any:
    return next(row for row in ledger.list_rows(Sequence) if row.id == 70020)


def _count_if_equal(name: str, wanted: Any) -> Callable[[Ledger, Json], int]:
    def count(ledger: Ledger, arguments: Mapping[str, Any]) -> int:
        row = ledger.get_document(arguments.get("document_id") or arguments["receipt_id"])
        return int((row.guide.get(name) if name == "license_plate" else getattr(row, name)) == wanted)

    return count


# --- what is no document ---------------------------------------------------------------------------------

NAME = "FAULT-1"
PEOPLE = {"organization_name": "Padaria Central, Lda", "email": "dona@padaria.example.pt"}
SECRET = {"password": "only-an-example", "terms": True}


def _count_with_value(
    kind: type[Any], name: str = "name", value: str = NAME
) -> Callable[[Ledger, Json], int]:
    """Return a function that counts the rows with a value."""
    return lambda ledger, arguments: sum(getattr(row, name) == value for row in ledger.list_rows(kind))


def _count_deleted(kind: type[Any], parameter: str) -> Callable[[Ledger, Json], int]:
    """Return a function that tells whether no row has an id any more."""
    return lambda ledger, arguments: int(
        all(row.id != arguments[parameter] for row in ledger.list_rows(kind))
    )


def _create_first(ledger: Ledger, path: str, key: str, **fields: Any) -> int:
    """Create a resource and return its id."""
    return int(ledger.call("POST", path, {key: fields})["id"])


def _count_entries(kind: str) -> Callable[[Ledger, Json], int]:
    """Return a function that counts such entries in a client's account."""
    return lambda ledger, arguments: sum(row.type == kind for row in ledger.list_rows(TreasuryEntry))


def _prepare_entry(ledger: Ledger, **more: Any) -> Json:
    """Prepare an entry in the account of a client with debt."""
    ledger.create_issued()
    return {"client_id": 501, "value": 10, "date": "2026-11-20", "observation": "Acerto", **more}


def _prepare_regularization(ledger: Ledger) -> Json:
    given = {name: value for name, value in _prepare_entry(ledger).items() if name != "client_id"}
    ledger.call("POST", "/api/v3/clients/501/regularization.json", {"regularization": given})
    number = next(row.id for row in ledger.list_rows(TreasuryEntry) if row.type == "regularization")
    return {"client_id": 501, "regularization_id": number}


def _prepare_movement(ledger: Ledger) -> Json:
    given = {"movement_type": "Payment", "value": 10, "date": "2026-11-20"}
    number = _create_first(
        ledger, "/api/v3/clients/501/treasury_movements.json", "treasury_movement", **given
    )
    return {"client_id": 501, "treasury_movement_id": number}


def _build_case(
    operation: str,
    method: str,
    path: str,
    arrange: Callable[[Ledger], Json],
    count: Callable[[Ledger, Json], int],
    **more: Any,
) -> Case:
    return Case(operation, operation, path, method, arrange, count, **{"answer": "other", **more})


def _count_communication(ledger: Ledger, arguments: Json) -> int:
    return int(next(row for row in ledger.list_rows(Account) if row.id == 1).at_communication == "auto")


OTHERS = (
    _build_case(
        "create_client",
        "POST",
        "^/clients[.]json$",
        lambda ledger: {"name": NAME, "code": "F1", "city": "Faro"},
        _count_with_value(Client),
    ),
    _build_case(
        "update_client",
        "PUT",
        "^/clients/[0-9]+[.]json$",
        lambda ledger: {"client_id": 501, "city": NAME},
        _count_with_value(Client, "city"),
        answer="nothing",
    ),
    _build_case(
        "delete_client",
        "DELETE",
        "^/clients/[0-9]+[.]json$",
        lambda ledger: {"client_id": _create_first(ledger, "/clients.json", "client", name=NAME, code="F1")},
        _count_deleted(Client, "client_id"),
        answer="nothing",
    ),
    _build_case(
        "create_item",
        "POST",
        "^/items[.]json$",
        lambda ledger: {"name": NAME, "unit_price": 12.5, "tax": "IVA23"},
        _count_with_value(Item),
    ),
    _build_case(
        "update_item",
        "PUT",
        "^/items/[0-9]+[.]json$",
        lambda ledger: {"item_id": 402321, "description": NAME},
        _count_with_value(Item, "description"),
        answer="nothing",
    ),
    _build_case(
        "delete_item",
        "DELETE",
        "^/items/[0-9]+[.]json$",
        lambda ledger: {"item_id": 402321},
        _count_deleted(Item, "item_id"),
        answer="nothing",
    ),
    _build_case(
        "create_tax",
        "POST",
        "^/taxes[.]json$",
        lambda ledger: {"name": NAME, "value": 16, "region": "PT-AC", "code": "NOR"},
        _count_with_value(Tax),
    ),
    _build_case(
        "update_tax",
        "PUT",
        "^/taxes/[0-9]+[.]json$",
        lambda ledger: {"tax_id": 31558, "value": 21, "accept": ["vat_rate"]},
        _count_with_value(Tax, "value", "21"),
        answer="nothing",
    ),
    _build_case(
        "delete_tax",
        "DELETE",
        "^/taxes/[0-9]+[.]json$",
        lambda ledger: {"tax_id": 31558},
        _count_deleted(Tax, "tax_id"),
        answer="nothing",
    ),
    _build_case(
        "create_sequence",
        "POST",
        "^/sequences[.]json$",
        lambda ledger: {"serie": NAME},
        _count_with_value(Sequence, "serie"),
    ),
    _build_case(
        "set_default_sequence",
        "PUT",
        "^/sequences/[0-9]+/set_current",
        lambda ledger: {"sequence_id": 70020},
        lambda ledger, arguments: int(_find_sequence(ledger).default_sequence),
        answer="nothing",
    ),
    _build_case(
        "set_initial_balance",
        "PUT",
        "initial_balance",
        _prepare_entry,
        _count_entries("initial"),
    ),
    _build_case(
        "create_regularization", "POST", "regularization", _prepare_entry, _count_entries("regularization")
    ),
    _build_case(
        "delete_regularization",
        "DELETE",
        "regularization",
        _prepare_regularization,
        _count_deleted(TreasuryEntry, "regularization_id"),
        answer="nothing",
    ),
    _build_case(
        "create_treasury_movement",
        "POST",
        "treasury_movements",
        lambda ledger: _prepare_entry(ledger, movement_type="Payment", payment_method="TB"),
        _count_entries("Payment"),
        tells=False,
    ),
    _build_case(
        "delete_treasury_movement",
        "DELETE",
        "treasury_movements",
        _prepare_movement,
        _count_deleted(TreasuryEntry, "treasury_movement_id"),
        answer="nothing",
        tells=False,
    ),
    _build_case(
        "create_account",
        "POST",
        "^/api/accounts/create",
        lambda ledger: {**PEOPLE, **SECRET},
        _count_with_value(Account, "email", PEOPLE["email"]),
        tells=False,
    ),
    _build_case(
        "update_account",
        "PUT",
        "^/api/accounts/[0-9]+/update",
        lambda ledger: {"account_id": 1, **SECRET, "organization_name": NAME},
        _count_with_value(Account, "organization_name"),
        answer="nothing",
    ),
    _build_case(
        "setup_at_communication",
        "POST",
        "at_communication",
        lambda ledger: {
            "at_subuser": "509442013/1",
            "at_password": "only-an-example",
            "communication_type": "auto",
        },
        _count_communication,
        tells=False,
    ),
)

REASON = "Emitida por engano ao cliente errado."

CASES = (
    _build_create_case("invoices"),
    _build_create_case("simplified_invoices"),
    _build_create_case("invoice_receipts"),
    _build_create_case("credit_notes"),
    _build_create_case("debit_notes"),
    _build_create_case("quotes", "create_estimate"),
    Case(
        "update_estimate",
        "update_estimate",
        "^/quotes/[0-9]+[.]json$",
        "PUT",
        lambda ledger: {**_prepare_update(ledger, "quote"), "document_type": "quotes"},
        _count_if_equal("observations", "FAULT-1"),
    ),
    Case(
        "update_invoice",
        "update_invoice",
        "^/invoices/[0-9]+[.]json$",
        "PUT",
        _prepare_update,
        _count_if_equal("observations", "FAULT-1"),
    ),
    _build_state_case("finalized", after="final", before=Ledger.create_draft),
    _build_state_case(
        "finalized", "invoice_receipts", "settled", lambda ledger: ledger.create_draft("invoice_receipt")
    ),
    _build_state_case("finalized", "transports", "final", lambda ledger: ledger.create_draft("transport")),
    _build_state_case("canceled", message=REASON),
    _build_state_case("deleted", before=Ledger.create_draft),
    _build_state_case("settled"),
    _build_state_case(
        "unsettled",
        "debit_notes",
        "final",
        lambda ledger: ledger.change_state(
            "debit_note",
            ledger.create_issued("debit_note", owner_invoice_id=ledger.create_issued()),
            "settled",
        ),
    ),
    Case(
        "send_email",
        "send_email",
        "email-document",
        "PUT",
        _prepare_mail,
        lambda ledger, arguments: len(ledger.list_rows(Mail)),
        answer="nothing",
        tells=False,
    ),
    Case(
        "generate_payment",
        "generate_payment",
        "partial_payments",
        "POST",
        _prepare_payment,
        lambda ledger, arguments: ledger.count_documents(owner_id=arguments["document_id"], type="Receipt"),
        answer="receipt",
    ),
    Case(
        "cancel_payment",
        "cancel_payment",
        "^/receipts/[0-9]+/change-state",
        "PUT",
        lambda ledger: {"receipt_id": ledger.create_receipt(), "message": REASON},
        _count_if_equal("status", "canceled"),
        answer="receipt",
    ),
    _build_create_case("transports", "create_guide"),
    Case(
        "update_guide",
        "update_guide",
        "^/transports/[0-9]+[.]json$",
        "PUT",
        _prepare_guide_update,
        _count_if_equal("license_plate", "11-AA-22"),
    ),
    Case(
        "register_sequence",
        "register_sequence",
        "^/sequences/[0-9]+/register",
        "PUT",
        _prepare_series,
        lambda ledger, arguments: int("N/D" not in _find_sequence(ledger).codes.values()),
        answer="sequences",
    ),
    Case(
        "update_sequence",
        "update_sequence",
        "^/sequences/[0-9]+[.]xml",
        "PUT",
        _prepare_rename,
        lambda ledger, arguments: int(_find_sequence(ledger).serie == "C2026"),
        answer="sequence",
    ),
    *OTHERS,
)

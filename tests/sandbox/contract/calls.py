"""Calls of the contract tests: drawn from the description and made sensible, and some fixed ones."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import strategies as st

from ix_tools.sandbox.seeds import PASSWORD
from tests.sandbox.api import TODAY
from tests.sandbox.contract import description
from tests.sandbox.contract.stock import PLACE, TYPES, Stock

Json = dict[str, Any]
LINE = {
    "name": "Consultoria",
    "description": "Uma hora",
    "unit_price": 50,
    "quantity": 2,
    "tax": {"name": "IVA23"},
}
BODY = {"date": TODAY, "due_date": TODAY, "client": {"name": "ACME, Lda", "code": "ACME"}, "items": [LINE]}
RICH = {
    **BODY,
    "currency_code": "USD",
    "rate": "1.1",
    "mb_reference": "1",
    "global_discount": {"value_type": "percentage", "value": 10},
}
GUIDE = {**BODY, "loaded_at": "20/11/2026 12:00:00", "address_from": PLACE, "address_to": PLACE}
ENTRY = {"value": 1, "date": "2026-11-20"}
SECRET = base64.b64encode(b"segredo").decode()


@dataclass(frozen=True)
class Fixed:
    """A fixed call."""

    path: Json = field(default_factory=dict)
    query: Json = field(default_factory=dict)
    body: Any = None


def list_fixed_calls(operation: str, known: Stock) -> Iterator[Fixed]:
    """Return the fixed calls of an operation, which cover every response format."""
    for names, envelope, (draft, update, word, mail) in (
        ("invoices-type", "invoice", _operations("Invoice")),
        ("estimates-type", "quote", _operations("Estimate")),
        ("guides-type", "shipping", _operations("Guide")),
    ):
        bodies = {"invoice": (BODY, RICH), "quote": (BODY,), "shipping": (BODY | GUIDE, GUIDE, GUIDE)}[
            envelope
        ]
        for key in TYPES[names]:
            ids = known.documents[f"{key}s"]
            path = {names: f"{key}s"}
            if operation == draft:
                for body in ({}, *bodies):
                    yield Fixed(path, body={envelope: body})
            if operation == update:
                for body in (*bodies, {}):
                    yield Fixed({**path, "document-id": ids[0]}, body={envelope: body})
            if operation == word:
                for document, state in ((ids[0], "finalized"), (ids[1], "deleted"), (ids[-1], "deleted")):
                    yield Fixed({**path, "document-id": document}, body={envelope: {"state": state}})
            if operation == mail:
                for recipient in ({}, {"email": "a@b.example", "save": "0"}):
                    message = {"message": {"client": recipient}}
                    yield Fixed({**path, "document-id": ids[-1]}, body=message)
    yield from _plain(operation, known)


def _operations(word: str) -> tuple[str, str, str, str]:
    return f"create{word}", f"update{word}", f"change{word}State", f"send{word}Email"


def _plain(operation: str, known: Stock) -> Iterator[Fixed]:
    everything = [{"document-id": row_id} for ids in known.documents.values() for row_id in ids]
    one = {"document-id": known.payable[0]}
    client: Json = {"client_id": "501"}
    fixed: dict[str, list[Fixed]] = {
        "listInvoices": [Fixed(query={"per_page": 100})],
        "listEstimates": [Fixed(query={"per_page": 100})],
        "listGuides": [Fixed(query={"per_page": 100})],
        "listClientInvoices": [Fixed(client, {"per_page": 100}, {})],
        "getInvoice": _of_types("invoices-type", known),
        "getEstimate": _of_types("estimates-type", known),
        "getGuide": _of_types("guides-type", known),
        "relatedDocs": [Fixed(path) for path in everything],
        "generatePdf": [Fixed(path) for path in (everything[0], one, one)],
        "getQrCode": [Fixed(path) for path in (everything[0], one, one)],
        "generatePayment": [
            Fixed(one, body={"partial_payment": {"amount": amount}}) for amount in (1, 10_000)
        ],
        "cancelReceipt": [
            Fixed({"receipt-id": known.documents["receipts"][0]}, body={"receipt": body})
            for body in ({"state": "canceled"}, {"state": "canceled", "message": "Engano"})
        ],
        "createAccount": [Fixed(body={"account": _account(email="novo@casa.example")})],
        "createAccountExisting": [
            Fixed(body={"account": _account(email="contas@oficina-das-faturas.example", password=PASSWORD)})
        ],
        "createSequence": [Fixed(body={"sequence": {"serie": serie}}) for serie in ("D2026", "2026")],
        "registerSequence": [Fixed({"sequence_id": row_id}) for row_id in ("70020", "70020", "9")],
        "createTax": [Fixed(body={"tax": {"name": name, "value": "1"}}) for name in ("IVA1", "IVA23", "")],
        "updateTax": [
            Fixed({"taxes_id": "31555"}, body={"tax": sent})
            for sent in ({"region": ""}, {"value": "x"}, {"value": "14"})
        ],
        "deleteTax": [Fixed({"taxes_id": row_id}) for row_id in ("31554", "31558")],
        "getAccount": [Fixed({"account-id": 1})],
        "updateAccount": [Fixed({"account-id": 1}, body={"account": _account(email="novo@casa.example")})],
        "atCommunication": [
            Fixed(
                body={
                    "at_communication": {
                        "at_subuser": "509442013/1",
                        "at_password": SECRET,
                        "communication_type": "auto",
                    }
                }
            )
        ],
        "getTax": [Fixed({"taxes_id": "31554"})],
        "getClientBalance": [Fixed(client)],
        "getClientRegularizations": [Fixed(client)],
        "findClientByName": [Fixed(query={"client_name": "ACME, Lda"})],
        "findClientByCode": [Fixed(query={"client_code": "ACME"})],
        "deleteItem": [Fixed({"item_id": "402322"})],
        "deleteClientRegularization": [Fixed({**client, "id": known.regularizations[0]})],
        "deleteClientTreasuryMovement": [Fixed({**client, "id": known.movements[0]})],
        "setSequenceDefault": [Fixed({"sequence_id": "70020"})],
        "updateClient": [Fixed(client, body={"client": {"city": "Faro"}})],
        "updateItem": [Fixed({"item_id": "402322"}, body={"item": {"unit_price": 7}})],
        "updateClientInitialBalance": [Fixed(client, body={"initial_balance": ENTRY})],
        "createClientRegularization": [Fixed(client, body={"regularization": ENTRY})],
        "createClient": [Fixed(body={"client": {"name": "Gama, SA", "code": "GAMA"}})],
        "createItem": [Fixed(body={"item": {"name": "Mapa", "description": "", "unit_price": 5}})],
        "getClient": [Fixed(client)],
        "getItem": [Fixed({"item_id": "402321"})],
        "getSequence": [Fixed({"sequence_id": "70000"})],
        "export_saft": [Fixed(query={"month": "11", "year": "2026"})] * 2,
        "createClientTreasuryMovement": [
            Fixed(client, body={"treasury_movement": {**ENTRY, "movement_type": "Reimbursement"}})
        ],
    }
    yield from fixed.get(operation, [])


def _of_types(names: str, known: Stock) -> list[Fixed]:
    paths = [f"{key}s" for key in TYPES[names]]
    return [Fixed({names: path, "document-id": row_id}) for path in paths for row_id in known.documents[path]]


def _account(**changes: str) -> Json:
    return {"organization_name": "Casa Nova, Lda", "password": "segredo", "terms": "1", **changes}


# drawn calls


def use_known_type(case: Any) -> None:
    """Use a known document type, since it is part of the path and other types are not described."""
    for name, keys in TYPES.items():
        paths = [f"{key}s" for key in keys]
        if case.path_parameters and name in case.path_parameters and case.path_parameters[name] not in paths:
            case.path_parameters[name] = paths[0]


def make_sensible(case: Any, known: Stock, draw: Any) -> None:
    """Put existing ids into path and query, and realistic values into the body."""
    names = case.path_parameters or {}
    types = next((str(names[name]) for name in TYPES if name in names), "")
    ids = _ids(known, case.operation.path)
    ids["document-id"] = known.documents.get(types) or ids["document-id"]
    for name in names:
        if name in ids:
            names[name] = draw(st.sampled_from(ids[name]))
    if isinstance(case.body, dict):
        case.body = _sensible(case.body, draw, "")
    asked = {"month": "11", "year": "2026", "client_name": "ACME, Lda", "client_code": "ACME"}
    for name in asked.keys() & (case.query or {}).keys():
        case.query[name] = asked[name]


def _ids(known: Stock, path: str) -> dict[str, list[Any]]:
    everything = [row_id for ids in known.documents.values() for row_id in ids]
    return {
        "document-id": known.payable if "partial_payments" in path else everything,
        "receipt-id": known.documents["receipts"],
        "account-id": [1],
        "client_id": [501, 501, 502],
        "sequence_id": [70000, 70020],
        "taxes_id": [31554, 31555, 31557],
        "item_id": [402321, 402322],
        "id": known.regularizations if "regularization" in path else known.movements,
    }


def _sensible(value: Any, draw: Any, name: str) -> Any:
    if isinstance(value, dict):
        fitting = {
            key: _sensible(each, draw, key)
            for key, each in value.items()
            if key in _known_keys() and not (key in _OFTEN_LEFT_OUT and draw(st.booleans()))
        }
        if name == "client" and "name" in value:
            fitting |= draw(st.sampled_from([{"name": "ACME, Lda", "code": "ACME"}, {"country": "Portugal"}]))
        return fitting
    if isinstance(value, list):
        return [_sensible(each, draw, name) for each in value[:3]] or ([LINE] if name == "items" else [])
    return draw(st.sampled_from(_VALUES[name])) if name in _VALUES else value


_OFTEN_LEFT_OUT = {
    "sequence_id", "owner_invoice_id", "tax", "mb_reference", "retention", "global_discount", "serie", "fiscal_id",
}  # fmt: skip
_VALUES: dict[str, list[Any]] = {
    "date": [TODAY, "2026-11-20"],
    "due_date": [TODAY, "30/12/2026"],
    "loaded_at": ["20/11/2026 12:00:00"],
    "payment_date": [TODAY],
    "email": ["a@b.example", "contas@oficina-das-faturas.example"],
    "cc": ["a@b.example"],
    "bcc": ["a@b.example"],
    "fiscal_id": ["508112230", "509442013"],
    "country": ["Portugal"],
    "language": ["pt"],
    "postal_code": ["1000-001"],
    "unit": ["hour", "service"],
    "unit_price": [0, 10, 99.9999],
    "quantity": [1, 2.5],
    "discount": [0, 10],
    "retention": ["0", "25"],
    "tax_exemption": ["M07", "M99"],
    "tax_exemption_reason": ["M07"],
    "currency_code": ["USD"],
    "rate": ["1.1"],
    "sequence_id": ["70000"],
    "owner_invoice_id": [1001],
    "amount": [1, 5.5, 1000],
    "value": [1, 10.25, "12"],
    "terms": ["1"],
    "at_subuser": ["509442013/1"],
    "username": ["509442013/1"],
    "at_password": [SECRET],
    "password": [SECRET, PASSWORD],
    "message": ["Engano na morada do cliente"],
    "payment_mechanism": ["TB", "MB"],
    "payment_method": ["TB", "CI"],
    "serie": ["2026", "C2026", "B2026"],
    "region": ["PT", "PT-AC"],
    "organization_name": ["Outra Casa, Lda", "Terceira Casa, SA"],
    "send_options": ["1"],
}


@cache
def _known_keys() -> frozenset[str]:
    found: set[str] = set()

    def walk(schema: Any) -> None:
        if isinstance(schema, dict):
            found.update(schema.get("properties", {}))
        for each in (
            schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
        ):
            walk(each)

    walk(description.load_written()["components"]["schemas"])
    return frozenset(found)

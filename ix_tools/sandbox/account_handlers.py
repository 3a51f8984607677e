"""Request handlers for accounts and the treasury."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ix_tools.sandbox.calls import EMPTY, NOTHING, Answer, Call, json_answer
from ix_tools.sandbox.ledger import accounts, treasury
from ix_tools.sandbox.ledger.number_formats import round_half_up, to_json_number
from ix_tools.sandbox.ledger.treasury import MOVEMENTS, REGULARIZATION, Amount
from ix_tools.sandbox.responses import render_pagination
from ix_tools.sandbox.rows import TreasuryEntry
from ix_tools.sandbox.state import Books

# accounts


def create_account(books: Books, call: Call) -> Answer:
    """Create an account for a new user."""
    return _create_account(books, call, False, 201)


def create_account_for_existing_user(books: Books, call: Call) -> Answer:
    """Create a further account for an existing user."""
    return _create_account(books, call, True, 200)


def _create_account(books: Books, call: Call, for_known_user: bool, status: int) -> Answer:
    account, key = accounts.create(books, call.get_envelope("account"), for_known_user)
    shown = {
        "id": str(account.id),
        "name": account.organization_name,
        "url": accounts.build_address(account),
        "api_key": key,
        "state": account.state,
    }
    return json_answer({"account": shown}, status)


def get_account(books: Books, call: Call) -> Answer:
    """Return an account without its key."""
    row = accounts.get(books, call.get_id())
    names = ("organization_name", "fiscal_id", "email", "state", "at_configured", "trial")
    return json_answer({"account": {name: getattr(row, name) for name in names}})


def update_account(books: Books, call: Call) -> Answer:
    """Update an account and return an empty response."""
    accounts.update(books, call.get_id(), call.get_envelope("account"))
    return EMPTY


def set_at_communication(books: Books, call: Call) -> Answer:
    """Store the credentials for the tax authority."""
    accounts.set_communication(books, call.get_envelope("at_communication"))
    return json_answer({"success": "true"})


# treasury


def get_balance(books: Books, call: Call) -> Answer:
    """Return a client's balance."""
    found = treasury.get_balance(books, call.get_id())
    initial = found.initial
    return json_answer(
        {
            "currency": {"symbol": "€", "code": "EUR"},
            "initial_balance": {
                "value": _format_money(Fraction(initial.value)) if initial else 0,
                "created_at": initial.date if initial else "1970-01-01",
                "observation": initial.observation if initial else "",
            },
            "balance": _render_amount(found.owed),
            "overdue_balance": _render_amount(found.overdue),
            "remaining_balance": {
                "total": _format_money(found.before_regularizations),
                "value": _format_money(found.owed.with_vat),
            },
        }
    )


def set_initial_balance(books: Books, call: Call) -> Answer:
    """Set a client's opening balance."""
    row = treasury.set_initial_balance(books, call.get_id(), call.get_envelope("initial_balance"))
    return json_answer({"initial_balance": _render_movement(row, "value", "date", "observation")})


def list_regularizations(books: Books, call: Call) -> Answer:
    """List a client's regularizations in pages."""
    shown, page = call.query.get_page(treasury.list_regularizations(books, call.get_id()))
    return json_answer(
        {
            "regularization": [_render_regularization(row) for row in shown],
            "pagination": render_pagination(page),
        }
    )


def create_regularization(books: Books, call: Call) -> Answer:
    """Create a regularization and return it in a list, as the API does."""
    row = treasury.create_regularization(books, call.get_id(), call.get_envelope("regularization"))
    return json_answer({"regularization": [_render_regularization(row)]}, 201)


def delete_regularization(books: Books, call: Call) -> Answer:
    """Delete a regularization."""
    missing = "regularization_not_found"
    treasury.delete_entry(books, call.get_id(), call.get_id("entry"), (REGULARIZATION,), missing)
    return EMPTY


def create_movement(books: Books, call: Call) -> Answer:
    """Create a movement. The response has its id, which deleting needs, although the documented response has none."""
    row = treasury.create_movement(books, call.get_id(), call.get_envelope("treasury_movement"))
    names = ("id", "value", "payment_method", "date", "serie", "observation")
    return json_answer(
        {"treasury_movement": {**_render_movement(row, *names), "movement_type": row.type}}, 201
    )


def delete_movement(books: Books, call: Call) -> Answer:
    """Delete a movement."""
    treasury.delete_entry(books, call.get_id(), call.get_id("entry"), MOVEMENTS, "movement_not_found")
    return NOTHING


def _render_regularization(row: TreasuryEntry) -> dict[str, Any]:
    return _render_movement(row, "id", "number", "value", "date", "observation")


def _render_movement(row: TreasuryEntry, *names: str) -> dict[str, Any]:
    return {
        name: _format_money(Fraction(row.value)) if name == "value" else getattr(row, name) for name in names
    }


def _render_amount(amount: Amount) -> dict[str, Any]:
    return {"with_vat": _format_money(amount.with_vat), "without_vat": _format_money(amount.without_vat)}


def _format_money(value: Fraction) -> int | float:
    return to_json_number(round_half_up(value))

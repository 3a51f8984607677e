"""What the URLs of accounts and of the treasury do."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ix_tools.sandbox.calls import EMPTY, NOTHING, Answer, Call, as_json
from ix_tools.sandbox.ledger import accounts, treasury
from ix_tools.sandbox.ledger.numbers import number, rounded
from ix_tools.sandbox.ledger.treasury import MOVEMENTS, REGULARIZATION, Amount
from ix_tools.sandbox.responses import pagination
from ix_tools.sandbox.rows import Entry
from ix_tools.sandbox.state import Books

# accounts


def create_account(books: Books, call: Call) -> Answer:
    """An account for a new user."""
    return _opened(books, call, False, 201)


def create_for_known_user(books: Books, call: Call) -> Answer:
    """One more account for a user there is."""
    return _opened(books, call, True, 200)


def _opened(books: Books, call: Call, for_known_user: bool, status: int) -> Answer:
    account, key = accounts.create(books, call.envelope("account"), for_known_user)
    shown = {
        "id": str(account.id),
        "name": account.organization_name,
        "url": accounts.address(account),
        "api_key": key,
        "state": account.state,
    }
    return as_json({"account": shown}, status)


def get_account(books: Books, call: Call) -> Answer:
    """One account, without its key."""
    row = accounts.get(books, call.number())
    names = ("organization_name", "fiscal_id", "email", "state", "at_configured", "trial")
    return as_json({"account": {name: getattr(row, name) for name in names}})


def update_account(books: Books, call: Call) -> Answer:
    """A changed account, answered with nothing."""
    accounts.update(books, call.number(), call.envelope("account"))
    return EMPTY


def communicate(books: Books, call: Call) -> Answer:
    """The tax authority's credentials, taken."""
    accounts.communicate(books, call.envelope("at_communication"))
    return as_json({"success": "true"})


# treasury


def balance(books: Books, call: Call) -> Answer:
    """Where a client stands."""
    found = treasury.balance(books, call.number())
    initial = found.initial
    return as_json(
        {
            "currency": {"symbol": "€", "code": "EUR"},
            "initial_balance": {
                "value": _money(Fraction(initial.value)) if initial else 0,
                "created_at": initial.date if initial else "1970-01-01",
                "observation": initial.observation if initial else "",
            },
            "balance": _both(found.owed),
            "overdue_balance": _both(found.overdue),
            "remaining_balance": {
                "total": _money(found.before_regularizations),
                "value": _money(found.owed.with_vat),
            },
        }
    )


def set_initial_balance(books: Books, call: Call) -> Answer:
    """The opening balance."""
    row = treasury.set_initial(books, call.number(), call.envelope("initial_balance"))
    return as_json({"initial_balance": _entry(row, "value", "date", "observation")})


def list_regularizations(books: Books, call: Call) -> Answer:
    """A client's regularizations, in pages."""
    shown, page = call.query.page(treasury.regularizations(books, call.number()))
    return as_json(
        {"regularization": [_regularization(row) for row in shown], "pagination": pagination(page)}
    )


def regularize(books: Books, call: Call) -> Answer:
    """One regularization, inside a list as the API has it."""
    row = treasury.regularize(books, call.number(), call.envelope("regularization"))
    return as_json({"regularization": [_regularization(row)]}, 201)


def drop_regularization(books: Books, call: Call) -> Answer:
    """One regularization less."""
    missing = "regularization_not_found"
    treasury.drop(books, call.number(), call.number("entry"), (REGULARIZATION,), missing)
    return EMPTY


def move(books: Books, call: Call) -> Answer:
    """A movement. Its id is shown although the documentation's answer has none: deleting takes one."""
    row = treasury.move(books, call.number(), call.envelope("treasury_movement"))
    names = ("id", "value", "payment_method", "date", "serie", "observation")
    return as_json({"treasury_movement": {**_entry(row, *names), "movement_type": row.type}}, 201)


def drop_movement(books: Books, call: Call) -> Answer:
    """One movement less."""
    treasury.drop(books, call.number(), call.number("entry"), MOVEMENTS, "movement_not_found")
    return NOTHING


def _regularization(row: Entry) -> dict[str, Any]:
    return _entry(row, "id", "number", "value", "date", "observation")


def _entry(row: Entry, *names: str) -> dict[str, Any]:
    return {name: _money(Fraction(row.value)) if name == "value" else getattr(row, name) for name in names}


def _both(amount: Amount) -> dict[str, Any]:
    return {"with_vat": _money(amount.with_vat), "without_vat": _money(amount.without_vat)}


def _money(value: Fraction) -> int | float:
    return number(rounded(value))

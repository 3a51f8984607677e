"""Accounts: the sandbox's own, and those created through it, which have a name and a key but no data here."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
import unicodedata
from typing import Any

from ix_tools.sandbox.ledger.clients import is_email
from ix_tools.sandbox.reference import is_nif
from ix_tools.sandbox.refusals import Missing, Phrase, Refused, RefusedByField
from ix_tools.sandbox.rows import Account
from ix_tools.sandbox.seeds import hash_password
from ix_tools.sandbox.state import Books

COMMUNICATION_TYPES = ("auto", "manual", "guides", "portal_at")
_SUB_USER = re.compile(r"\d{9}/\d{1,4}")
"""A sub-user of the tax authority's portal: tax number, slash, user number."""
_CHANGEABLE = (
    "organization_name", "email", "first_name", "last_name", "phone", "fax", "address", "city", "postal_code", "website",
)  # fmt: skip


def get(books: Books, account_id: int) -> Account:
    """Return an account; the sandbox's own as set by its options."""
    account = _get_row(books, account_id)
    if account.id == books.issuer.id:
        account.trial = books.options.trial
        account.at_configured = account.at_configured or books.options.at_credentials
    return account


def can_communicate(books: Books) -> bool:
    """Tell whether the account may communicate with the tax authority: with credentials and after its trial (trap 12)."""
    own = get(books, books.issuer.id)
    return own.at_configured and not own.trial


def create(books: Books, sent: dict[str, Any], for_known_user: bool) -> tuple[Account, str]:
    """Create an account for a new or existing user, and return its key, which no other call returns."""
    account = Account(
        id=0, organization_name=_read_text(sent, "organization_name"), email=_read_text(sent, "email")
    )
    for name in ("fiscal_id", "first_name", "last_name", "phone"):
        setattr(account, name, _read_text(sent, name))
    account.language = _read_text(sent, "language") or "pt"
    account.tax_country = _read_text(sent, "tax_country") or "1"
    account.password_digest = hash_password(_read_text(sent, "password"))
    wrong = _find_create_errors(books, sent, account, for_known_user)
    if wrong:
        raise Refused(*wrong)
    account.id = books.store.next_id("accounts", first=books.issuer.id + 1)
    books.store.save(account)
    return account, secrets.token_hex(20)


def build_address(account: Account) -> str:
    """Return the URL of an account, with a host name that does not exist, so that no program calls the real one."""
    plain = unicodedata.normalize("NFKD", account.organization_name).encode("ascii", "ignore").decode()
    name = (
        re.sub(r"[^a-z0-9]+", "", plain.lower())[:40]
        or hashlib.sha256(account.email.encode()).hexdigest()[:8]
    )
    return f"https://{name}.app.invoicexpress.example"


def update(books: Books, account_id: int, sent: dict[str, Any]) -> None:
    """Update an account. Its tax number cannot change."""
    account = _get_row(books, account_id)
    wrong: list[tuple[str, Phrase]] = [
        (name, "blank") for name in ("organization_name", "email", "password") if not _read_text(sent, name)
    ]
    if _read_text(sent, "terms") != "1":
        wrong.append(("terms", "must_accept"))
    if _read_text(sent, "email") and not is_email(_read_text(sent, "email")):
        wrong.append(("email", "is_invalid"))
    if any(row.id != account.id for row in _find_by_name(books, _read_text(sent, "organization_name"))):
        wrong.append(("organization_name", "is_taken"))
    fiscal_id = _read_text(sent, "fiscal_id")
    if fiscal_id and not is_nif(fiscal_id):
        wrong.append(("fiscal_id", "is_invalid"))
    elif fiscal_id and fiscal_id != account.fiscal_id:
        wrong.append(("fiscal_id", "cannot_change"))
    if _read_text(sent, "postal_code") and not re.fullmatch(r"\d{4}-\d{3}", _read_text(sent, "postal_code")):
        wrong.append(("postal_code", "postal_format"))
    credentials = sent.get("credentials")
    if credentials is not None and not _are_credentials(credentials):
        wrong.append(("credentials", "is_invalid"))
    if wrong:
        raise RefusedByField(*wrong)
    for name in _CHANGEABLE:
        if name in sent:
            setattr(account, name, _read_text(sent, name))
    account.password_digest = hash_password(_read_text(sent, "password"))
    account.at_configured = account.at_configured or credentials is not None
    books.store.save(account)


def set_communication(books: Books, sent: dict[str, Any]) -> None:
    """Store the sub-user for the tax authority and which documents are communicated automatically."""
    subuser = _read_text(sent, "at_subuser")
    if not 11 <= len(subuser) <= 14:
        raise Refused(("field_size", "at_subuser"))
    if not _SUB_USER.fullmatch(subuser):
        raise Refused(("field_invalid", "at_subuser"))
    if not _is_base64(_read_text(sent, "at_password")):
        raise Refused(("field_invalid", "at_password"))
    if _read_text(sent, "communication_type") not in COMMUNICATION_TYPES:
        raise Refused(("field_invalid", "communication_type"))
    if books.options.trial:
        raise Refused("at_trial")
    account = books.issuer
    account.at_configured, account.at_communication = True, _read_text(sent, "communication_type")
    books.store.save(account)


def _get_row(books: Books, account_id: int) -> Account:
    account = books.issuer if account_id == books.issuer.id else books.store.get(Account, account_id)
    if account is None:
        raise Missing
    return account


def _find_create_errors(
    books: Books, sent: dict[str, Any], account: Account, for_known_user: bool
) -> list[Phrase]:
    wrong: list[Phrase] = []
    if not account.organization_name:
        wrong.append("organization_blank")
    elif _find_by_name(books, account.organization_name):
        wrong.append("name_taken")
    if not account.email:
        wrong.append("email_required")
    elif not is_email(account.email):
        wrong.append("email_invalid")
    if not _read_text(sent, "password"):
        wrong.append("password_blank")
    if _read_text(sent, "terms") != "1":
        wrong.append("terms_should" if for_known_user else "terms")
    if account.fiscal_id and not is_nif(account.fiscal_id):
        wrong.append("vat_invalid")
    elif account.fiscal_id and books.store.first(Account, fiscal_id=account.fiscal_id):
        wrong.append("vat_taken")
    if account.tax_country not in ("1", "2", "3"):
        wrong.append(("not_included", "Tax country"))
    if account.language not in ("pt", "en", "es"):
        wrong.append("language")
    users = books.store.find(Account, email=account.email)
    its_user = any(user.password_digest == account.password_digest for user in users)
    known = its_user if for_known_user else not users
    return wrong or ([] if known else ["owner_invalid"])


def _find_by_name(books: Books, name: str) -> list[Account]:
    return books.store.find(Account, organization_name=name)


def _are_credentials(sent: Any) -> bool:
    if not isinstance(sent, dict):
        return False
    words = _read_text(sent, "type") or "AT", _read_text(sent, "context") or "Sequences"
    return (
        words == ("AT", "Sequences")
        and _SUB_USER.fullmatch(_read_text(sent, "username")) is not None
        and _is_base64(_read_text(sent, "password"))
    )


def _is_base64(text: str) -> bool:
    try:
        return base64.b64decode(text.encode("ascii", "replace"), validate=True) != b""
    except binascii.Error:
        return False


def _read_text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name)
    return str(value).strip() if isinstance(value, str | int | float) else ""

"""Types of the fields: one Annotated type for each kind of value, used by all operations and records.

Here are the base models, ids, codes and texts; amounts and dates have modules of their own.

Calls are strict: an unknown field is an error, because the API ignores it silently. Records are lenient, because the API's
responses vary by account, endpoint and year. Amounts are Decimal and dates are dates; `api_client.protocol` formats them.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    WithJsonSchema,
)

from ix_tools.domain.field_docs import DescribedModel
from ix_tools.domain.web_address import is_web_address
from ix_tools.i18n.messages import Message, message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.text.sanitize import sanitize_text


class Call(DescribedModel):
    """Base of all input models: frozen, with stripped texts, and without unknown fields."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        defer_build=True,
    )


class Record(DescribedModel):
    """Base of all records: lenient when read, without empty fields when shown."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    summary_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields that the schema of an enclosing record names; empty means all. Results contain the others too."""


def collect_secrets(call: BaseModel) -> dict[str, str]:
    """Return the secrets of a call by path, in clear text, for sending and for redacting them."""
    found: dict[str, str] = {}
    for name, value in call:
        if isinstance(value, SecretStr):
            found[name] = value.get_secret_value()
        elif isinstance(value, BaseModel):
            found |= {f"{name}.{inner}": secret for inner, secret in collect_secrets(value).items()}
    return found


# --- names, ids and codes --------------------------------------------------------------------------------

InvoiceType = Literal[
    "invoices", "simplified_invoices", "invoice_receipts", "vat_moss_invoices", "credit_notes", "debit_notes"
]
GuideType = Literal["shippings", "transports", "devolutions"]
EstimateType = Literal["quotes", "proformas", "fees_notes"]
DocumentType = Literal[
    "invoices",
    "simplified_invoices",
    "invoice_receipts",
    "vat_moss_invoices",
    "credit_notes",
    "debit_notes",
    "receipts",
    "quotes",
    "proformas",
    "fees_notes",
    "shippings",
    "transports",
    "devolutions",
]


def parse_id(value: object) -> int:
    """Return an id given as a number or as its digits."""
    if isinstance(value, bool):
        raise InvalidValue(message("an id is a whole number"))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, int) and 0 < value < 2**53:
        return value
    raise InvalidValue(message("an id is a whole number greater than 0, as a result of this server gave it"))


Id = Annotated[int, BeforeValidator(parse_id), WithJsonSchema({"type": "integer"})]

ExemptionCode = Annotated[
    str,
    BeforeValidator(lambda value: value.strip().upper() if isinstance(value, str) else value),
    AfterValidator(
        lambda code: _require_match(
            code, r"M\d\d", message("a code such as M07; lookup_exemption_codes lists them")
        )
    ),
    WithJsonSchema({"type": "string"}),
]


def _require_match(text: str, pattern: str, what: Message) -> str:
    if not re.fullmatch(pattern, text):
        raise InvalidValue(what)
    return text


def _check_email(text: str) -> str:
    if text.count("@") > 1:
        raise InvalidValue(message("one e-mail address such as ana@example.pt; cc and bcc take another one"))
    # Imported when the first address is checked, not when the server starts.
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        raise InvalidValue(message("an e-mail address such as ana@example.pt")) from None
    return text


Email = Annotated[str, AfterValidator(_check_email), WithJsonSchema({"type": "string", "format": "email"})]


def _resolve_country(text: str) -> str:
    from ix_tools.fiscal.countries import find_country_name, suggest_countries

    name = find_country_name(text)
    if name is None:
        near = ", ".join(suggest_countries(text))
        known = message("a country by ISO code (PT), English or Portuguese name, that InvoiceXpress knows")
        raise InvalidValue(message("{known}; near this: {near}", known=known, near=near) if near else known)
    return name


Country = Annotated[str, AfterValidator(_resolve_country), WithJsonSchema({"type": "string"})]
"""A country under InvoiceXpress's English name: the API refuses every other form (trap 22)."""


def _check_currency(text: str) -> str:
    from ix_tools.fiscal.currencies import find_currency

    if find_currency(text.upper()) is None:
        raise InvalidValue(message("an ISO 4217 currency code such as USD, from InvoiceXpress's list"))
    return text.upper()


CurrencyCode = Annotated[str, AfterValidator(_check_currency), WithJsonSchema({"type": "string"})]


def read_text(value: object) -> object:
    """Read text from the API: an empty text is None, a number becomes its digits, hidden characters are removed."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, str):
        is_plain = value.isascii() and value.isprintable()  # as most texts are: nothing can hide in them
        return (value if is_plain else sanitize_text(value)) or None
    return value


Text = Annotated[str | None, BeforeValidator(read_text)]


def _require_one_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise InvalidValue(message("one line of text, without line breaks"))
    return text


OneLine = Annotated[str, AfterValidator(_require_one_line)]
"""Text on one line, such as the subject of an e-mail."""


def _read_web_address(value: object) -> object:
    # Hosts and browsers turn it into a link, so it must be a web page: no `javascript:`, no `file:`, no look-alike host.
    text = read_text(value)
    return text if isinstance(text, str) and is_web_address(text) else None


WebAddress = Annotated[str | None, BeforeValidator(_read_web_address)]
"""A URL from the API; None when it is not a safe web address."""


def text_up_to(limit: int) -> Any:
    """Return the type of a text of 1 to `limit` characters."""

    def check(text: str) -> str:
        if not 1 <= len(text) <= limit:
            raise InvalidValue(message("1 to {limit} characters", limit=limit))
        return text

    return Annotated[str, AfterValidator(check)]

"""Types of the fields: one Annotated type for each kind of value, used by all operations and records.

Calls are strict: an unknown field is an error, because the API ignores it silently. Records are lenient, because the API's
responses vary by account, endpoint and year. Amounts are Decimal and dates are dates; `api_client.protocol` formats them.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    SecretStr,
    WithJsonSchema,
)

from ix_tools.domain.field_docs import DescribedModel
from ix_tools.domain.json_parsing import MAX_DIGITS
from ix_tools.domain.today import get_today
from ix_tools.domain.web_address import is_web_address
from ix_tools.i18n.formats import LISBON, format_plain
from ix_tools.i18n.messages import Message, message
from ix_tools.i18n.validation_faults import InvalidValue
from ix_tools.text.sanitize import sanitize_text


def lisbon_now() -> datetime:
    """Return the current time in Lisbon."""
    return datetime.now(LISBON)


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


# --- amounts -------------------------------------------------------------------------------------------


def parse_decimal(value: object) -> Decimal:
    """Parse an amount given as a number or as text with a decimal point, without a binary float in between."""
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, str | int) and len(str(value)) > MAX_DIGITS:
        raise InvalidValue(message("an amount is a number such as 1234.56, not one of so many digits"))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(repr(value))
    elif isinstance(value, str):
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            known = message("write amounts with a decimal point and nothing else, such as 1234.56")
            raise InvalidValue(known) from None
    else:
        raise InvalidValue(message("an amount is a number such as 1234.56"))
    if not number.is_finite():
        raise InvalidValue(message("an amount is a finite number such as 1234.56"))
    if abs(number.adjusted()) > MAX_DIGITS:
        raise InvalidValue(message("an amount is a number such as 1234.56, and none so large or so small"))
    return number


def format_cents(number: Decimal) -> str:
    """Format an amount with two decimals, as results show it."""
    return format(number.quantize(Decimal("0.01")), "f")


def _count_decimals(number: Decimal) -> int:
    # Counted on the digits as written, because arithmetic would round a long number first.
    _, digits, exponent = number.as_tuple()
    zeros = next((at for at, digit in enumerate(reversed(digits)) if digit), None)
    return 0 if zeros is None or not isinstance(exponent, int) else -(exponent + zeros)


def _build_range_check(
    *, low: str, high: str, places: int, above: bool = False, what: Message
) -> Callable[[Decimal], Decimal]:
    least, most = Decimal(low), Decimal(high)

    def check(number: Decimal) -> Decimal:
        too_low = number <= least if above else number < least
        if too_low or number > most:
            raise InvalidValue(what)
        if _count_decimals(number) > places:
            raise InvalidValue(message("at most {places} decimals; {what}", places=places, what=what))
        return number

    return check


def _build_amount_type(*, low: str = "0", high: str, places: int, above: bool = False, what: Message) -> Any:
    bound = "exclusiveMinimum" if above else "minimum"
    schema: dict[str, Any] = {"type": "number", bound: int(low)}
    if high in {"100", "99.99"}:
        schema["maximum"] = float(high) if "." in high else int(high)
    return (
        BeforeValidator(parse_decimal),
        AfterValidator(_build_range_check(low=low, high=high, places=places, above=above, what=what)),
        PlainSerializer(format_plain, return_type=str),
        WithJsonSchema(schema),
    )


Money = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999999.99",
        places=2,
        what=message("an amount from 0 to 999999999.99 with at most 2 decimals"),
    ),
]
AboveZero = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999999.99",
        places=2,
        above=True,
        what=message("an amount greater than 0 with at most 2 decimals"),
    ),
]
UnitPrice = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999999.9999",
        places=4,
        what=message("a price net of VAT, 0 or more, with at most 4 decimals"),
    ),
]
Quantity = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999999.9999",
        places=4,
        above=True,
        what=message("a quantity greater than 0 with at most 4 decimals"),
    ),
]
Percent = Annotated[
    Decimal, *_build_amount_type(high="100", places=4, what=message("a percentage from 0 to 100"))
]
Retention = Annotated[
    Decimal, *_build_amount_type(high="99.99", places=2, what=message("a percentage from 0 to 99.99"))
]
ExchangeRate = Annotated[
    Decimal,
    *_build_amount_type(
        high="999999",
        places=10,
        above=True,
        what=message("units of the foreign currency for 1 unit of the account's currency, greater than 0"),
    ),
]

Total = Annotated[
    Decimal,
    BeforeValidator(parse_decimal),
    PlainSerializer(format_cents, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""An amount that the API returns; shown as text with two decimals, so that no reader rounds it."""

Exact = Annotated[
    Decimal,
    BeforeValidator(parse_decimal),
    PlainSerializer(format_plain, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""A number that the API returns with more than two decimals: quantities, prices, rates."""

# --- dates ---------------------------------------------------------------------------------------------

_RELATIVE_DUE_DATE = re.compile(r"\+?\s*(\d{1,3})\s*(?:d|dias?|days?)", re.IGNORECASE)
DAYS_FROM_TODAY = {
    "today": 0,
    "hoje": 0,
    "yesterday": -1,
    "ontem": -1,
    "tomorrow": 1,
    "amanhã": 1,
    "amanha": 1,
}
"""Words for days, and how many days after today each is."""
_FIRST_YEAR = 1900
"""An earlier year is a typing error, and the API reads one with fewer than four digits as today (trap 1)."""


def parse_date(value: object) -> date:
    """Parse a date written as 2026-11-30, 30/11/2026 or 30-11-2026."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        text = value.strip()
        for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
            try:
                day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no time zone
            except ValueError:
                continue
            if day.year >= _FIRST_YEAR:
                return day
    raise InvalidValue(
        message(
            "a date that exists, written 2026-11-30 (or 30/11/2026, or today); today is {today} in Lisbon",
            today=f"{get_today()}",
        )
    )


def parse_written_date(value: object) -> date:
    """Parse a date that a caller wrote: as `parse_date` does, or a word such as today, ontem, amanhã."""
    days = DAYS_FROM_TODAY.get(value.strip().lower()) if isinstance(value, str) else None
    return parse_date(value) if days is None else get_today() + timedelta(days)


def parse_due_date(value: object) -> date | str:
    """Parse a due date: a date, or +30d (also "30 dias", "30 days") for that many days after the document's date."""
    if isinstance(value, str) and (days := _RELATIVE_DUE_DATE.fullmatch(value.strip())):
        return f"+{int(days[1])}d"
    try:
        return parse_written_date(value)
    except InvalidValue as problem:
        known = message("{date}, or +30d for 30 days after the document's date", date=problem.allowed)
        raise InvalidValue(known) from None


def is_relative_date(text: str) -> bool:
    """Tell whether a text means another day when it is read on another day."""
    word = text.strip()
    return word.lower() in DAYS_FROM_TODAY or _RELATIVE_DUE_DATE.fullmatch(word) is not None


def resolve_due_date(start: date, due: date | str) -> date:
    """Return the date that +30d means after the start; a date is returned unchanged."""
    if isinstance(due, date):
        return due
    try:
        return start + timedelta(days=int(due[1:-1]))
    except OverflowError:
        raise InvalidValue(
            message("{due} after {start} is beyond the calendar", due=due, start=start), "due_date"
        ) from None


def parse_moment(value: object) -> datetime:
    """Parse a time written as 2026-11-30T09:30 or 30/11/2026 09:30:00, in Lisbon unless it has an offset."""
    moment = value if isinstance(value, datetime) else _parse_moment_text(value)
    return moment.replace(tzinfo=LISBON) if moment.tzinfo is None else moment.astimezone(LISBON)


def _parse_moment_text(value: object) -> datetime:
    if isinstance(value, str):
        text = value.strip()
        for form in ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"):
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007 - Lisbon is added by the caller
            except ValueError:
                continue
        try:
            if "T" in text or " " in text:
                return datetime.fromisoformat(text)
        except ValueError:
            pass
    known = message(
        "a date and time that exist, written 2026-11-30T09:30 or +1d 08:00; it is {now} in Lisbon",
        now=f"{lisbon_now():%Y-%m-%dT%H:%M}",
    )
    raise InvalidValue(known)


# No `format`: hosts that enforce it refuse `today`, and turn Lisbon times into UTC, since RFC 3339 requires an offset.
WireDate = Annotated[date, BeforeValidator(parse_written_date), WithJsonSchema({"type": "string"})]
"""A date. (`date: date | None` is a TypeError in a class with a field named `date`; this is not.)"""

DueDate = Annotated[date | str, BeforeValidator(parse_due_date), WithJsonSchema({"type": "string"})]

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
        return sanitize_text(value) or None
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

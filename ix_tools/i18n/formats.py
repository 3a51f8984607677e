"""Format amounts, quantities, dates and times for people in Portuguese and English."""

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ix_tools.i18n.languages import Language
from ix_tools.text.sanitize import sanitize_line

TWO_DECIMALS = re.compile(r"-?\d+\.\d\d")


LOCALES = {"pt": "pt_PT", "en": "en_GB"}


def format_money(amount: Decimal | None, language: Language, currency: str | None = "Euro") -> str:
    """Format an amount: 1.234,56 € or €1,234.56, other currencies by code or name. An unknown amount is `?`, not zero."""
    # Babel's locale data is loaded when the first amount is shown.
    from babel.numbers import format_currency, format_decimal

    if amount is None:
        return "?"
    if not currency or currency in ("Euro", "EUR"):
        # CLDR groups Portuguese thousands only from five digits and with a space; invoices print 1.234,56.
        if language == "pt":
            return f"{format_decimal(amount, '#,##0.00', locale='pt_BR')} €"
        return format_currency(amount, "EUR", locale=LOCALES[language])
    return f"{format_decimal(amount, '#,##0.00', locale='pt_BR' if language == 'pt' else 'en_GB')} {sanitize_line(currency)}"


def format_date(value: date | None, language: Language) -> str:
    """Format a date as 20/11/2026 in both languages, as Portuguese documents do."""
    return value.strftime("%d/%m/%Y") if value else "-"


def format_number(value: Decimal | None, language: Language) -> str:
    """Format a quantity or percentage without trailing zeros."""
    text = format_plain(value or Decimal(0))
    return text.replace(".", ",") if language == "pt" else text


def format_timestamp(timestamp: float) -> str:
    """Format a Unix timestamp in Lisbon time, to the minute."""
    return datetime.fromtimestamp(timestamp, LISBON).strftime("%Y-%m-%d %H:%M")


def format_rfc3339(at: float) -> str:
    """Format a Unix timestamp for programs: RFC 3339, to the second, with Lisbon's offset."""
    return datetime.fromtimestamp(at, LISBON).isoformat(timespec="seconds")


def format_date_time(moment: datetime) -> str:
    """Format a time as 20/11/2026 09:30 in Lisbon time."""
    return moment.astimezone(LISBON).strftime("%d/%m/%Y %H:%M")


LISBON = ZoneInfo("Europe/Lisbon")
"""InvoiceXpress's dates and guide times are in Lisbon time, whatever this machine's time zone is."""


def format_plain(number: Decimal) -> str:
    """Format a Decimal without exponent and trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

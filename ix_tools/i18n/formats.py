"""Format amounts, quantities, dates and times for people in Portuguese and English."""

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ix_tools.i18n.labels import Language
from ix_tools.text.sanitize import sanitize_line

TWO_DECIMALS = re.compile(r"-?\d+\.\d\d")


LOCALES = {"pt": "pt_PT", "en": "en_GB"}


def format_money(amount: Decimal | None, language: Language, currency: str | None = "Euro") -> str:
    """1.234,56 € in Portuguese, €1,234.56 in English; another currency by its code or name. Nothing is no zero: it is `?`."""
    # Babel's locale data loads when first shown to someone.
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
    """20/11/2026 in both languages: the order every Portuguese document uses."""
    return value.strftime("%d/%m/%Y") if value else "-"


def format_number(value: Decimal | None, language: Language) -> str:
    """A quantity or percentage without needless zeros."""
    text = format_plain(value or Decimal(0))
    return text.replace(".", ",") if language == "pt" else text


def format_timestamp(timestamp: float) -> str:
    """A moment in Lisbon, to the minute."""
    return datetime.fromtimestamp(timestamp, LISBON).strftime("%Y-%m-%d %H:%M")


def format_rfc3339(at: float) -> str:
    """A moment for programs: RFC 3339, to the second, with Lisbon's offset."""
    return datetime.fromtimestamp(at, LISBON).isoformat(timespec="seconds")


def format_date_time(moment: datetime) -> str:
    """20/11/2026 09:30, Lisbon time."""
    return moment.astimezone(LISBON).strftime("%d/%m/%Y %H:%M")


LISBON = ZoneInfo("Europe/Lisbon")
"""InvoiceXpress dates and guide times are Lisbon's, whatever the clock of this machine says."""


def format_plain(number: Decimal) -> str:
    """A Decimal as the shortest plain text: no exponent, no trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

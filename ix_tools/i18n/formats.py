"""Format amounts, quantities, dates and times for people in Portuguese and English."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ix_tools.i18n.languages import Bilingual, Language
from ix_tools.text.sanitize import sanitize_line

TWO_DECIMALS = re.compile(r"-?\d+\.\d\d")


LOCALES = {"pt": "pt_PT", "en": "en_GB"}


def format_money(amount: Decimal | None, language: Language, currency: str | None = "Euro") -> str:
    """Format an amount: 1.234,56 € or €1,234.56, other currencies by code or name. An unknown amount is `?`, not zero."""
    return "?" if amount is None else _format_money(amount, language, currency, "#,##0.00")


def _format_money(amount: Decimal, language: Language, currency: str | None, pattern: str) -> str:
    # Babel's locale data is loaded when the first amount is shown.
    from babel.numbers import format_decimal

    # CLDR groups Portuguese thousands only from five digits and with a space; invoices print 1.234,56.
    locale = "pt_BR" if language == "pt" else "en_GB"
    number = format_decimal(abs(amount), pattern, locale=locale)
    sign = "-" if amount < 0 else ""
    if currency and currency not in ("Euro", "EUR"):
        return f"{sign}{number} {sanitize_line(currency)}"
    return f"{sign}{number} €" if language == "pt" else f"{sign}€{number}"


def format_exact_money(amount: Decimal, language: Language, currency: str | None = "Euro") -> str:
    """Format an amount with all its decimals, such as a unit price: 0,0125 € or €0.0125."""
    return _format_money(amount, language, currency, "#,##0.00########")


def format_percent(value: Decimal | None, language: Language) -> str:
    """Format a percentage: 23 % in Portuguese, 23% in English; an unknown one is a question mark."""
    number = "?" if value is None else format_number(value, language)
    return f"{number} %" if language == "pt" else f"{number}%"


def name_percents(percents: Iterable[Decimal]) -> Bilingual:
    """Name percentages as a value of a message: `23 %, 6 %` in Portuguese, `23%, 6%` in English."""
    shown = list(percents)
    return Bilingual(
        ", ".join(format_percent(one, "pt") for one in shown),
        ", ".join(format_percent(one, "en") for one in shown),
    )


def format_date(value: date | None, language: Language) -> str:
    """Format a date as 20/11/2026 in both languages, as Portuguese documents do."""
    return value.strftime("%d/%m/%Y") if value else "-"


def format_number(value: Decimal | None, language: Language) -> str:
    """Format a quantity or percentage without trailing zeros."""
    text = format_plain(value or Decimal(0))
    return text.replace(".", ",") if language == "pt" else text


def format_timestamp(timestamp: float) -> str:
    """Format a Unix timestamp in Lisbon time, to the minute: 20/11/2026 09:30."""
    return format_date_time(datetime.fromtimestamp(timestamp, LISBON))


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

"""Template of a file: the headings in one language, with two documents as examples."""

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta

from ix_tools.batch.columns import MAX_ITEMS, Column, list_columns
from ix_tools.i18n.languages import Language


def write_template(language: Language, today: date, *, is_wide: bool = False) -> bytes:
    """Return a template as CSV in UTF-8, separated by semicolons, as spreadsheet programs here open it.

    Args:
        today: The day on which the examples are right.
        is_wide: One row for each document, as in InvoiceXpress's own import; otherwise one row for each line.
    """
    columns = _list_wide() if is_wide else [(one, 0) for one in list_columns()]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([_name(one, item, language) for one, item in columns])
    for example in _join_lines(today) if is_wide else _list_examples(today):
        writer.writerow(
            [example.get(f"{one.field}.{item}" if item else one.field, "") for one, item in columns]
        )
    return out.getvalue().encode("utf-8-sig")


def _list_wide() -> list[tuple[Column, int]]:
    lines = [one for one in list_columns() if one.is_line]
    whole = [(one, 0) for one in list_columns() if not one.is_line and one.field != "document"]
    return whole + [(one, item) for item in range(1, MAX_ITEMS + 1) for one in lines]


def _name(column: Column, item: int, language: Language) -> str:
    name = column.heading.pt if language == "pt" else column.heading.en
    return f"{name}{item}" if item else name


def _join_lines(today: date) -> Sequence[dict[str, str]]:
    joined: dict[str, dict[str, str]] = {}
    counts: dict[str, int] = {}
    for row in _list_examples(today):
        key = row["document"]
        counts[key] = counts.get(key, 0) + 1
        target = joined.setdefault(key, {})
        for name, value in row.items():
            target[f"{name}.{counts[key]}" if name.startswith("items.") else name] = value
    return list(joined.values())


def _list_examples(today: date) -> Sequence[dict[str, str]]:
    """Return rows of the long form, by field, as they are right on a day."""
    return (
        {
            "document": "1",
            "date": _write_day(today),
            "due_date": "30d",
            "client.code": "PADARIA",
            "client.name": "Padaria Central, Lda",
            "client.fiscal_id": "508025338",
            "items.name": "Apoio mensal",
            "items.quantity": "1",
            "items.unit_price": "60,50",
            "items.tax": "IVA23",
        },
        {
            "document": "1",
            "items.name": "Deslocação",
            "items.quantity": "2",
            "items.unit_price": "35,00",
            "items.tax": "IVA23",
        },
        {
            "document": "2",
            "date": _write_day(today),
            "due_date": _write_day(today + timedelta(days=30)),
            "client.code": "ANA",
            "client.name": "Ana Silva",
            "items.name": "Curso de iniciação",
            "items.quantity": "1",
            "items.unit_price": "120,00",
            "items.tax": "Isento",
            "tax_exemption": "M07",
            "email": "ana@example.pt",
        },
    )


def _write_day(day: date) -> str:
    return f"{day:%d/%m/%Y}"

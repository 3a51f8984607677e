"""Render results for a terminal: documents with lines, VAT and totals; lists as tables.

Text from the account passes `sanitize_line` first, and never rich's markup.
"""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any

from pydantic import BaseModel
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ix_tools.domain import records
from ix_tools.domain.totals import round_to_cent
from ix_tools.fiscal.exemptions import find_exemption
from ix_tools.i18n import formats
from ix_tools.i18n.field_labels import LABELS
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import message, render
from ix_tools.interfaces.cli.column_labels import format_label
from ix_tools.interfaces.cli.columns import Column, fit_columns
from ix_tools.interfaces.cli.value_formats import format_value, is_number_column
from ix_tools.interfaces.cli.value_names import COLOURS, format_kind, format_state
from ix_tools.text.sanitize import sanitize_line

DEFAULT_WIDTH = 100
"""Width if the reader's is unknown."""
UNREGISTERED = "N/D"


class Report:
    """Collects the blocks of one result."""

    def __init__(self, language: Language) -> None:
        """Begin with no blocks."""
        self._language: Language = language
        self._begun = False
        looking = sys.stdout.isatty()
        self._console = Console(
            file=StringIO(),
            width=None if looking or os.environ.get("COLUMNS") else DEFAULT_WIDTH,
            force_terminal=looking,
            no_color=bool(os.environ.get("NO_COLOR")) or not looking,
            highlight=False,
            markup=False,
            emoji=False,
        )
        if looking:
            self._console.width = os.get_terminal_size(sys.stdout.fileno()).columns or DEFAULT_WIDTH

    def render(self) -> str:
        """Return all blocks as text."""
        file = self._console.file
        assert isinstance(file, StringIO)
        return "\n".join(line.rstrip() for line in file.getvalue().rstrip("\n").split("\n"))

    # --- pieces ---

    def add_note(self, text: str) -> None:
        """Add a line that is not part of the result."""
        self._console.print(Text(text, style="yellow"))

    def add_gap(self) -> None:
        """Add an empty line."""
        self._console.print()

    def add_heading(self, *parts: tuple[str, str]) -> None:
        """Add a title in pieces, each with its style."""
        self._console.print(Text.assemble(*parts))

    def add_entries(self, rows: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Add named entries with a few lines each; nothing is cut off, however narrow the screen."""
        grid = Table.grid(padding=(0, 2, 1, 0))
        grid.add_column(no_wrap=True, style="bold")
        grid.add_column(overflow="fold")
        for name, lines in rows:
            first, *rest = (sanitize_line(line) for line in lines)
            grid.add_row(Text(name), Text("\n").join([Text(first, style="bold"), *map(Text, rest)]))
        self._console.print(grid)

    def add_pairs(self, content: Mapping[str, Any], record: type[BaseModel] | None = None) -> None:
        """Add names and values of a record, one pair a line, after a gap."""
        rows = [
            (name, format_value(name, value, self._language, record))
            for name, value in content.items()
            if value not in (None, "", [], {})
        ]
        if rows and self._begun:
            self.add_gap()
        self._add_grid([(format_label(name, self._language, record), value) for name, value in rows])

    def add_table(
        self,
        rows: Sequence[Mapping[str, Any]],
        empty: str = "",
        titles: Mapping[str, str] | None = None,
        record: type[BaseModel] | None = None,
    ) -> None:
        """Add records as rows; empty columns are omitted, and yes/no columns show only yes."""
        names = list(dict.fromkeys(name for row in rows for name in row))
        names = [name for name in names if any(row.get(name) not in (None, "", [], False) for row in rows)]
        if not names:
            self._console.print(Text(empty, style="dim"))
            return
        table = self._create_table()
        columns = [
            Column(
                name,
                (titles or {}).get(name) or format_label(name, self._language, record),
                [self._build_cell(name, row.get(name), record) for row in rows],
                is_number=is_number_column(name) and all(_is_number(row.get(name)) for row in rows),
            )
            for name in names
        ]
        shown = fit_columns(columns, self._console.width)
        for one in shown:
            table.add_column(
                one.heading,
                justify="right" if one.is_number else "left",
                overflow="fold",
                no_wrap=not one.can_wrap,
                min_width=one.least_width,
            )
        for cells in zip(*(one.cells for one in shown), strict=True):
            table.add_row(*cells)
        self._console.print(table)
        if left_out := [one.heading for one in columns if one not in shown]:
            sentence = message(
                "No room here for: {columns} (a wider terminal or --output json shows them).",
                columns=", ".join(left_out),
            )
            self._console.print(Text(render(sentence, self._language), style="dim"))
        self._begun = True

    def add_warnings(self, found: Iterable[tuple[str, str]]) -> None:
        """Add warnings."""
        for field, problem in found:
            self._console.print()
            said = f"{render(LABELS['warnings'], self._language)}: "
            self._console.print(Text.assemble((said, "bold yellow"), (f"{field}: {problem}", "yellow")))

    def add_steps(self, title: str, steps: Sequence[tuple[str, str]]) -> None:
        """Add next steps as commands to type."""
        if not steps:
            return
        self._console.print()
        self._console.print(Text(title, style="bold"))
        for command, why in steps:
            # Not wrapped, so that the command can be copied.
            self._console.print(Text(f"  {command}", style="cyan"), soft_wrap=True)
            if why:
                self._console.print(Text(f"    {why}", style="dim"))

    def _build_cell(self, name: str, value: Any, record: type[BaseModel] | None) -> Text:
        text = "-" if value is False else format_value(name, value, self._language, record)
        style = COLOURS.get(str(value), "") if name in {"status", "state"} else ""
        return Text("" if text == "-" else text, style=style)

    def _create_table(self) -> Table:
        return Table(
            box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False, padding=(0, 1)
        )

    def _add_grid(self, rows: Sequence[tuple[str, str]], right: bool = False) -> None:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim" if not right else "", justify="right" if right else "left", no_wrap=True)
        grid.add_column(overflow="fold", justify="right" if right else "left")
        for name, value in rows:
            grid.add_row(Text(name), Text(value))
        if rows:
            self._console.print(grid)

    # --- documents ---

    def add_document(self, document: records.Document, to_pay: Decimal | None = None) -> None:
        """Add a document: header, lines, VAT per rate, totals and amount to pay."""
        language = self._language
        words = format_state(document.status, language) if document.status else ""
        name = format_kind(document.document_type, language)
        number = (
            f"#{document.id}" if document.is_draft else sanitize_line(document.number or f"#{document.id}")
        )
        self.add_heading(
            (f"{name} {number}", "bold"), ("  ", ""), (words, COLOURS.get(document.status or "", ""))
        )
        self._add_grid(
            [(format_label(name, language), value) for name, value in self._list_facts(document) if value]
        )
        if document.lines:
            self._console.print()
            self._add_lines(document)
            self._console.print()
            self._add_vat_shares(document)
        self._add_totals(document, to_pay)
        self._begun = True

    def _list_facts(self, document: records.Document) -> Iterable[tuple[str, str]]:
        language = self._language
        if not document.is_draft:
            yield "id", str(document.id or "")
        client = document.client
        if client is not None and client.name:
            nif = f"{render(LABELS['nif'], language)} {client.fiscal_id}" if client.fiscal_id else ""
            yield (
                "client",
                " · ".join(sanitize_line(part) for part in (client.name, nif, client.country or "") if part),
            )
        yield "date", formats.format_date(document.date, language) if document.date else ""
        yield "due_date", formats.format_date(document.due_date, language) if document.due_date else ""
        yield "atcud", sanitize_line(document.atcud or "")
        if document.tax_exemption:
            entry = find_exemption(document.tax_exemption)
            yield "exemption", f"{document.tax_exemption}{f' – {entry.text_pt}' if entry else ''}"
        yield "owner_invoice_id", str(document.owner_invoice_id or "")
        yield "license_plate", sanitize_line(document.license_plate or "")
        for name in ("address_from", "address_to"):
            yield (
                name,
                format_value(name, getattr(document, name), language) if getattr(document, name) else "",
            )
        yield "at_doc_code_id", sanitize_line(document.at_doc_code_id or "")
        if document.mb_reference is not None and document.mb_reference.reference:
            multibanco = document.mb_reference
            yield "mb_reference", sanitize_line(f"{multibanco.entity} {multibanco.reference}")
        yield from ((name, sanitize_line(text)) for name, _, text in document.printed_texts())

    def _add_lines(self, document: records.Document) -> None:
        language, currency = self._language, document.currency
        discounts = any(line.discount for line in document.lines)
        columns = ["line", "quantity", "unit_price", *(["discount"] if discounts else []), "tax", "net"]
        table = self._create_table()
        for name in columns:
            table.add_column(
                format_label(name, language),
                justify="left" if name in {"line", "tax"} else "right",
                overflow="fold",
                no_wrap=name != "line",
            )
        for line in document.lines:
            price = line.exact_price
            money = formats.format_money(price, language, currency)
            row = {
                "line": sanitize_line(line.name or "?"),
                "quantity": formats.format_number(line.quantity, language),
                "unit_price": money
                if price == round_to_cent(price)
                else formats.format_exact_money(price, language, currency),
                "discount": formats.format_percent(line.discount, language) if line.discount else "",
                "tax": self._format_tax(line),
                "net": formats.format_money(round_to_cent(line.net), language, currency)
                if line.net is not None
                else "?",
            }
            table.add_row(*(Text(row[name]) for name in columns))
        self._console.print(table)

    def _format_tax(self, line: records.Line) -> str:
        return f"{sanitize_line(line.tax or '?')} {formats.format_percent(line.tax_rate, self._language)}"

    def _add_vat_shares(self, document: records.Document) -> None:
        found: dict[str, list[Decimal]] = {}
        for line in document.lines:
            share = found.setdefault(self._format_tax(line), [Decimal(0), Decimal(0)])
            share[0] += line.net or Decimal(0)
            share[1] += line.vat or Decimal(0)
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        for _ in range(4):
            grid.add_column(justify="right", no_wrap=True)
        base, vat = render(LABELS["base"], self._language), render(LABELS["tax"], self._language)
        for name, (net, tax) in found.items():
            amounts = (
                formats.format_money(round_to_cent(part), self._language, document.currency)
                for part in (net, tax)
            )
            first, second = amounts
            grid.add_row(
                Text(name), Text(base, style="dim"), Text(first), Text(vat, style="dim"), Text(second)
            )
        self._console.print(grid)

    def _add_totals(self, document: records.Document, to_pay: Decimal | None) -> None:
        language = self._language
        rows: list[tuple[str, str]] = []
        amounts = (
            ("discount_total", document.discount or None),
            ("net", document.before_taxes),
            ("tax", document.taxes),
            ("total", document.total),
        )
        for name, amount in amounts:
            if amount is not None:
                rows.append(
                    (
                        render(LABELS[name], language),
                        formats.format_money(amount, language, document.currency),
                    )
                )
        if document.retention:
            held = f"{render(LABELS['retention'], language)} {formats.format_percent(document.retention, language)}"
            rows.append((held, formats.format_money(document.withholding_tax, language, document.currency)))
        if to_pay is not None:
            rows.append(
                (
                    render(LABELS["to_pay"], language),
                    formats.format_money(to_pay, language, document.currency),
                )
            )
        if not rows:
            return
        self._console.print()
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column(justify="right", no_wrap=True)
        total = render(LABELS["total"], language)
        for name, value in rows:
            grid.add_row(Text(name), Text(value), style="bold" if name == total else "")
        self._console.print(grid)

    # --- series ---

    def add_series(self, series: records.Sequence) -> None:
        """Add a series with each document type's id, last number and validation code."""
        language = self._language
        default = f"  {format_label('default', language).lower()}" if series.default else ""
        self.add_heading(
            (f"{format_label('serie', language)} {sanitize_line(series.serie or '?')}", "bold"),
            (f"  id {series.id}", "dim"),
            (default, "green"),
        )
        table = self._create_table()
        for name in ("document_type", "sequence_id", "last_number", "validation_code"):
            table.add_column(
                format_label(name, language), justify="right" if is_number_column(name) else "left"
            )
        for name, part in series.types.items():
            code = part.validation_code or ""
            table.add_row(
                Text(format_kind(name, language)),
                Text(str(part.sequence_id or "")),
                Text(str(part.number or 0)),
                Text(sanitize_line(code), style="yellow" if code == UNREGISTERED else ""),
            )
        self._console.print(Padding(table, (0, 0, 1, 2)))


def _is_number(value: Any) -> bool:
    return value is None or str(value).replace(".", "", 1).replace("-", "", 1).isdecimal()

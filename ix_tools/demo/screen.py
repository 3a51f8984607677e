"""Print the demo's headings, sentences, forms and tables, with colours in a terminal."""

import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ix_tools.demo.texts import TEXTS
from ix_tools.i18n import formats
from ix_tools.i18n.languages import Language
from ix_tools.i18n.messages import Value, render

MAX_WIDTH = 100
INDENT = 3
MARKS = {"call": ("→", ">", "cyan"), "good": ("✓", "+", "bold green"), "bad": ("✗", "x", "bold red")}
"""Each mark with and without Unicode, and its colour. The text after it repeats its meaning."""


class Screen:
    """Prints the demo."""

    def __init__(self, language: Language) -> None:
        """Use the terminal's colours (and NO_COLOR); print plain text to a pipe."""
        found = Console()
        self.console = Console(
            highlight=False, width=min(found.width, MAX_WIDTH) if found.is_terminal else MAX_WIDTH
        )
        self.language: Language = language
        self._step_count = 0

    def translate(self, key: str, **values: Value) -> str:
        """Return a sentence of the demo in the reader's language."""
        return render(TEXTS[key].fill(**values), self.language)

    def format_money(self, amount: Any) -> str:
        """Format an amount in euros in the reader's language."""
        return formats.format_money(Decimal(str(amount)), self.language)

    def print_title(self, key: str, notice: str, **values: Value) -> None:
        """Print the title and the notice."""
        self.console.print(Text(self.translate(key, **values), style="bold"))
        self._print_paragraph(Text(self.translate(notice)))

    def print_step(self, key: str, **values: Value) -> None:
        """Print the heading of the next step."""
        self._step_count += 1
        self.console.print()
        heading = Text.assemble(
            (f"{self._step_count}. ", "bold cyan"), (self.translate(key, **values), "bold")
        )
        self.console.print(heading)

    def print_call(self, tool: str, key: str, **values: Value) -> None:
        """Print the assistant's request."""
        self._print_paragraph(Text.assemble((tool, "cyan"), f": {self.translate(key, **values)}"), "call")

    def print_success(self, key: str, **values: Value) -> None:
        """Print a success."""
        self._print_paragraph(Text(self.translate(key, **values)), "good")

    def print_failure(self, key: str, text: str) -> None:
        """Print a failure with the server's own reason."""
        said = text.removeprefix("Refused: ").removeprefix("Recusado: ")
        self._print_paragraph(Text.assemble((self.translate(key), "bold red"), f": {said}"), "bad")

    def print_text(self, key: str, **values: Value) -> None:
        """Print an explanation."""
        self._print_paragraph(Text(self.translate(key, **values)), hanging=True)

    def print_evidence(self, key: str, **values: Value) -> None:
        """Print a fact about the requests that the sandbox received."""
        self._print_paragraph(Text(self.translate(key, **values), style="dim"), hanging=True)

    def print_form(self, text: str, *, title: str = "form") -> None:
        """Print the form that a person reads before approving."""
        panel = Panel(
            Text(text), box=box.SQUARE, title=self.translate(title), title_align="left", border_style="yellow"
        )
        self._print_indented(panel)

    def print_table(
        self, headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()
    ) -> None:
        """Print rows under headings; `right` lists the columns of numbers."""
        table = Table(
            box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0)
        )
        for at, heading in enumerate(headings):
            table.add_column(
                self.translate(heading) if heading else "",
                justify="right" if at in right else "left",
                no_wrap=at in right,
            )
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._print_indented(table, INDENT + 2)

    def ask_user(self, key: str, **values: Value) -> str:
        """Return the line that the user types, or nothing if there is no user."""
        self._print_paragraph(Text(self.translate(key, **values), style="bold yellow"), hanging=True)
        sys.stdout.flush()
        try:
            return input(" " * (INDENT + 2)).strip().casefold()
        except EOFError:
            self.print_blank_line()
            return ""

    def print_blank_line(self) -> None:
        """Print an empty line."""
        self.console.print()

    def _print_paragraph(self, text: Text, mark: str = "", *, hanging: bool = False) -> None:
        """Print a paragraph after its mark, wrapped and indented, without trailing spaces."""
        first, rest = Text(" " * INDENT), INDENT + (2 if mark or hanging else 0)
        if mark:
            drawn, plain, style = MARKS[mark]
            first.append(f"{plain if self.console.options.ascii_only else drawn} ", style=style)
        elif hanging:
            first.append("  ")
        for line in text.wrap(self.console, self.console.width - rest):
            line.rstrip()
            self.console.print(first + line, soft_wrap=True)
            first = Text(" " * rest)

    def _print_indented(self, shown: Panel | Table, indent: int = INDENT + 2) -> None:
        self.console.print(Padding(shown, (0, 0, 0, indent), expand=False))

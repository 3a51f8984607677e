"""How the demo looks: headings, sentences, forms and tables; with colours in a terminal, and the same words in a file."""

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

from ix_tools.demo.words import SAID
from ix_tools.i18n import formats
from ix_tools.i18n.words import Language

WIDEST = 100
INDENT = 3
MARKS = {"call": ("→", ">", "cyan"), "good": ("✓", "+", "bold green"), "bad": ("✗", "x", "bold red")}
"""What each mark looks like, with and without Unicode, and its colour. The words after it say the same."""


class Screen:
    """Where the demo prints."""

    def __init__(self, language: Language) -> None:
        """Colours follow the terminal (and NO_COLOR); a pipe gets plain text."""
        # A console with an old code page has no euro sign; a question mark is better than a crash.
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")
        found = Console()
        self.console = Console(
            highlight=False, width=min(found.width, WIDEST) if found.is_terminal else WIDEST
        )
        self.language: Language = language
        self._steps = 0

    def say(self, key: str, **values: object) -> str:
        """A sentence of the demo in the reader's language."""
        return SAID[key].in_(self.language).format(**values)

    def money(self, amount: Any) -> str:
        """An amount in euros as the reader writes it."""
        return formats.money(Decimal(str(amount)), self.language)

    def title(self, key: str, notice: str, **values: object) -> None:
        """The first lines."""
        self.console.print(Text(self.say(key, **values), style="bold"))
        self._block(Text(self.say(notice)))

    def step(self, key: str, **values: object) -> None:
        """The heading of the next step."""
        self._steps += 1
        self.console.print()
        heading = Text.assemble((f"{self._steps}. ", "bold cyan"), (self.say(key, **values), "bold"))
        self.console.print(heading)

    def call(self, tool: str, key: str, **values: object) -> None:
        """What the assistant asks for."""
        self._block(Text.assemble((tool, "cyan"), f": {self.say(key, **values)}"), "call")

    def good(self, key: str, **values: object) -> None:
        """What happened."""
        self._block(Text(self.say(key, **values)), "good")

    def bad(self, key: str, text: str) -> None:
        """What did not happen, and why, in the server's own words."""
        said = text.removeprefix("Refused: ")
        self._block(Text.assemble((self.say(key), "bold red"), f": {said}"), "bad")

    def text(self, key: str, **values: object) -> None:
        """A sentence that explains."""
        self._block(Text(self.say(key, **values)), hanging=True)

    def proof(self, key: str, **values: object) -> None:
        """What the sandbox saw."""
        self._block(Text(self.say(key, **values), style="dim"), hanging=True)

    def form(self, text: str, *, title: str = "form") -> None:
        """What a person is shown before saying yes."""
        panel = Panel(
            Text(text), box=box.SQUARE, title=self.say(title), title_align="left", border_style="yellow"
        )
        self._indented(panel)

    def table(
        self, headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()
    ) -> None:
        """Rows under headings; `right` are the columns of figures."""
        table = Table(
            box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0)
        )
        for at, heading in enumerate(headings):
            side = "right" if at in right else "left"
            table.add_column(self.say(heading) if heading else "", justify=side, no_wrap=side == "right")  # type: ignore[arg-type]
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._indented(table, INDENT + 2)

    def ask(self, key: str, **values: object) -> str:
        """What the person types; nothing when there is nobody to type."""
        self._block(Text(self.say(key, **values), style="bold yellow"), hanging=True)
        sys.stdout.flush()
        try:
            return input(" " * (INDENT + 2)).strip().casefold()
        except EOFError:
            self.gap()
            return ""

    def gap(self) -> None:
        """An empty line."""
        self.console.print()

    def _block(self, text: Text, mark: str = "", *, hanging: bool = False) -> None:
        """A paragraph behind its mark, wrapped and indented, without spaces at the ends of lines."""
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

    def _indented(self, shown: Panel | Table, indent: int = INDENT + 2) -> None:
        self.console.print(Padding(shown, (0, 0, 0, indent), expand=False))

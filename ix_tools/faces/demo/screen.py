"""How the demo looks: headings, sentences, forms and tables; the same words with colours in a terminal and without in a file."""

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

from ix_tools import render
from ix_tools.faces.demo.words import SAID
from ix_tools.words import Language

WIDEST = 100


class Screen:
    """Where the demo prints."""

    def __init__(self, language: Language) -> None:
        """Colours follow the terminal (and NO_COLOR); a pipe gets plain text."""
        # A console of an old code page has no euro sign; a question mark is better than a crash.
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")
        self.console = Console(highlight=False, width=min(Console().width, WIDEST))
        self.language: Language = language
        self.steps = 0

    def say(self, key: str, **values: object) -> str:
        """A sentence of the demo in the reader's language."""
        return SAID[key].in_(self.language).format(**values)

    def money(self, amount: Any) -> str:
        """An amount in euros as the reader writes it."""
        return render.money(Decimal(str(amount)), self.language)

    def title(self, key: str, notice: str, **values: object) -> None:
        """The first lines."""
        self.console.print(Text(self.say(key, **values), style="bold"))
        self.text(notice)

    def step(self, key: str, **values: object) -> None:
        """The heading of the next step."""
        self.steps += 1
        self.console.print()
        heading = Text.assemble((f"{self.steps}. ", "bold cyan"), (self.say(key, **values), "bold"))
        self.console.print(heading)

    def text(self, key: str, style: str = "", **values: object) -> None:
        """A sentence."""
        self._indented(Text(self.say(key, **values), style=style))

    def call(self, tool: str, key: str, **values: object) -> None:
        """What the assistant asks for."""
        self._indented(Text.assemble((f"{tool}  ", "cyan"), self.say(key, **values)))

    def good(self, key: str, **values: object) -> None:
        """What happened."""
        self._indented(Text.assemble((f"{self.say('done')}  ", "bold green"), self.say(key, **values)))

    def bad(self, label: str, text: str) -> None:
        """What was refused or declined, in the server's own words."""
        self._indented(Text.assemble((f"{self.say(label)}  ", "bold red"), text))

    def proof(self, key: str, **values: object) -> None:
        """What the sandbox saw."""
        self._indented(Text(self.say(key, **values), style="dim"))

    def form(self, text: str, *, title: str = "form") -> None:
        """What a person is shown before saying yes."""
        panel = Panel(
            Text(text), box=box.SQUARE, title=self.say(title), title_align="left", border_style="yellow"
        )
        self.console.print(Padding(panel, (0, 0, 0, 3), expand=False))

    def table(
        self, headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()
    ) -> None:
        """Rows under headings; `right` are the columns of figures."""
        table = Table(
            box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0)
        )
        for at, heading in enumerate(headings):
            table.add_column(
                self.say(heading) if heading else "",
                justify="right" if at in right else "left",
                no_wrap=at in right,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(Padding(table, (0, 0, 0, 3), expand=False))

    def ask(self, key: str, **values: object) -> str:
        """What the person types; nothing when there is nobody to type."""
        self._indented(Text(self.say(key, **values), style="bold yellow"))
        try:
            return input("   > ").strip().casefold()
        except EOFError:
            return ""

    def gap(self) -> None:
        """An empty line."""
        self.console.print()

    def _indented(self, text: Text) -> None:
        self.console.print(Padding(text, (0, 0, 0, 3), expand=False))

"""Choose the columns of a table by the width of the terminal, so that no word or number is broken."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rich.cells import cell_len
from rich.text import Text

from ix_tools.interfaces.cli.record_fields import list_amounts

ESSENTIAL = frozenset(
    {"id", "name", "number", "status", "state", "document_type", "setting", "setting_value"}
)
"""Columns that stay, as amounts do, however narrow the terminal is."""
GAP = 3
"""Characters between two columns."""
LONGEST_LINE = 18
"""Width at which a text of several words is wrapped."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    heading: str
    cells: Sequence[Text]
    is_number: bool = False

    @cached_property
    def can_wrap(self) -> bool:
        """Tell whether lines may end within the column; never in ids, numbers and dates."""
        return self.name != "id" and not self.is_number and any(" " in cell.plain for cell in self.cells)

    @cached_property
    def least_width(self) -> int:
        """Return the width in which no word is broken, and a text of several words is readable."""
        texts = [self.heading, *(cell.plain for cell in self.cells)]
        whole = max(map(cell_len, texts))
        if not self.can_wrap:
            return whole
        words = max(cell_len(word) for text in texts for word in text.split() or [""])
        return max(words, min(whole, LONGEST_LINE))


def fit_columns(columns: Sequence[Column], width: int) -> list[Column]:
    """Return the columns that fit into a width: the last ones are left out first, essential ones never."""
    shown = list(columns)
    for one in reversed(columns):
        if sum(each.least_width + GAP for each in shown) - GAP <= width:
            break
        if one.name not in ESSENTIAL | list_amounts() and len(shown) > 1:
            shown.remove(one)
    return shown

"""Texts in tables that people open in a spreadsheet program, which would calculate a text that begins like a formula."""

import re

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""Beginnings that spreadsheet programs take for a formula; the wide forms in East Asian ones."""
_NUMBER = re.compile(r"[+-]?[0-9][0-9., \u00a0\u202f]*[%€]?")


def mark_text(cell: str) -> str:
    """Return a cell with an apostrophe before it if a program would calculate it; numbers stay as they are."""
    return f"'{cell}" if _needs_mark(cell) else cell


def unmark_text(cell: str) -> str:
    """Return a cell that `mark_text` marked as it was before."""
    return cell[1:] if cell.startswith("'") and _needs_mark(cell[1:]) else cell


def _needs_mark(cell: str) -> bool:
    # Apostrophes that were there already count as none, so that a mark can be taken off again.
    bare = cell.lstrip("'")
    is_formula = bare.startswith(FORMULA_STARTS) or bare.lstrip().startswith(FORMULA_STARTS)
    return is_formula and not _NUMBER.fullmatch(cell)

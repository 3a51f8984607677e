"""Meaning of a cell: one table for all file formats, so that the same cell is the same value wherever it stands.

| column | text | number | date | percent format |
| code, text | as it stands | a whole number is its digits; any other is refused | refused | refused |
| amount | 60,50 · 60.50 · 1.234,50 · 1 234,50 | as shown, to 15 digits | refused | refused |
| percent | 23 · 23% · 23,5% | 23; from 0 to 1 refused unless its format is known | refused | times 100 |
| date | 2026-11-30 · 30/11/2026 | refused: a number without a date format | as it is | refused |

A formula without a value, an error value, and a logical value are refused in every column.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from ix_tools.batch.faults import CellFault
from ix_tools.i18n.messages import Message, message, verbatim

Form = Literal["empty", "text", "number", "unformatted", "percent", "date", "time", "yes", "error", "formula"]
"""Form of a cell. `unformatted` is a number whose format the file does not tell; `formula` is one that was never calculated."""
Kind = Literal["text", "code", "amount", "percent", "tax", "date", "due", "word"]
"""Meaning of a column."""
MAX_TEXT = 5000
"""Characters of a cell."""

AS_TEXT = message("format the column as text and write the value again")
DAY_FIRST = verbatim("2026-11-30, 30/11/2026")
AMOUNT = verbatim("60,50 · 1234,50 · 1.234,50")
PERCENT = verbatim("23 · 23% · 6,5%")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as the file has it."""

    form: Form
    value: str | float | date | bool | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing in the cell."""
        return self.form == "empty" or (self.form == "text" and not str(self.value).strip())

    def show(self) -> str:
        """Return the cell as a report repeats it."""
        if self.value is None:
            return ""
        if isinstance(self.value, float):
            return (
                _show_for_report(self.value * 100) + "%"
                if self.form == "percent"
                else _show_for_report(self.value)
            )
        if isinstance(self.value, datetime) and not (self.value.hour or self.value.minute):
            return self.value.date().isoformat()
        return self.value.isoformat() if isinstance(self.value, date) else str(self.value)


EMPTY = Cell("empty")


def show_number(number: float) -> str:
    """Return a number as spreadsheets show it: to 15 digits, without an exponent."""
    text = format(Decimal(f"{number:.15g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _show_for_report(number: float) -> str:
    """Return a number with a decimal comma, and never with three decimals, so that `read_amount` reads the same number."""
    text = show_number(number)
    decimals = len(text.partition(".")[2])
    return f"{text}{'0' * (decimals == 3)}".replace(".", ",")


def read_text(cell: Cell) -> str | None:
    """Read a cell as text; the digits of a whole number count as text."""
    if cell.is_empty:
        return None
    _refuse_unusable(cell)
    if cell.form == "text":
        return _check_text(str(cell.value))
    if cell.form in {"number", "unformatted"} and isinstance(cell.value, float):
        if cell.value.is_integer() and abs(cell.value) < 10**15:
            return str(int(cell.value))
        raise CellFault(message("{number} is a number, not a text", number=_show_plain(cell)), AS_TEXT)
    raise CellFault(
        message("is a date here, because the spreadsheet turned the text into one")
        if cell.form in {"date", "time"}
        else message("is a percentage, not a text"),
        AS_TEXT,
    )


def read_amount(cell: Cell) -> Decimal | None:
    """Read a cell as an amount or a quantity."""
    if cell.is_empty:
        return None
    _refuse_unusable(cell)
    if cell.form == "text":
        return _parse_amount(str(cell.value))
    if cell.form in {"number", "unformatted"} and isinstance(cell.value, float):
        return Decimal(show_number(cell.value))
    raise CellFault(message("is no amount, but a date or a percentage"), AMOUNT)


def read_percent(cell: Cell) -> Decimal | None:
    """Read a cell as a percentage: 23 is 23 %; 0.23 is 23 % only in a cell whose format is a percentage."""
    if cell.is_empty:
        return None
    _refuse_unusable(cell)
    if cell.form == "text":
        text = str(cell.value).strip()
        share = _parse_amount(text.removesuffix("%").strip())
        if 0 < share < 1 and not text.endswith("%"):
            raise _build_share_fault(text)
        return share
    if cell.form == "percent" and isinstance(cell.value, float):
        return Decimal(show_number(cell.value * 100))
    if isinstance(cell.value, float):
        number = Decimal(show_number(cell.value))
        if 0 < number < 1 or (number == 1 and cell.form == "unformatted"):
            raise _build_share_fault(_show_plain(cell))
        return number
    raise CellFault(message("is no percentage, but a date"), PERCENT)


def read_date(cell: Cell) -> date | None:
    """Read a cell as a date. A number without a date format is refused: people saw a number in that cell."""
    if cell.is_empty:
        return None
    _refuse_unusable(cell)
    if cell.form == "date" and isinstance(cell.value, date):
        if isinstance(cell.value, datetime) and (cell.value.hour or cell.value.minute):
            raise CellFault(message("has a time of day beside the date"), DAY_FIRST)
        return cell.value.date() if isinstance(cell.value, datetime) else cell.value
    if cell.form == "text":
        return _parse_date(str(cell.value).strip())
    if cell.form == "time":
        raise CellFault(message("is a time of day, not a date"), DAY_FIRST)
    raise CellFault(
        message("{number} is a number without a date format", number=_show_plain(cell)),
        message("give the cell a date format, or write 30/11/2026 as text"),
    )


def find_mixed_meaning(kind: Kind, cells: Iterable[Cell]) -> tuple[Message, Message] | None:
    """Return what is wrong with a column whose cells have two meanings, and what would be right; None if they have one."""
    cells = list(cells)
    texts = [str(one.value).strip() for one in cells if one.form == "text" and not one.is_empty]
    numbers = [one for one in cells if one.form in {"number", "unformatted", "percent"}]
    if kind in {"amount", "percent"}:
        written = {_find_decimal_sign(text) for text in texts} - {""}
        if len(written) > 1:
            return (
                message("some amounts have a decimal comma and others a decimal point"),
                message("one of them in the whole column"),
            )
    if kind in {"percent", "tax"} and len({one.form for one in numbers if one.value}) > 1:
        return (
            message("some cells have a percentage format and others are plain numbers"),
            message("one format in the whole column"),
        )
    if kind == "tax":
        named = [text for text in texts if not _is_rate(text)]
        if named and (numbers or len(named) < len(texts)):
            return (
                message("some cells name a tax, such as IVA23, and others are rates"),
                message("names in the whole column, or rates"),
            )
    if (
        kind == "code"
        and numbers
        and any(len(text) > 1 and text.startswith("0") and text.isdecimal() for text in texts)
    ):
        return (
            message(
                "some codes are texts that begin with 0, and others are numbers, which cannot begin with 0"
            ),
            AS_TEXT,
        )
    return None


def is_rate(cell: Cell) -> bool:
    """Tell whether a cell of a tax column is a rate, not a name."""
    return cell.form != "text" or _is_rate(str(cell.value).strip())


# --- one form ------------------------------------------------------------------------------------------


def _show_plain(cell: Cell) -> str:
    return show_number(cell.value) if isinstance(cell.value, float) else cell.show()


def _refuse_unusable(cell: Cell) -> None:
    if cell.form == "formula":
        raise CellFault(
            message("is a formula that was never calculated"),
            message("open the file in the spreadsheet program and save it, or write the value"),
        )
    if cell.form == "error":
        raise CellFault(message("is an error of a formula: {error}", error=str(cell.value)))
    if cell.form == "yes":
        raise CellFault(message("is a logical value (true or false)"), AS_TEXT)


def _check_text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise CellFault(message("has {count} characters; at most {limit}", count=len(text), limit=MAX_TEXT))
    if text.lstrip().startswith("="):
        raise CellFault(message("begins with =, which is a formula in a spreadsheet"), AS_TEXT)
    if "\ufffd" in text or _MOJIBAKE.search(text):
        raise CellFault(
            message("holds letters that were garbled when the file was saved: {text}", text=text[:40]),
            message("save the file again from its source, as CSV UTF-8"),
        )
    return text.strip()


_MOJIBAKE = re.compile("Ã[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|Â[ºª°€]|â€")
"""UTF-8 that was read as cp1252 once too often."""
_GROUPED_COMMA = re.compile(r"\d{1,3}(?:[. ]\d{3})+,\d+")
_GROUPED_POINT = re.compile(r"\d{1,3}(?:[, ]\d{3})+\.\d+")
_MANY_GROUPS = re.compile(r"\d{1,3}(?:([., ])\d{3})(?:\1\d{3})+|\d{1,3} \d{3}")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_UNCLEAR = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def _parse_amount(written: str) -> Decimal:
    text = re.sub("[\u00a0\u2007\u202f]", " ", written).strip()
    text = text.removesuffix("EUR").removesuffix("€").removeprefix("€").strip()
    sign, digits = ("-", text[1:].strip()) if text[:1] in {"-", "−"} else ("", text)
    if not digits.isascii() or not digits:
        raise CellFault(message("“{text}” is no amount", text=written[:40]), AMOUNT)
    if _UNCLEAR.fullmatch(digits):
        raise CellFault(
            message("{text} can be read in two ways: a thousand, or three decimals", text=written[:40]),
            message("without separators of thousands, and with another number of decimals: 1234 or 1,2340"),
        )
    if _GROUPED_COMMA.fullmatch(digits):
        digits = digits.replace(".", "").replace(" ", "").replace(",", ".")
    elif _GROUPED_POINT.fullmatch(digits):
        digits = digits.replace(",", "").replace(" ", "")
    elif _MANY_GROUPS.fullmatch(digits):
        digits = re.sub("[., ]", "", digits)
    elif _PLAIN.fullmatch(digits):
        digits = digits.replace(",", ".")
    else:
        raise CellFault(message("“{text}” is no amount", text=written[:40]), AMOUNT)
    if len(digits) > 20:
        raise CellFault(message("“{text}” has too many digits", text=written[:40]), AMOUNT)
    return Decimal(sign + digits)


def _find_decimal_sign(text: str) -> str:
    marks = [char for char in text if char in ".,"]
    if not marks or _MANY_GROUPS.fullmatch(text):
        return ""
    return marks[-1]


def _is_rate(text: str) -> bool:
    return re.fullmatch(r"[\d.,\s]+%?", text) is not None


def _build_share_fault(text: str) -> CellFault:
    return CellFault(
        message(
            "{text} is less than 1 %; it is a share of 1 only in a cell with a percentage format", text=text
        ),
        PERCENT,
    )


def _parse_date(text: str) -> date:
    whole = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    parts: Sequence[str] | None = whole.groups() if whole else None
    if parts is None and (day_first := re.fullmatch(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", text)):
        parts = (day_first[4], day_first[3], day_first[1])
    try:
        if parts is not None and text.isascii():
            return date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        raise CellFault(message("{text} is no day of the calendar", text=text), DAY_FIRST) from None
    raise CellFault(message("“{text}” is not written as a date", text=text[:40]), DAY_FIRST)

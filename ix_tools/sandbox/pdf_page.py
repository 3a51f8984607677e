"""Pages of a PDF: text in Helvetica, rectangles and lines, in millimetres from the top left, with a header and a footer on each page.

The fonts are those that every reader has, so nothing is embedded; their letters are those of Windows-1252.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ix_tools.sandbox import font_widths

Colour = tuple[int, int, int]
Align = Literal["left", "right"]
HEIGHT, WIDTH = 297.0, 210.0
POINTS = 72 / 25.4
"""Points of a millimetre."""
BASELINE = 0.3
"""How far below the middle of a line its letters stand, as a part of their size."""
PAGES = "{pages}"
"""Stands in a text for the number of pages."""
_UNDECOMPOSED = str.maketrans({"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "‑": "-", "−": "-"})


def to_writable(text: str) -> str:
    """Replace letters that the fonts lack: they lose their accents or become ?."""
    return "".join(
        letter if _is_writable(letter) else _find_similar_letter(letter)
        for letter in text.translate(_UNDECOMPOSED)
    )


def _is_writable(letter: str) -> bool:
    return letter == "\n" or (letter >= " " and letter.encode("cp1252", "ignore") != b"")


def _find_similar_letter(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if _is_writable(base) else "?"


@dataclass(frozen=True)
class Style:
    """How letters look."""

    size: float
    """In points."""
    bold: bool = False
    colour: Colour = (0, 0, 0)

    def measure(self, text: str) -> float:
        """Return the width of a text in millimetres."""
        widths = font_widths.BOLD if self.bold else font_widths.REGULAR
        places = to_writable(text).encode("cp1252", "replace")
        return (
            sum(widths[place - font_widths.FIRST] for place in places if place >= 32)
            * self.size
            / 1000
            / POINTS
        )

    def wrap(self, text: str, width: float) -> list[str]:
        """Break a text into lines of at most this width: between words, and within a word that is longer."""
        lines: list[str] = []
        for paragraph in to_writable(text).split("\n"):
            line = ""
            for word in self._split_words(paragraph, width):
                longer = f"{line} {word}" if line else word
                if line and self.measure(longer) > width:
                    lines.append(line)
                    line = word
                else:
                    line = longer
            lines.append(line)
        return lines

    def _split_words(self, paragraph: str, width: float) -> Iterator[str]:
        for word in paragraph.split(" "):
            rest = word
            while self.measure(rest) > width and len(rest) > 1:
                fits = next(
                    n for n in range(len(rest) - 1, 0, -1) if n == 1 or self.measure(rest[:n]) <= width
                )
                yield rest[:fits]
                rest = rest[fits:]
            yield rest


class Pages:
    """The pages, written from top to bottom. A text or row that does not fit begins a new page."""

    def __init__(self, left: float, top: float, bottom: float) -> None:
        """Begin without a page.

        Args:
            left: where lines begin.
            top: where a page's content begins, below the header.
            bottom: where it ends, above the footer.
        """
        self.left, self.top, self.bottom = left, top, bottom
        self.style = Style(9)
        self.y = top
        self._contents: list[list[bytes]] = []
        self._at_edge = False

    def print_header(self) -> None:
        """Print what stands at the top of each page."""

    def print_footer(self) -> None:
        """Print what stands at the bottom of each page."""

    @property
    def number(self) -> int:
        """The number of the page that is being written."""
        return len(self._contents)

    def add_page(self) -> None:
        """Begin a new page, with header and footer."""
        style = self.style
        self._contents.append([])
        self._at_edge = True
        self.print_footer()
        self.print_header()
        self._at_edge = False
        self.style, self.y = style, self.top

    def ensure_room(self, height: float) -> None:
        """Begin a new page if this much does not fit on this one."""
        if not self._at_edge and self.y + height > self.bottom and self.y > self.top:
            self.add_page()

    def write(self, text: str, x: float, width: float, height: float, align: Align = "left") -> None:
        """Write a text on the present line, which stays where it is."""
        self.ensure_room(height)
        shown = to_writable(text)
        at = x if align == "left" else x + width - self.style.measure(shown)
        baseline = self.y + height / 2 + BASELINE * self.style.size / POINTS
        font = b"/F2" if self.style.bold else b"/F1"
        escaped = (
            shown.encode("cp1252", "replace")
            .replace(b"\\", b"\\\\")
            .replace(b"(", b"\\(")
            .replace(b")", b"\\)")
        )
        self._add(
            b"BT %b rg %b %b Tf %b %b Td (%b) Tj ET"
            % (
                _format_colour(self.style.colour),
                font,
                _format(self.style.size),
                _x(at),
                _y(baseline),
                escaped,
            )
        )

    def write_line(self, text: str, x: float, width: float, height: float, align: Align = "left") -> None:
        """Write a text, and go below it."""
        self.write(text, x, width, height, align)
        self.y += height

    def write_wrapped(self, text: str, x: float, width: float, height: float) -> None:
        """Write a text of as many lines as it needs, and go below them."""
        for line in self.style.wrap(text, width):
            self.write_line(line, x, width, height)

    def fill(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle."""
        self._add(
            b"%b rg %b %b %b %b re f"
            % (
                _format_colour(colour),
                _x(x),
                _y(y + height),
                _format(width * POINTS),
                _format(height * POINTS),
            )
        )

    def draw_line(self, x: float, y: float, to_x: float, colour: Colour) -> None:
        """Draw a horizontal line."""
        self._add(b"%b RG 0.57 w %b %b m %b %b l S" % (_format_colour(colour), _x(x), _y(y), _x(to_x), _y(y)))

    def draw_code(self, rows: Sequence[Sequence[int]], x: float, y: float, size: float) -> None:
        """Draw a square of dark and light fields, such as a QR code."""
        field = size / len(rows)
        for number, row in enumerate(rows):
            begin = None
            for place, dark in enumerate([*row, 0]):
                if dark and begin is None:
                    begin = place
                elif not dark and begin is not None:
                    # A little higher than a field, so that no reader shows a seam between two.
                    self.fill(
                        x + begin * field,
                        y + number * field,
                        (place - begin) * field,
                        field * 1.02,
                        (0, 0, 0),
                    )
                    begin = None

    def _add(self, operation: bytes) -> None:
        self._contents[-1].append(operation)

    def build(self, title: str, author: str, created: datetime) -> bytes:
        """Return the finished PDF."""
        import pydyf  # needed only when something is printed

        pdf = pydyf.PDF()
        fonts = {}
        for key, name in (("F1", "Helvetica"), ("F2", "Helvetica-Bold")):
            about = {
                "Type": "/Font",
                "Subtype": "/Type1",
                "BaseFont": f"/{name}",
                "Encoding": "/WinAnsiEncoding",
            }
            font = pydyf.Dictionary(about)
            pdf.add_object(font)
            fonts[key] = font.reference
        resources = pydyf.Dictionary({"Font": pydyf.Dictionary(fonts)})
        pages = str(len(self._contents)).encode()
        for operations in self._contents:
            content = [one.replace(PAGES.encode(), pages) for one in operations]
            stream = pydyf.Stream(content, compress=True)
            pdf.add_object(stream)
            pdf.add_page(
                pydyf.Dictionary(
                    {
                        "Type": "/Page",
                        "Parent": pdf.pages.reference,
                        "MediaBox": pydyf.Array([0, 0, round(WIDTH * POINTS, 2), round(HEIGHT * POINTS, 2)]),
                        "Contents": stream.reference,
                        "Resources": resources,
                    }
                )
            )
        pdf.catalog["Lang"] = pydyf.String("pt-PT")
        pdf.info["Title"] = pydyf.String(title)
        pdf.info["Author"] = pydyf.String(author)
        pdf.info["CreationDate"] = pydyf.String(created.strftime("D:%Y%m%d%H%M%S"))
        out = io.BytesIO()
        pdf.write(out)
        return out.getvalue()


def _format(number: float) -> bytes:
    return f"{number:.2f}".encode()


def _x(millimetres: float) -> bytes:
    return _format(millimetres * POINTS)


def _y(millimetres: float) -> bytes:
    return _format((HEIGHT - millimetres) * POINTS)


def _format_colour(colour: Colour) -> bytes:
    return b" ".join(_format(part / 255) for part in colour)

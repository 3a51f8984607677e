"""Archives of spreadsheet files: opened with limits, so that no file unpacks to more than it may."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from ix_tools.batch.faults import Unreadable
from ix_tools.i18n.messages import message

MAX_UNPACKED = 200_000_000
"""Bytes of one part when it is unpacked."""
MAX_PARTS = 2000
MAX_ELEMENTS = 1_000_000
"""Elements of an XML part that are read: a thousand documents of ten lines need a third of it, and each costs time and memory."""
MAX_DEPTH = 100
"""Elements within each other; spreadsheet programs write a dozen."""
SAVE_AGAIN = message("open it in the spreadsheet program and save it again")
CHUNK = 1 << 16


DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
"""Exceptions of the library for a damaged or incomplete archive, or an unknown compression."""


class Archive:
    """The parts of a spreadsheet file."""

    def __init__(self, content: bytes) -> None:
        """Open it.

        Raises:
            Unreadable: It is damaged, encrypted or too large.
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError):
            raise build_damaged() from None
        entries = self._zip.infolist()
        self.names = frozenset(one.filename for one in entries)
        if len(entries) > MAX_PARTS or sum(one.file_size for one in entries) > MAX_UNPACKED:
            raise _build_too_large()
        if len(self.names) < len(entries):
            raise build_damaged()
        if any(one.flag_bits & 1 for one in entries):
            raise build_protected()

    def open(self, name: str) -> "_Limited":
        """Open a part for reading."""
        return _Limited(self._zip, name)

    def parse(self, name: str) -> Iterator[tuple[str, Any]]:
        """Yield the elements of an XML part at their end, and the start of each, as `iterparse` does.

        Raises:
            Unreadable: It is missing, damaged, too large, or defines entities.
        """
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import iterparse

        depth = count = 0
        try:
            with self.open(name) as part:
                for event, element in iterparse(part, events=("start", "end"), forbid_dtd=True):
                    depth += 1 if event == "start" else -1
                    count += event == "start"
                    if count > MAX_ELEMENTS or depth > MAX_DEPTH:
                        raise _build_too_many_elements()
                    yield event, element
        except DefusedXmlException:
            raise Unreadable(
                message("The file defines entities of its own, which no spreadsheet program writes."),
                SAVE_AGAIN,
            ) from None
        except (ParseError, LookupError, ValueError):  # no XML, or in an encoding that nobody knows
            raise build_damaged() from None


class _Limited:
    """A part that may not unpack to more than it says, nor than the limit."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        try:
            self._part = archive.open(name)
        except DAMAGED:
            raise build_damaged() from None
        self._left = MAX_UNPACKED

    def read(self, size: int = CHUNK) -> bytes:
        try:
            chunk = self._part.read(CHUNK if size < 0 else size)
        except DAMAGED:
            raise build_damaged() from None
        self._left -= len(chunk)
        if self._left < 0:
            raise _build_too_large()
        return chunk

    def __enter__(self) -> "_Limited":
        return self

    def __exit__(self, *_: object) -> None:
        self._part.close()


def build_damaged() -> Unreadable:
    """Build the refusal of a damaged file."""
    return Unreadable(message("The file is damaged or cut off."), SAVE_AGAIN)


def build_protected() -> Unreadable:
    """Build the refusal of a file that is protected by a password."""
    return Unreadable(
        message("The file is protected by a password."), message("save a copy without a password")
    )


def _build_too_many_elements() -> Unreadable:
    return Unreadable(
        message("The file has more than {limit} cells and formats.", limit=MAX_ELEMENTS),
        message("a file with the table only, without formats beside and below it"),
    )


def _build_too_large() -> Unreadable:
    return Unreadable(
        message("The file unpacks to more than {limit} million bytes.", limit=MAX_UNPACKED // 1_000_000),
        message("a file with the table only"),
    )

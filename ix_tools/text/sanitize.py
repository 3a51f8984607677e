"""Text from outside, made safe to show: what controls a screen or hides from a reader is left out, everything else stays."""

import logging
import re
import unicodedata
from collections.abc import Mapping
from typing import Any


def sanitize_line(text: str) -> str:
    """Text from outside on one line, without characters that control a screen or hide in it (bidi, zero width, escape)."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return sanitize_text("".join(" " if char.isspace() else char for char in text)).strip()


def sanitize_text(text: str) -> str:
    """Text from outside as it reads: what controls a screen or hides is left out, line breaks and tabs stay."""
    if _SAFE_TEXT.fullmatch(text):
        return text
    kept: list[str] = []
    marks = 0
    for char in _LINE_BREAKS.sub("\n", text):
        # What makes one picture of several stays, once each: it would be a hiding place anywhere else.
        joins = char in _JOINERS and bool(kept) and (_is_picture(kept[-1]) or (kept[-1], char) == _JOINERS)
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} and not joins else 0
        hidden = unicodedata.category(char) in _HIDDEN_CATEGORIES or _INVISIBLE.match(char) is not None
        if joins or char in "\n\t" or _is_picture(char) or not (hidden or marks > _MAX_ACCENTS):
            kept.append(char)
    return "".join(kept)


_SAFE_TEXT = re.compile(
    "[\n\t\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0377\u0400-\u0482\u1e00-\u1eff\u2010-\u2015\u2018-\u201f\u2026\u20ac]*"
)
"""Letters, figures and marks of European languages: of these nothing has to be looked at one by one."""
_LINE_BREAKS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = ("\ufe0f", "\u200d")
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that show nothing."""
_MAX_ACCENTS = 4
"""Accents on one letter; more are there to paint over what stands beside them."""


def _is_picture(char: str) -> bool:
    # By its place as well: this Python may not know the newest ones yet.
    return (
        unicodedata.category(char) in {"So", "Sk"} and char != "\u2800"
    ) or "\U0001f000" <= char <= "\U0001faff"


class SanitizingFormatter(logging.Formatter):
    """Lines of a log: whatever a message quotes, it stays on its line and hides nothing."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging calls it so
        record.message = sanitize_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return sanitize_text(super().format(record))


def sanitize_all(content: Any) -> Any:
    """The same, in everything that a result or an error shows, names of fields included."""
    if isinstance(content, str):
        return sanitize_text(content)
    if isinstance(content, Mapping):
        return {sanitize_all(name): sanitize_all(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [sanitize_all(value) for value in content]
    return content


_JSON_ESCAPE = re.compile(r'\\[^"\\/nt]')
"""In JSON: of a character that controls, or half of one."""


def is_safe_json(text: str) -> bool:
    """Whether a JSON text, written without blanks and with all letters as they are, has nothing in it to leave out.

    A quick look at the whole, in the place of one at each of its values; False says that they have to be looked at.
    """
    return _SAFE_TEXT.fullmatch(text) is not None and _JSON_ESCAPE.search(text.replace("\\\\", "")) is None

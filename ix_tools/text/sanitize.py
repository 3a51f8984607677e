"""Sanitize untrusted text: remove characters that control a screen or hide in the text, and keep all others."""

import logging
import re
import unicodedata
from collections.abc import Mapping
from typing import Any


def sanitize_line(text: str) -> str:
    """Sanitize a text and put it on one line: no bidi, zero-width and escape characters, and no line breaks."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return sanitize_text("".join(" " if char.isspace() else char for char in text)).strip()


def sanitize_text(text: str) -> str:
    """Sanitize a text: remove characters that control a screen or hide in it, and keep line breaks and tabs."""
    if _SAFE_TEXT.fullmatch(text):
        return text
    kept: list[str] = []
    marks = 0
    for char in _LINE_BREAKS.sub("\n", text):
        # Joiners that combine pictures are kept, one at a time; anywhere else they could hide text.
        joins = char in _JOINERS and bool(kept) and (_is_picture(kept[-1]) or (kept[-1], char) == _JOINERS)
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} and not joins else 0
        hidden = unicodedata.category(char) in _HIDDEN_CATEGORIES or _INVISIBLE.match(char) is not None
        if joins or char in "\n\t" or _is_picture(char) or not (hidden or marks > _MAX_ACCENTS):
            kept.append(char)
    return "".join(kept)


_SAFE_TEXT = re.compile(
    "[\n\t\x20-\x7e\xa0-\xac\xae-\u02ff\u0370-\u0377\u0400-\u0482\u1e00-\u1eff\u2010-\u2015\u2018-\u201f\u2026\u20ac]*"
)
"""Letters, digits and punctuation of European languages, which need no further check."""
_LINE_BREAKS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = ("\ufe0f", "\u200d")
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Invisible letters and marks."""
_MAX_ACCENTS = 4
"""Upper limit for the accents on one letter; more of them cover the text beside it."""


def _is_picture(char: str) -> bool:
    # Checked by code point as well, since this Python may not know the newest ones.
    return (
        unicodedata.category(char) in {"So", "Sk"} and char != "\u2800"
    ) or "\U0001f000" <= char <= "\U0001faff"


class SanitizingFormatter(logging.Formatter):
    """Log formatter that sanitizes messages and keeps each on one line."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging calls it so
        record.message = sanitize_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return sanitize_text(super().format(record))


def sanitize_all(content: Any) -> Any:
    """Sanitize every text in nested content, field names included."""
    if isinstance(content, str):
        return sanitize_text(content)
    if isinstance(content, Mapping):
        return {sanitize_all(name): sanitize_all(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [sanitize_all(value) for value in content]
    return content


_JSON_ESCAPE = re.compile(r'\\[^"\\/nt]')
"""A JSON escape of a control character or half a surrogate pair."""


def is_safe_json(text: str) -> bool:
    """Tell whether a compact JSON text with unescaped letters needs no sanitizing.

    It is a quick check of the whole; False means that each value must be sanitized.
    """
    return _SAFE_TEXT.fullmatch(text) is not None and _JSON_ESCAPE.search(text.replace("\\\\", "")) is None

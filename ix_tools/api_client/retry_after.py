"""The header Retry-After as seconds: how long a server asks to wait, within reason."""

import time
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 3600.0
"""Seconds: no Retry-After, however it is written, keeps an account waiting for longer."""
MOST_DIGITS = 9
"""A number of more digits is beyond any wait, and is not read as one."""


def parse_retry_after(text: str) -> float | None:
    """Seconds from 0 to LONGEST_WAIT, from either form of RFC 9110, 10.2.3 (digits or a date); None where it is neither."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        digits = text.lstrip("0") or "0"
        return min(float(digits), LONGEST_WAIT) if len(digits) <= MOST_DIGITS else LONGEST_WAIT
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(0.0, seconds), LONGEST_WAIT)

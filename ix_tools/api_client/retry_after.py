"""Parse the Retry-After header into seconds, within an upper limit."""

import time
from email.utils import parsedate_to_datetime

MAX_WAIT_SECONDS = 3600.0
"""Upper limit in seconds for any Retry-After."""
MAX_DIGITS = 9
"""A number with more digits is not parsed: it exceeds any wait."""


def parse_retry_after(text: str) -> float | None:
    """Seconds from 0 to LONGEST_WAIT, from either form of RFC 9110, 10.2.3 (digits or a date); None where it is neither."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        digits = text.lstrip("0") or "0"
        return min(float(digits), MAX_WAIT_SECONDS) if len(digits) <= MAX_DIGITS else MAX_WAIT_SECONDS
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(0.0, seconds), MAX_WAIT_SECONDS)
